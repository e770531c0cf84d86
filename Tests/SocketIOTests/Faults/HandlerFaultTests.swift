/// Handlers and middlewares that throw, hang or are cancelled.
import EngineIO
import Logging
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct HandlerFaultTests {
    private struct Failure: Error, CustomStringConvertible {
        var description: String { "failure" }
    }

    // MARK: Throwing

    private static func registerThrowing(_ server: SocketIOServer) {
        let namespace = server.namespace("/")
        namespace.on("untyped") { _, _ in throw Failure() }
        namespace.on("untypedAsync") { _, _ async throws in throw Failure() }
        namespace.on("concurrent", order: .concurrent) { _, _ async throws in throw Failure() }
        namespace.on(Event<Int>("typed")) { _, _ in throw Failure() }
        namespace.on(Event<Int>("typedAsync")) { _, _ async throws in throw Failure() }
        namespace.on(Event<Int>("reply").replying(with: Int.self)) { _, _ in throw Failure() }
        namespace.on(Event<Int>("replyAsync").replying(with: Int.self)) { _, _ async throws in throw Failure() }
        namespace.acknowledge("values") { _, _ -> [Value]? in throw Failure() }
        namespace.acknowledge("valuesAsync") { _, _ async throws -> [Value]? in throw Failure() }
        namespace.once("once") { _, _ in throw Failure() }
    }

    @Test(arguments: [
        "untyped", "untypedAsync", "concurrent", "typed", "typedAsync", "reply", "replyAsync", "values", "valuesAsync",
        "once",
    ])
    func `a handler that throws is reported once, acknowledges nothing, and the next event is handled`(
        name: String
    ) async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                Self.registerThrowing(server)
                server.logging(to: log)
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit(name, "1", id: 5)
                try await log.line("error in event \"\(name)\": failure")
                try await client.emit("alive", id: 6)
                try await client.expect("36[]")
                #expect(log.all.count == 1)
            }
        )
    }

    @Test func `without an error hook it is logged, at a bounded rate`() async throws {
        try await WatchedServer.run(setUp: Self.registerThrowing) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            let began = ContinuousClock.now
            for _ in 0..<2_000 { try await client.emit("untyped") }
            try await client.emit("alive", id: 6)
            try await client.expect("36[]")
            let lines = watched.lines.all.filter { $0.message == "handler failed" }
            // Ten a second, and those of the seconds that had begun at either end.
            let seconds = Int((ContinuousClock.now - began).components.seconds) + 2
            #expect((1...10 * seconds).contains(lines.count))
            #expect(lines.allSatisfy { $0.level == .warning && $0.metadata["error"] == "failure" })
        }
    }

    // MARK: Answering

    @Test func `a handler cannot answer twice, and one that throws after its work does not answer`() async throws {
        // What a handler returns is its answer: there is nothing that could be called twice.
        try await WatchedServer.run(
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onError { _, _, _ in }
                namespace.intercept { _, event in
                    // The refusal's answer is the only one: the handler is not called any more.
                    if event.name == "refused" { throw EventRefusal("no", acknowledging: ["refused"]) }
                }
                namespace.acknowledge("refused") { _, _ in ["handled"] }
                // A second registration takes the place of the first.
                namespace.acknowledge("twice") { _, _ in ["first"] }
                namespace.acknowledge("twice") { _, _ in ["second"] }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit("refused", id: 1)
                try await client.emit("twice", id: 2)
                try await client.emit("alive", id: 3)
                try await client.expect(#"31["refused"]"#)
                try await client.expect(#"32["second"]"#)
                try await client.expect("33[]")
            }
        )
    }

    // MARK: Hanging

    @Test(arguments: [DeliveryOrder.serial, .concurrent])
    func `a handler that hangs holds up its own socket at most, and is cancelled when that leaves`(
        order: DeliveryOrder
    ) async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                server.namespace("/").on("hang", order: order) { _, _ async in
                    log.append("hangs")
                    await untilCancelled()
                    log.append("cancelled")
                }
            },
            body: { watched in
                let bystander = try await Bystander(port: watched.port)
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit("hang")
                try await log.line("hangs")
                try await bystander.expectService()
                #expect(watched.server.environment.tasks.count == 1)
                try await client.close()
                try await log.line("cancelled")
                try await eventually("no handler is under way") { watched.server.environment.tasks.count == 0 }
                try await eventually("its socket is not kept") { watched.sockets.living == 1 }
            }
        )
    }

    @Test func `a handler that ignores its cancellation keeps nothing but itself`() async throws {
        let gate = Gate()
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                server.namespace("/").on("stubborn") { _, _ async in
                    log.append("begins")
                    await gate.pass()
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit("stubborn")
                try await log.line("begins")
                try await client.close()
                try await eventually("it has left") { watched.namespace.socketCount == 0 }
                #expect(watched.server.environment.tasks.count == 1)
                gate.open()
                try await watched.expectNothingLeft(in: "/")
            }
        )
    }

    @Test func `a middleware that hangs is cancelled when the time to join is up`() async throws {
        let log = Log()
        let configuration = SocketIOConfiguration.testing { $0.connectTimeout = .milliseconds(100) }
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                server.namespace("/slow").use { _ async throws in
                    log.append("asked")
                    // The middleware that hangs: nobody waits for this, it ends by being cancelled.
                    try await Task.sleep(for: .seconds(3600))
                }
                server.namespace("/slow").onError { _, error, _ in log.append("\(error)") }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.send("0/slow,", #"2/slow,["early"]"#)
                try await client.expectEnd()
                try await watched.expectLimit("connectTimeout")
                try await watched.expectNothingLeft(in: "/slow")
                // Who was cancelled has done nothing wrong.
                #expect(log.all == ["asked"])
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a middleware that hangs is cancelled when its client goes`(transport: Transport) async throws {
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                server.namespace("/").use { _ async in
                    log.append("asked")
                    await untilCancelled()
                    log.append("cancelled")
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
                try await client.send("0")
                try await log.line("asked")
                try await client.close()
                try await log.line("cancelled")
                try await watched.expectNothingLeft(in: "/")
            }
        )
    }

    @Test func `a client that leaves the namespace does not wait for its middleware, and may try again`() async throws {
        let gate = Gate()
        let log = Log()
        try await WatchedServer.run(
            setUp: { server in
                server.namespace("/slow").use { socket async in
                    log.append("asked")
                    if log.all.count == 1 { await untilCancelled() }
                    await gate.pass()
                }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.send("0/slow,")
                try await log.count(1)
                try await client.send("1/slow,", "0/slow,")
                try await log.count(2)
                gate.open()
                #expect(try await client.receive().hasPrefix("0/slow,{"))
                #expect(watched.server.namespace("/slow").socketCount == 1)
            }
        )
    }
}
