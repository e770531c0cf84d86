/// Catch-all listeners, handlers that run once, handlers that go again, and events that nobody handles.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct CatchAllTests {
    /// Runs a test with a client that has joined `/`.
    private static func run(
        _ setUp: (Namespace) -> Void,
        _ body: (SocketIOTestClient) async throws -> Void
    ) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                setUp(server.namespace("/"))
                Bystander.prepare(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client)
            }
        )
    }

    @Test(arguments: [false, true])
    func `listeners hear every event before its handler, with or without one`(isAsync: Bool) async throws {
        let log = Log()
        try await Self.run { namespace in
            namespace.onAny { _, event in log.append("any \(event.name) \(event.arguments.count)") }
            namespace.onAny { _, event in log.append("ack \(event.wantsAcknowledgement)") }
            if isAsync {
                namespace.on("known") { _, _ async in log.append("handler") }
            } else {
                namespace.on("known") { _, _ in log.append("handler") }
            }
        } _: { client in
            try await client.emit("known", "1", "2", id: 3)
            try await client.expect("33[]")
            try await client.emit("unknown")
            try await log.expect(["any known 2", "ack true", "handler", "any unknown 0", "ack false"])
        }
    }

    @Test func `what a listener throws is reported and changes nothing`() async throws {
        struct Failure: Error {}
        let log = Log()
        try await Self.run { namespace in
            namespace.onError { _, _, context in log.append("\(context)") }
            namespace.onAny { _, _ in throw Failure() }
            namespace.onAny { _, _ in log.append("second") }
        } _: { client in
            try await client.emit("alive", "1", id: 1)
            try await client.expect("31[1]")
            try await log.expect(["event \"alive\"", "second"])
        }
    }

    @Test func `listeners of what is sent hear emits, broadcasts and requests, but no acknowledgements`() async throws {
        let log = Log()
        try await Self.run { namespace in
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
            try await client.emit("go", id: 5)
            try await client.expect(#"2["direct","ü\""]"#)
            try await client.expect(#"51-["all","b",{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receiveBinary() == [1, 2])
            try await client.expect(#"20["ask","c"]"#)
            try await client.send("30[]")
            try await client.expect("35[]")
            try await log.expect(["direct ü\" false", "all b false", "ask c true"])
        }
    }

    @Test(arguments: [false, true])
    func `a handler for one event runs once for each socket`(isAsync: Bool) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                let namespace = server.namespace("/")
                namespace.reportUnknownEvents()
                Bystander.prepare(server)
                if isAsync {
                    namespace.once(Event<Int>("first")) { _, number async in log.append("got \(number)") }
                } else {
                    namespace.once(Event<Int>("first")) { _, number in log.append("got \(number)") }
                }
            },
            body: { port in
                let clients = [
                    try await SocketIOTestClient.connect(port: port), try await SocketIOTestClient.connect(port: port),
                ]
                for client in clients {
                    try await client.join()
                    try await client.emit("first", "1", id: 0)
                    try await client.expect("30[]")
                    try await client.emit("first", "2", id: 1)
                    try await client.emit("alive", id: 2)
                    try await client.expect("32[]")
                }
                let unknown = #"error in event "first": expected an event with a handler, found "first""#
                try await log.expect(["got 1", unknown, "got 1", unknown])
            }
        )
    }

    @Test func `a handler that was removed is not called for those who join later`() async throws {
        let log = Log()
        try await Self.run { namespace in
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
            try await client.emit("a", id: 1)
            try await client.emit("b", "1", id: 2)
            try await client.emit("c", "1", id: 3)
            try await client.emit("echo")
            try await client.expect(#"2["echoed"]"#)
            #expect(log.all == [])
        }
    }

    @Test func `send emits a message, and messages have a handler of their own`() async throws {
        try await Self.run { namespace in
            namespace.onMessage { socket, arguments in
                try socket.send(try arguments[0].decode(as: String.self), 2)
                try namespace.send()
            }
        } _: { client in
            try await client.emit("message", #""x""#, id: 1)
            try await client.expect(#"2["message","x",2]"#)
            try await client.expect(#"2["message"]"#)
            try await client.expect("31[]")
        }
    }

    @Test(arguments: [false, true])
    func `events without a handler are reported only where that is asked for`(isAsked: Bool) async throws {
        let codes = EventLog<SocketIOError.Code?>()
        try await Self.run { namespace in
            namespace.onError { _, error, _ in codes.append((error as? SocketIOError)?.code) }
            namespace.on(Event<Int>("number")) { _, _ in }
            if isAsked { namespace.reportUnknownEvents() }
        } _: { client in
            try await client.emit("nobody", id: 1)
            try await client.emit("number", #""text""#, id: 2)
            try await client.emit("alive", id: 3)
            try await client.expect("33[]")
            #expect(codes.all == (isAsked ? [.unknownEvent, .invalidArguments] : [.invalidArguments]))
        }
    }
}
