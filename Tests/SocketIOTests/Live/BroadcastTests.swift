/// Rooms and broadcasts over real connections.
import EngineIO
import NIOCore
import SocketIO
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct BroadcastTests {
    /// A server with clients that are told apart by number; each joins the rooms its auth names.
    private func withClients(
        _ rooms: [[String]],
        transports: [Transport] = [.webSocket],
        setUp: (Namespace) -> Void = { _ in },
        body: (Namespace, [SocketIOTestClient], [Socket]) async throws -> Void
    ) async throws {
        let sockets = EventLog<Socket>()
        let namespaces = EventLog<Namespace>()
        try await withSocketServer(
            .testing { $0.threads = 2 },
            setUp: { server in
                let namespace = server.namespace("/")
                namespaces.append(namespace)
                namespace.onConnect { socket in
                    let rooms = try socket.handshake.auth(as: [String: [String]].self)["rooms"] ?? []
                    socket.join(rooms.map { Room($0) })
                    sockets.append(socket)
                }
                setUp(namespace)
            },
            body: { port in
                var clients: [SocketIOTestClient] = []
                for (number, names) in rooms.enumerated() {
                    let transport = transports[number % transports.count]
                    let client = try await SocketIOTestClient.connect(port: port, over: transport)
                    try await client.join("/", auth: #"{"rooms":\#(names)}"#)
                    try await sockets.count(number + 1)
                    clients.append(client)
                }
                try await body(namespaces.all[0], clients, sockets.all)
            }
        )
    }

    /// Emits to a selection, then to everybody, and returns who got the former, and how often.
    private func receivers(
        _ clients: [SocketIOTestClient],
        of namespace: Namespace,
        _ emit: () throws -> Void
    ) async throws -> [Int] {
        try emit()
        try namespace.emit("end")
        var counts: [Int] = []
        for client in clients {
            var count = 0
            while try await client.receive() != #"2["end"]"# { count += 1 }
            counts.append(count)
        }
        return counts
    }

    @Test func `selections reach whom they name, each once`() async throws {
        try await self.withClients([["a"], ["a", "b"], ["b", "c"], []], transports: Transport.allCases) {
            namespace,
            clients,
            sockets in
            let second = sockets[1]
            let cases: [(emit: () throws -> Void, expected: [Int])] = [
                ({ try namespace.emit("e") }, [1, 1, 1, 1]),
                ({ try namespace.to("a").emit("e") }, [1, 1, 0, 0]),
                ({ try namespace.in("a").emit("e") }, [1, 1, 0, 0]),
                ({ try namespace.to("a").to("b").emit("e") }, [1, 1, 1, 0]),
                ({ try namespace.to(["c", "a", "b", "a"]).emit("e") }, [1, 1, 1, 0]),
                ({ try namespace.to("nobody").emit("e") }, [0, 0, 0, 0]),
                ({ try namespace.to([]).emit("e") }, [0, 0, 0, 0]),
                ({ try namespace.to([]).to("a").emit("e") }, [1, 1, 0, 0]),
                ({ try namespace.to("a").to([]).emit("e") }, [1, 1, 0, 0]),
                ({ try namespace.except("a").to([]).emit("e") }, [0, 0, 0, 0]),
                ({ try second.to([]).emit("e") }, [0, 0, 0, 0]),
                ({ try second.broadcast.to([]).emit("e") }, [0, 0, 0, 0]),
                ({ try second.to([]).except("a").emit("e") }, [0, 0, 0, 0]),
                ({ try namespace.except("a").emit("e") }, [0, 0, 1, 1]),
                ({ try namespace.to("a").except("b").emit("e") }, [1, 0, 0, 0]),
                ({ try namespace.to(Room(second.id)).emit("e") }, [0, 1, 0, 0]),
                ({ try second.emit("e") }, [0, 1, 0, 0]),
                ({ try second.broadcast.emit("e") }, [1, 0, 1, 1]),
                ({ try second.to("a").emit("e") }, [1, 0, 0, 0]),
                ({ try second.in("b").emit("e") }, [0, 0, 1, 0]),
                ({ try second.to(["a", "b"]).emit("e") }, [1, 0, 1, 0]),
                ({ try second.except("c").emit("e") }, [1, 0, 0, 1]),
                ({ try second.to(Room(second.id)).emit("e") }, [0, 0, 0, 0]),
            ]
            for (number, one) in cases.enumerated() {
                let counts = try await self.receivers(clients, of: namespace, one.emit)
                #expect(counts == one.expected, "case \(number)")
            }
        }
    }

    @Test func `rooms are left one by one and all together`() async throws {
        try await self.withClients([["a", "b"], ["a"]]) { namespace, clients, sockets in
            #expect(sockets[0].rooms == ["a", "b", Room(sockets[0].id)])
            sockets[0].leave("a")
            sockets[0].leave("a")
            #expect(sockets[0].rooms == ["b", Room(sockets[0].id)])
            #expect(try await self.receivers(clients, of: namespace) { try namespace.to("a").emit("e") } == [0, 1])
            sockets[0].join("a", "c")
            #expect(try await self.receivers(clients, of: namespace) { try namespace.to("a").emit("e") } == [1, 1])
            #expect(Set(namespace.sockets.map(\.id)) == Set(sockets.map(\.id)))
            try await clients[0].send("1")
            try await eventually("the first leaves") { namespace.sockets.count == 1 }
            #expect(sockets[0].rooms == [])
            #expect(try await self.receivers([clients[1]], of: namespace) { try namespace.to("a").emit("e") } == [1])
        }
    }

    @Test func `rooms of the same name in two namespaces have nothing to do with each other`() async throws {
        let namespaces = EventLog<Namespace>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                for name in ["/", "/other"] {
                    namespaces.append(server.namespace(name))
                    server.namespace(name).onConnect { $0.join("a") }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/")
                try await client.join("/other")
                try namespaces.all[0].to("a").emit("one")
                try namespaces.all[1].to("a").emit("two")
                try await client.expect(#"2["one"]"#)
                try await client.expect(#"2/other,["two"]"#)
            }
        )
    }

    @Test func `a broadcast is encoded once, whatever its receivers' transports`() async throws {
        let rooms = Array(repeating: ["a"], count: 6)
        try await self.withClients(rooms, transports: Transport.allCases) { namespace, clients, _ in
            let encodings = Counter()
            let bytes = ByteBuffer(bytes: 0...255)
            try namespace.to("a").emit(Event<Counted, ByteBuffer>("once"), Counted(counter: encodings), bytes)
            for client in clients {
                try await client.expect(#"51-["once","encoded",{"_placeholder":true,"num":0}]"#)
                #expect(try await client.receiveBinary() == Array(0...255))
            }
            #expect(encodings.count.load(ordering: .relaxed) == 1)
        }
    }

    @Test(arguments: [10, 5000, 70_000])
    func `messages of every size reach both transports in their order`(size: Int) async throws {
        try await self.withClients([[], [], [], []], transports: Transport.allCases) { namespace, clients, sockets in
            let text = String(repeating: "ü", count: size)
            for number in 0..<20 {
                try namespace.emit("all", .int(Int64(number)), .string(text))
                try sockets[number % 4].emit("one", .int(Int64(number)))
            }
            for (index, client) in clients.enumerated() {
                for number in 0..<20 {
                    try await client.expect(#"2["all",\#(number),"\#(text)"]"#)
                    if number % 4 == index { try await client.expect(#"2["one",\#(number)]"#) }
                }
            }
        }
    }

    @Test func `a socket can join rooms and broadcast from any handler`() async throws {
        try await self.withClients(
            [[], []],
            setUp: { namespace in
                namespace.on(Event<String>("join")) { socket, room in socket.join(Room(room)) }
                namespace.on(Event<String>("leave")) { socket, room in socket.leave(Room(room)) }
                namespace.on(Event<String, EncodedValue>("say")) { socket, room, value async throws in
                    try socket.to(Room(room)).emit(Event<EncodedValue>("said"), value)
                }
            },
            body: { _, clients, _ in
                for client in clients {
                    try await client.emit("join", #""a""#, id: 0)
                    try await client.expect("30[]")
                }
                try await clients[0].emit("say", #""a""#, "1.0", id: 1)
                try await clients[0].expect("31[]")
                try await clients[1].expect(#"2["said",1.0]"#)
                try await clients[1].emit("leave", #""a""#, id: 2)
                try await clients[1].expect("32[]")
                try await clients[0].emit("say", #""a""#, "2", id: 3)
                try await clients[0].expect("33[]")
                try await clients[1].emit("join", #""a""#, id: 4)
                try await clients[1].expect("34[]")
            }
        )
    }
}

/// Counts how often it is told to.
private final class Counter: Sendable {
    let count = Atomic(0)
}

/// An argument that counts how often it is encoded.
private struct Counted: Codable, Sendable {
    var counter: Counter?

    init(counter: Counter) {
        self.counter = counter
    }

    init(from decoder: any Decoder) throws {}

    func encode(to encoder: any Encoder) throws {
        self.counter?.count.add(1, ordering: .relaxed)
        var container = encoder.singleValueContainer()
        try container.encode("encoded")
    }
}
