/// A server with several clients, each known from both sides.
import SocketIOTesting
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

/// Clients and their sockets, in the order in which they joined the main namespace.
struct Crowd {
    let harness: TestHarness
    let clients: [TestClient]
    let sockets: [Socket]

    var server: SocketIOServer { self.harness.server }
    var namespace: Namespace { self.server.namespace("/") }

    /// Runs a server with clients for the time of a test.
    ///
    /// - Parameters:
    ///   - rooms: The rooms of each client.
    ///   - transports: The clients' transports, in turn.
    static func with(
        _ rooms: [[Room]],
        _ mode: TestingMode,
        transports: [TestClient.Transport] = [.webSocket],
        configuration: SocketIOConfiguration = .testing(),
        setUp: (SocketIOServer) -> Void = { _ in },
        body: (Crowd) async throws -> Void
    ) async throws {
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        Bystander.prepare(server)
        setUp(server)
        try await server.test(mode) { harness in
            var (clients, sockets): ([TestClient], [Socket]) = ([], [])
            for (number, names) in rooms.enumerated() {
                let client = try await harness.connect(transport: transports[number % transports.count])
                let socket = try #require(server.namespace("/").socket(client.id))
                socket.join(names)
                clients.append(client)
                sockets.append(socket)
            }
            try await body(Crowd(harness: harness, clients: clients, sockets: sockets))
        }
    }

    /// Has a polling client read no more, and its waiting poll answered with the event `last`, so that no poll waits.
    func useUpPoll(of index: Int) async throws {
        let session = self.sockets[index].session
        try await eventually("the poll waits") { session.state.withLock { $0.polling.poll != nil } }
        self.clients[index].stopReading()
        try await self.harness.settle()
        try self.sockets[index].emit("last")
        try await eventually("the poll is answered") { session.state.withLock { $0.polling.poll == nil } }
    }

    /// Emits, then waits for what marks the end.
    ///
    /// - Returns: How many events each client got before the end.
    func receivers(of emit: () throws -> Void) async throws -> [Int] {
        try emit()
        try self.namespace.emit("end")
        var counts: [Int] = []
        for client in self.clients {
            var count = 0
            while try await client.nextEvent().name != "end" { count += 1 }
            counts.append(count)
        }
        return counts
    }

    /// Checks that each client is still served, and has been sent nothing else.
    func expectService() async throws {
        for client in self.clients {
            #expect(try await client.emitWithAck("alive", 1)[0].decode(as: Int.self) == 1)
            #expect(client.unreadEvents.isEmpty)
        }
    }
}
