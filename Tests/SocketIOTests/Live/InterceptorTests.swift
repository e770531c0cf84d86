/// Interceptors: what they let pass, what they drop, and who is told.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct InterceptorTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String { "failure" }
    }

    private static func run(
        _ mode: TestingMode,
        _ setUp: (SocketIOServer, Namespace) -> Void,
        _ body: (TestClient) async throws -> Void
    ) async throws {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        Bystander.prepare(server)
        setUp(server, server.namespace("/"))
        try await server.test(mode) { harness in try await body(try await harness.connect()) }
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

    @Test(arguments: TestingMode.allCases, [[false, false], [true, true], [false, true], [true, false]])
    func `interceptors run in their order, behind the listeners and before the handler`(
        mode: TestingMode,
        kinds: [Bool]
    ) async throws {
        let log = Log()
        try await Self.run(mode) { _, namespace in
            for (number, isAsync) in kinds.enumerated() {
                Self.add(isAsync: isAsync, to: namespace) { _, event in log.append("\(number) \(event.name)") }
            }
            namespace.onAny { _, _ in log.append("any") }
            namespace.on("a") { _, _ in log.append("handler") }
        } _: { client in
            try client.emit("a")
            try client.emit("b")
            try await log.expect(["any", "0 a", "1 a", "handler", "any", "0 b", "1 b"])
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `an event that is refused reaches the error hook and nobody else`(
        mode: TestingMode,
        isAsync: Bool
    ) async throws {
        let log = Log()
        try await Self.run(mode) { server, namespace in
            server.logging(to: log)
            Self.add(isAsync: isAsync, to: namespace) { _, event in
                if event.name == "refused" { throw EventRefusal("not for you") }
                if event.name == "failed" { throw Failure() }
            }
            Self.add(isAsync: isAsync, to: namespace) { _, event in log.append("passed \(event.name)") }
            for name in ["refused", "failed"] { namespace.on(name) { _, _ in log.append("handled") } }
        } _: { client in
            for name in ["refused", "failed"] {
                await #expect(throws: TestFailure.self) {
                    _ = try await client.emitWithAck(name, within: .milliseconds(50))
                }
            }
            _ = try await client.emitWithAck("alive", 1)
            try await log.expect([
                #"error in interceptor of "refused": not for you"#, #"error in interceptor of "failed": failure"#,
                "passed alive",
            ])
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `a refusal may bring an acknowledgement for who asked for one`(mode: TestingMode, isAsync: Bool) async throws {
        try await Self.run(mode) { _, namespace in
            Self.add(isAsync: isAsync, to: namespace) { _, event in
                if event.name == "x" { throw EventRefusal("no", acknowledging: ["denied", 7]) }
            }
        } _: { client in
            try client.emit("x")
            #expect(try await client.emitWithAck("x").map { try $0.value } == ["denied", 7])
            _ = try await client.emitWithAck("alive")
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `events keep their order behind an interceptor that waits`(mode: TestingMode) async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run(mode) { _, namespace in
            namespace.intercept { _, event async in if event.name == "slow" { await gate.pass() } }
            for name in ["slow", "fast"] { namespace.on(name) { _, _ in log.append(name) } }
        } _: { client in
            try client.emit("slow")
            async let fast = client.emitWithAck("fast")
            gate.open()
            _ = try await fast
            #expect(log.all == ["slow", "fast"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `an outgoing interceptor decides for each receiver`(mode: TestingMode) async throws {
        let log = Log()
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
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
        try await server.test(mode) { harness in
            let muted = try await harness.connect(query: ["muted": "1"])
            let other = try await harness.connect()
            try muted.emit("tell")
            #expect(try await muted.nextEvent().name == "open")
            #expect(try await other.nextEvent().name == "secret")
            #expect(try await other.nextEvent().name == "open")
            // What is dropped is told to nobody.
            try await log.expect(["secret", "open", "open"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who waits for the acknowledgement of an event that was dropped is told at once`(
        mode: TestingMode
    ) async throws {
        let codes = EventLog<SocketIOError.Code>()
        try await Self.run(mode) { _, namespace in
            namespace.interceptOutgoing { _, event in !event.wantsAcknowledgement }
            namespace.on("go") { socket, _ async in
                do throws(SocketIOError) {
                    _ = try await socket.emitWithAck("ask")
                } catch {
                    codes.append(error.code)
                }
            }
        } _: { client in
            _ = try await client.emitWithAck("go")
            #expect(codes.all == [.eventDropped])
        }
    }
}
