/// Catch-all listeners, handlers that run once, handlers that go again, and events that nobody handles.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CatchAllTests {
    /// Runs a test with a client that has joined `/`.
    private static func run(
        _ mode: TestingMode,
        _ setUp: (Namespace) -> Void,
        _ body: (TestClient) async throws -> Void
    ) async throws {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        setUp(server.namespace("/"))
        Bystander.prepare(server)
        try await server.test(mode) { harness in try await body(try await harness.connect()) }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `listeners hear every event before its handler, with or without one`(
        mode: TestingMode,
        isAsync: Bool
    ) async throws {
        let log = Log()
        try await Self.run(mode) { namespace in
            namespace.onAny { _, event in log.append("any \(event.name) \(event.arguments.count)") }
            namespace.onAny { _, event in log.append("ack \(event.wantsAcknowledgement)") }
            if isAsync {
                namespace.on("known") { _, _ async in log.append("handler") }
            } else {
                namespace.on("known") { _, _ in log.append("handler") }
            }
        } _: { client in
            #expect(try await client.emitWithAck("known", 1, 2).isEmpty)
            try client.emit("unknown")
            try await log.expect(["any known 2", "ack true", "handler", "any unknown 0", "ack false"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what a listener throws is reported and changes nothing`(mode: TestingMode) async throws {
        struct Failure: Error {}
        let log = Log()
        try await Self.run(mode) { namespace in
            namespace.onError { _, _, context in log.append("\(context)") }
            namespace.onAny { _, _ in throw Failure() }
            namespace.onAny { _, _ in log.append("second") }
        } _: { client in
            #expect(try await client.emitWithAck("alive", 1).count == 1)
            try await log.expect(["event \"alive\"", "second"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `listeners of what is sent hear emits, broadcasts and requests, but no acknowledgements`(
        mode: TestingMode
    ) async throws {
        let log = Log()
        try await Self.run(mode) { namespace in
            namespace.onAnyOutgoing { socket, event in
                let text = (try? event.arguments.first?.decode(as: String.self)) ?? "?"
                log.append("\(event.name) \(text) \(event.wantsAcknowledgement)")
            }
            namespace.on("go") { socket, _ async throws in
                try socket.emit("direct", "ü\"")
                try namespace.emit("all", "b", .bytes(1, 2))
                _ = try await socket.emitWithAck("ask", ["c"])
            }
        } _: { client in
            client.answer("ask") { _ in [] }
            _ = try await client.emitWithAck("go")
            #expect(try await client.next(Event<String>("direct")) == "ü\"")
            let all = try await client.nextEvent("all").arguments
            #expect(try all.map { try $0.value } == ["b", .bytes(1, 2)])
            try await log.expect(["direct ü\" false", "all b false", "ask c true"])
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `a handler for one event runs once for each socket`(mode: TestingMode, isAsync: Bool) async throws {
        let log = Log()
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        server.logging(to: log)
        let namespace = server.namespace("/")
        namespace.reportUnknownEvents()
        Bystander.prepare(server)
        if isAsync {
            namespace.once(Event<Int>("first")) { _, number async in log.append("got \(number)") }
        } else {
            namespace.once(Event<Int>("first")) { _, number in log.append("got \(number)") }
        }
        try await server.test(mode) { harness in
            for client in [try await harness.connect(), try await harness.connect()] {
                _ = try await client.emitWithAck("first", 1)
                try client.emit("first", 2)
                _ = try await client.emitWithAck("alive")
            }
            let unknown = #"error in event "first": expected an event with a handler, found "first""#
            #expect(log.all == ["got 1", unknown, "got 1", unknown])
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `a handler that runs once answers with its value`(mode: TestingMode, isAsync: Bool) async throws {
        let double = Event<Int>("double").replying(with: Int.self)
        try await Self.run(mode) { namespace in
            if isAsync {
                namespace.once(double) { _, number async in 2 * number }
            } else {
                namespace.once(double) { _, number in 2 * number }
            }
        } _: { client in
            let answer = try await client.emitWithAck(double, 4)
            #expect(answer == 8)
            await #expect(throws: TestFailure.self) {
                try await client.emitWithAck(double, 5, within: .milliseconds(50))
            }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a handler that runs once answers once, in each namespace and whatever its form`(
        mode: TestingMode
    ) async throws {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        Bystander.prepare(server)
        for name in ["/", "/other"] {
            server.namespace(name).once(Event<Int>("typed")) { socket, number async throws in
                try socket.emit("typed", .int(Int64(number + 1)))
            }
            server.namespace(name).once("untyped") { socket, _ in try socket.emit("ran") }
        }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            let other = try await client.join("/other")
            for member in [client, other] {
                #expect(try await member.emitWithAck("typed", 1).isEmpty)
                #expect(try await member.next(Event<Int>("typed")) == 2)
                for number in 0..<3 {
                    try member.emit("untyped")
                    try member.emit("typed", .int(Int64(number)))
                }
            }
            try await harness.settle()
            // A socket of its own has a turn of its own.
            other.disconnect()
            let again = try await client.join("/other")
            try again.emit("typed", 2)
            #expect(try await again.next(Event<Int>("typed")) == 3)
            _ = try await client.emitWithAck("alive")
            #expect(client.unreadEvents.map(\.name) == ["ran"] && other.unreadEvents.map(\.name) == ["ran"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a handler that was removed is not called for those who join later`(mode: TestingMode) async throws {
        let log = Log()
        try await Self.run(mode) { namespace in
            namespace.on("a") { _, _ in log.append("a") }
            namespace.on(Event<Int>("b")) { _, _ in log.append("b") }
            namespace.on(Event<Int>("c").replying(with: Int.self)) { _, number in number }
            namespace.onAny { _, _ in log.append("any") }
            namespace.onAnyOutgoing { _, _ in log.append("outgoing") }
            namespace.off("a")
            namespace.off(Event<Int>("b"))
            namespace.off(Event<Int>("c").replying(with: Int.self))
            namespace.offAny()
            namespace.offAnyOutgoing()
            namespace.on("echo") { socket, _ in try socket.emit("echoed") }
        } _: { client in
            try client.emit("a")
            try client.emit("b", 1)
            await #expect(throws: TestFailure.self) {
                _ = try await client.emitWithAck("c", 1, within: .milliseconds(50))
            }
            try client.emit("echo")
            try await client.next(Signal("echoed"))
            #expect(log.all == [])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `send emits a message, and messages have a handler of their own`(mode: TestingMode) async throws {
        try await Self.run(mode) { namespace in
            namespace.onMessage { socket, arguments in
                try socket.send(try arguments[0].decode(as: String.self), 2)
                try namespace.send()
            }
        } _: { client in
            #expect(try await client.emitWithAck("message", "x").isEmpty)
            #expect(try await client.next(Event<String, Int>("message")) == ("x", 2))
            try await client.next(Signal("message"))
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `events without a handler are reported only where that is asked for`(
        mode: TestingMode,
        isAsked: Bool
    ) async throws {
        let codes = EventLog<SocketIOError.Code?>()
        try await Self.run(mode) { namespace in
            namespace.onError { _, error, _ in codes.append((error as? SocketIOError)?.code) }
            namespace.on(Event<Int>("number")) { _, _ in }
            if isAsked { namespace.reportUnknownEvents() }
        } _: { client in
            try client.emit("nobody")
            try client.emit("number", "text")
            _ = try await client.emitWithAck("alive")
            #expect(codes.all == (isAsked ? [.unknownEvent, .invalidArguments] : [.invalidArguments]))
        }
    }
}
