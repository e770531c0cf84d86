/// Interceptors: what they let pass, what they drop, and who is told.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct InterceptorTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String { "failure" }
    }

    private static func run(
        _ setUp: (SocketIOServer, Namespace) -> Void,
        _ body: (SocketIOTestClient) async throws -> Void
    ) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                setUp(server, server.namespace("/"))
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client)
            }
        )
    }

    /// Adds an interceptor, synchronous or not.
    private static func add(
        isAsync: Bool,
        to namespace: Namespace,
        _ body: @escaping @Sendable (Socket, AnyEvent) throws -> Void
    ) {
        if isAsync {
            namespace.intercept { socket, event async throws in
                await Task.yield()
                try body(socket, event)
            }
        } else {
            namespace.intercept { socket, event in try body(socket, event) }
        }
    }

    @Test(arguments: [[false, false], [true, true], [false, true], [true, false]])
    func `interceptors run in their order, behind the listeners and before the handler`(kinds: [Bool]) async throws {
        let log = Log()
        try await Self.run { _, namespace in
            for (number, isAsync) in kinds.enumerated() {
                Self.add(isAsync: isAsync, to: namespace) { _, event in log.append("\(number) \(event.name)") }
            }
            namespace.onAny { _, _ in log.append("any") }
            namespace.on("a") { _, _ in log.append("handler") }
        } _: { client in
            try await client.emit("a")
            try await client.emit("b")
            try await log.expect(["any", "0 a", "1 a", "handler", "any", "0 b", "1 b"])
        }
    }

    @Test(arguments: [false, true])
    func `an event that is refused reaches the error hook and nobody else`(isAsync: Bool) async throws {
        let log = Log()
        try await Self.run { server, namespace in
            server.logging(to: log)
            Self.add(isAsync: isAsync, to: namespace) { _, event in
                if event.name == "refused" { throw EventRefusal("not for you") }
                if event.name == "failed" { throw Failure() }
            }
            Self.add(isAsync: isAsync, to: namespace) { _, event in log.append("passed \(event.name)") }
            for name in ["refused", "failed"] { namespace.on(name) { _, _ in log.append("handled") } }
        } _: { client in
            try await client.emit("refused", id: 1)
            try await client.emit("failed", id: 2)
            try await client.emit("alive", "1", id: 3)
            // No acknowledgement comes for the two before.
            try await client.expect("33[1]")
            try await log.expect([
                #"error in interceptor of "refused": not for you"#, #"error in interceptor of "failed": failure"#,
                "passed alive",
            ])
        }
    }

    @Test(arguments: [false, true])
    func `a refusal may bring an acknowledgement for who asked for one`(isAsync: Bool) async throws {
        try await Self.run { _, namespace in
            Self.add(isAsync: isAsync, to: namespace) { _, event in
                if event.name == "x" { throw EventRefusal("no", acknowledging: ["denied", 7]) }
            }
        } _: { client in
            try await client.emit("x")
            try await client.emit("x", id: 4)
            try await client.expect(#"34["denied",7]"#)
            try await client.emit("alive", id: 5)
            try await client.expect("35[]")
        }
    }

    @Test func `events keep their order behind an interceptor that waits`() async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run { _, namespace in
            namespace.intercept { _, event async in if event.name == "slow" { await gate.pass() } }
            for name in ["slow", "fast"] { namespace.on(name) { _, _ in log.append(name) } }
        } _: { client in
            try await client.emit("slow")
            try await client.emit("fast", id: 1)
            gate.open()
            try await client.expect("31[]")
            #expect(log.all == ["slow", "fast"])
        }
    }

    @Test func `an outgoing interceptor decides for each receiver`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { socket in if socket.handshake.query("muted") != nil { socket.join("muted") } }
                namespace.interceptOutgoing { socket, event in
                    event.name != "secret" || !socket.rooms.contains("muted")
                }
                namespace.onAnyOutgoing { _, event in log.append(event.name) }
                namespace.on("tell") { socket, _ in
                    try namespace.emit("secret")
                    try namespace.to("muted").emit("secret")
                    try socket.emit("secret")
                    try namespace.emit("open")
                }
            },
            body: { port in
                let muted = try await SocketIOTestClient.connect(port: port, query: "&muted=1")
                let other = try await SocketIOTestClient.connect(port: port)
                try await muted.join()
                try await other.join()
                try await muted.emit("tell")
                try await muted.expect(#"2["open"]"#)
                try await other.expect(#"2["secret"]"#)
                try await other.expect(#"2["open"]"#)
                // What is dropped is told to nobody.
                try await log.expect(["secret", "open", "open"])
            }
        )
    }

    @Test func `who waits for the acknowledgement of an event that was dropped is told at once`() async throws {
        let codes = EventLog<SocketIOError.Code>()
        try await Self.run { _, namespace in
            namespace.interceptOutgoing { _, event in !event.wantsAcknowledgement }
            namespace.on("go") { socket, _ async in
                do throws(SocketIOError) {
                    _ = try await socket.emitWithAck("ask")
                } catch {
                    codes.append(error.code)
                }
            }
        } _: { client in
            try await client.emit("go", id: 1)
            try await client.expect("31[]")
            #expect(codes.all == [.eventDropped])
        }
    }
}
