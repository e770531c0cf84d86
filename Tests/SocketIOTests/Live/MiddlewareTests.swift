/// Connect middlewares: their order, their refusals, and clients that do not wait.
import EngineIO
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct MiddlewareTests {
    private struct Secret: Error, CustomStringConvertible {
        var description: String { "password hunter2" }
    }

    /// Runs a test with a client that has joined the main namespace.
    private static func join(
        _ mode: TestingMode,
        _ setUp: (Namespace) -> Void,
        _ body: (TestClient) async throws -> Void
    ) async throws {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        setUp(server.namespace("/"))
        try await server.test(mode) { harness in try await body(try await harness.connect()) }
    }

    /// Adds a middleware, synchronous or not, which writes its name down.
    private static func add(_ name: String, isAsync: Bool, to namespace: Namespace, log: Log) {
        if isAsync {
            namespace.use { _ async in
                await Task.yield()
                log.append(name)
            }
        } else {
            namespace.use { _ in log.append(name) }
        }
    }

    @Test(
        arguments: [[false, false, false], [true, true, true], [false, true, false], [true, false, true]],
        TestingMode.allCases
    )
    func `middlewares run in the order of their registration, before the connect handlers`(
        kinds: [Bool],
        mode: TestingMode
    ) async throws {
        let log = Log()
        try await Self.join(mode) { namespace in
            namespace.onConnect { _ in log.append("connect") }
            for (number, isAsync) in kinds.enumerated() {
                Self.add("\(number)", isAsync: isAsync, to: namespace, log: log)
            }
        } _: { _ in
            try await log.expect(["0", "1", "2", "connect"])
        }
    }

    @Test(arguments: [false, true])
    func `the first refusal ends the chain`(isAsync: Bool) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                let namespace = server.namespace("/")
                Self.add("first", isAsync: isAsync, to: namespace, log: log)
                namespace.use { _ in throw ConnectRefusal("not today") }
                Self.add("third", isAsync: isAsync, to: namespace, log: log)
                namespace.onConnect { _ in log.append("connect") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                for _ in 1...2 {
                    try await client.send("0")
                    try await client.expect(#"4{"message":"not today"}"#)
                }
                #expect(log.all == ["first", "first"])
            }
        )
    }

    @Test(
        arguments: [
            (nil, ""), (.null, #","data":null"#), (["code": 7], #","data":{"code":7}"#), ("text", #","data":"text""#),
            ([1, nil, [true]], #","data":[1,null,[true]]"#),
        ] as [(Value?, String)]
    )
    func `a refusal carries its data when it has any`(data: Value?, member: String) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { $0.namespace("/admin").use { _ in throw ConnectRefusal("no \"entry\"", data: data) } },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0/admin,")
                try await client.expect(#"4/admin,{"message":"no \"entry\""\#(member)}"#)
                try await client.join("/")
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a refused client may try again on the same connection`(transport: Transport) async throws {
        struct Credentials: Decodable { var token: String }
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").use { socket async throws in
                    guard try socket.handshake.auth(as: Credentials.self).token == "secret" else {
                        throw ConnectRefusal("wrong token")
                    }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.send(#"0{"token":"guess"}"#)
                try await client.expect(#"4{"message":"wrong token"}"#)
                try await client.join("/", auth: #"{"token":"secret"}"#)
            }
        )
    }

    @Test(arguments: [false, true])
    func `an error that is no refusal is told only to the error hook`(isAsync: Bool) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                let namespace = server.namespace("/")
                if isAsync {
                    namespace.use { _ async throws in throw Secret() }
                } else {
                    namespace.use { _ in throw Secret() }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await client.expect(#"4{"message":"Internal error"}"#)
                #expect(log.all == ["error in middleware: password hunter2"])
            }
        )
    }

    @Test(arguments: TestingMode.allCases)
    func `a socket belongs to the namespace only once it is let in`(mode: TestingMode) async throws {
        let log = Log()
        try await Self.join(mode) { namespace in
            namespace.use { socket in
                log.append("\(socket.isConnected) \(namespace.sockets.count) \(socket.rooms.count)")
            }
            namespace.onConnect { socket in
                log.append("\(socket.isConnected) \(namespace.sockets.count) \(socket.rooms.count)")
            }
        } _: { _ in
            try await log.expect(["false 0 0", "true 1 1"])
        }
    }

    @Test(arguments: [false, true], TestingMode.allCases)
    func `a socket is in the rooms its middleware chose once it is let in`(
        isAsync: Bool,
        mode: TestingMode
    ) async throws {
        let choose: @Sendable (Socket) throws -> Void = { socket in
            socket.join("a", "b")
            socket.join(["c"])
            socket.leave("b")
            guard socket.rooms == ["a", "c"] else { throw ConnectRefusal("\(socket.rooms)") }
        }
        let rooms = EventLog<Set<Room>>()
        try await Self.join(mode) { namespace in
            if isAsync {
                namespace.use { socket async throws in try choose(socket) }
            } else {
                namespace.use { socket in try choose(socket) }
            }
            namespace.onConnect { socket in
                rooms.append(socket.rooms.subtracting([Room(socket.id)]))
                try namespace.to("c").emit("hello")
            }
            namespace.onDisconnect { socket, _ in rooms.append(socket.rooms) }
        } _: { client in
            try await client.nextEvent("hello")
            client.disconnect()
            try await rooms.expect([["a", "c"], []])
        }
    }

    @Test func `who leaves while a middleware decides is forgotten, and may join anew`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                let namespace = server.namespace("/")
                namespace.use { _ async in
                    log.append("middleware")
                    await gate.pass()
                }
                namespace.onConnect { _ in log.append("connect") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await log.count(1)
                try await client.send("1", "0")
                try await log.count(2)
                gate.open()
                #expect(try await client.receive().hasPrefix("0{"))
                try await log.expect(["middleware", "middleware", "connect"])
                try await client.send("1")
                #expect(try await log.count(4).last == "left: client namespace disconnect")
            }
        )
    }

    @Test func `a refusal that comes too late is told to nobody`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").use { _ async throws in
                    log.append("middleware")
                    await gate.pass()
                    log.append("decided")
                    throw ConnectRefusal("late")
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await log.line("middleware")
                try await client.send("1", "0/x,")
                try await client.expect(#"4/x,{"message":"Invalid namespace"}"#)
                gate.open()
                try await log.line("decided")
                try await client.send("0/y,")
                try await client.expect(#"4/y,{"message":"Invalid namespace"}"#)
            }
        )
    }

    @Test func `the connection is gone while a middleware decides`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                let namespace = server.namespace("/")
                namespace.use { _ async in
                    log.append("middleware")
                    await gate.pass()
                    log.append("decided")
                }
                namespace.onConnect { _ in log.append("connect") }
            },
            body: { port in
                let first = try await SocketIOTestClient.connect(port: port)
                try await first.send("0")
                try await log.line("middleware")
                try await first.close()
                gate.open()
                try await log.line("decided")
                // Kept until the end: a client that goes is closed, and its leaving would be told.
                let later = try await SocketIOTestClient.connect(port: port)
                defer { withExtendedLifetime(later) {} }
                try await later.join()
                try await log.expect(["middleware", "decided", "middleware", "decided", "connect"])
            }
        )
    }

    @Test func `a socket disconnected by its middleware does not join`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").use { socket in socket.disconnect() }
                server.namespace("/").onConnect { _ in log.append("connect") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0", "0/x,")
                try await client.expect("1")
                try await client.expect(#"4/x,{"message":"Invalid namespace"}"#)
                #expect(log.all == [])
            }
        )
    }
}
