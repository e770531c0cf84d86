/// Which closures may be handlers: each form here must compile, and is called.
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct HandlerFormTests {
    private struct Refused: Error {}

    private static func register(_ server: SocketIOServer, _ log: Log) {
        let namespace = server.namespace("/")
        namespace.on("one line") { _, arguments in log.append("\(arguments.count)") }
        namespace.on("two lines") { socket, arguments in
            let count = arguments.count
            try socket.emit("counted", .int(Int64(count)))
        }
        namespace.on("throws") { _, _ in throw Refused() }
        namespace.on("async") { socket, _ in
            await Task.yield()
            try socket.emit("waited")
        }
        namespace.on("async line") { _, _ in await Task.yield() }
        namespace.acknowledge("values") { _, _ in [.string("a")] }
        namespace.acknowledge("nothing") { _, _ in nil }
        namespace.acknowledge("same") { _, arguments in arguments }
        namespace.acknowledge("async same") { _, arguments async in arguments }
        let ping = Signal("signal")
        namespace.on(ping) { socket in try socket.emit(ping) }
        namespace.on(Signal("question").replying(with: Int.self)) { _ in 42 }
        namespace.onError { _, error, context in log.append("\(context): \(error)") }
    }

    private func withClient(_ log: Log = Log(), _ body: (SocketIOTestClient) async throws -> Void) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { Self.register($0, log) },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client)
            }
        )
    }

    @Test(arguments: [
        ("one line", ["30[]"]), ("two lines", [#"2["counted",2]"#, "30[]"]), ("async", [#"2["waited"]"#, "30[]"]),
        ("async line", ["30[]"]), ("values", [#"30["a"]"#]), ("same", ["30[1,2]"]), ("async same", ["30[1,2]"]),
    ])
    func `an untyped handler returns nothing, values, or what it was given`(
        name: String,
        packets: [String]
    ) async throws {
        try await self.withClient { client in
            try await client.send(#"20["\#(name)",1,2]"#)
            for packet in packets { try await client.expect(packet) }
        }
    }

    @Test(arguments: ["throws", "nothing"])
    func `one that throws, or returns nil, does not acknowledge`(name: String) async throws {
        let log = Log()
        try await self.withClient(log) { client in
            try await client.send(#"20["\#(name)"]"#, #"21["values"]"#)
            try await client.expect(#"31["a"]"#)
            #expect(log.all == (name == "throws" ? [#"event "throws": Refused()"#] : []))
        }
    }

    @Test func `a signal has no arguments`() async throws {
        let log = Log()
        try await self.withClient(log) { client in
            try await client.send(#"20["signal"]"#)
            try await client.expect(#"2["signal"]"#)
            try await client.expect("30[]")
            try await client.send(#"21["question"]"#)
            try await client.expect("31[42]")
            try await client.send(#"22["signal",1]"#)
            try await log.expect([#"event "signal": expected 0 arguments, found 1"#])
        }
    }

    @Test func `a handler cancelled because its socket left is no error`() async throws {
        let log = Log()
        let gate = Gate()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.on("wait") { _, _ in
                    log.append("waiting")
                    // Nothing ever comes: only cancellation ends it.
                    for await _ in AsyncStream<Never>(bufferingPolicy: .unbounded, { _ in }) {}
                    try Task.checkCancellation()
                }
                namespace.on("fail") { _, _ in throw CancellationError() }
                namespace.onError { _, error, context in log.append("\(context): \(error)") }
                namespace.onDisconnect { _, _ in
                    log.append("left")
                    gate.open()
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send(#"2["fail"]"#, #"2["wait"]"#)
                try await log.count(2)
                try await client.send("1")
                await gate.pass()
                #expect(log.all == [#"event "fail": CancellationError()"#, "waiting", "left"])
            }
        )
    }
}
