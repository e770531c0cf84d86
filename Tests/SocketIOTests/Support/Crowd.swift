/// A server with several clients, each known from both sides.
import SocketIO
import TestSupport

/// Clients and their sockets, in the order in which they joined the main namespace.
struct Crowd {
    let server: SocketIOServer
    let clients: [SocketIOTestClient]
    let sockets: [Socket]

    var namespace: Namespace { self.server.namespace("/") }

    /// Runs a server with clients for the time of a test.
    ///
    /// - Parameters:
    ///   - rooms: The rooms of each client.
    ///   - transports: The clients' transports, in turn.
    static func with(
        _ rooms: [[Room]],
        transports: [Transport] = [.webSocket],
        configuration: SocketIOConfiguration = .testing(),
        setUp: (SocketIOServer) -> Void = { _ in },
        body: (Crowd) async throws -> Void
    ) async throws {
        let joined = EventLog<Socket>()
        let servers = EventLog<SocketIOServer>()
        try await withSocketServer(
            configuration,
            setUp: { server in
                servers.append(server)
                server.namespace("/").onConnect { joined.append($0) }
                Bystander.prepare(server)
                setUp(server)
            },
            body: { port in
                var clients: [SocketIOTestClient] = []
                for (number, names) in rooms.enumerated() {
                    let transport = transports[number % transports.count]
                    let client = try await SocketIOTestClient.connect(port: port, over: transport)
                    try await client.join()
                    try await joined.count(number + 1)[number].join(names)
                    clients.append(client)
                }
                try await body(Crowd(server: servers.all[0], clients: clients, sockets: joined.all))
            }
        )
    }

    /// Emits, then waits for what marks the end.
    ///
    /// - Returns: How many packets each client got before the end.
    func receivers(of emit: () throws -> Void) async throws -> [Int] {
        try emit()
        try self.namespace.emit("end")
        var counts: [Int] = []
        for client in self.clients {
            var count = 0
            while try await client.receive() != #"2["end"]"# { count += 1 }
            counts.append(count)
        }
        return counts
    }

    /// Checks that each client is still served.
    func expectService() async throws {
        for client in self.clients {
            try await client.emit("alive", "1", id: 7)
            try await client.expect("37[1]")
        }
    }
}
