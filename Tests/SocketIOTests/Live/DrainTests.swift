/// A shutdown as clients and handlers live through it, on a clock that the test moves.
import Dispatch
import EngineIO
import ServiceLifecycle
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct DrainTests {
    private let clock = ManualShutdown()
    private let log = Log()

    /// A server that is drained over ten seconds.
    private func server(_ change: (inout SocketIOConfiguration) -> Void = { _ in }) throws -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.port = 0
        configuration.threads = 2
        configuration.drainDuration = .seconds(10)
        configuration.engine.pingInterval = .seconds(300)
        change(&configuration)
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        server.environment.time.follow(self.clock.time)
        server.logging(to: self.log)
        return server
    }

    private func client(of server: SocketIOServer) async throws -> SocketIOTestClient {
        let client = try await SocketIOTestClient.connect(port: try #require(server.port))
        try await client.join()
        return client
    }

    /// Waits until the client has been told, and lets it go.
    private func expectEnd(of client: SocketIOTestClient) async throws {
        try await client.expectEnd()
        try await client.engine.webSocket?.connection.close()
    }

    // MARK: The clients

    @Test func `a thousand clients are told evenly over the time`() async throws {
        let server = try self.server()
        try await server.start()
        let clients = try await self.crowd(of: 1000, server)
        let shutdown = Task { await server.shutDown() }
        // Two every 20 ms; those of a moment have been told when the server waits for the next.
        for second in 0..<10 {
            try await self.clock.next(is: .seconds(second) + .milliseconds(20))
            #expect(self.log.all.count == second * 100 + 2)
            await self.clock.move(to: .seconds(second + 1))
        }
        try await self.log.count(1000)
        #expect(self.log.all.allSatisfy { $0 == "left: server shutting down" })
        for client in clients { try await self.expectEnd(of: client) }
        #expect(await shutdown.value == ShutdownOutcome())
        #expect(self.log.all.count == 1000)
    }

    private func crowd(of count: Int, _ server: SocketIOServer) async throws -> [SocketIOTestClient] {
        try await withThrowingTaskGroup(of: [SocketIOTestClient].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var clients: [SocketIOTestClient] = []
                    for _ in 0..<count / 8 { clients.append(try await self.client(of: server)) }
                    return clients
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test func `hooks are called once before anybody is told, and what they emit arrives`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        struct Failure: Error {}
        server.onShuttingDown { _ in throw Failure() }
        server.onShuttingDown { server in
            self.log.append("hook, ready: \(server.isReady)")
            try server.emit("maintenance", "back soon")
        }
        #expect(!server.isReady)
        try await server.start()
        #expect(server.isReady)
        let client = try await self.client(of: server)
        async let first = server.shutDown()
        async let second = server.shutDown()
        try await client.expect(#"2["maintenance","back soon"]"#)
        try await self.expectEnd(of: client)
        #expect(await [first, second] == [ShutdownOutcome(), ShutdownOutcome()])
        #expect(self.log.all == ["hook, ready: false", "left: server shutting down"])
    }

    @Test func `during the notice clients are still taken, but the server is not ready`() async throws {
        let server = try self.server { configuration in
            configuration.shutdownNotice = .seconds(5)
            configuration.drainDuration = .zero
            configuration.engine.readinessPath = "/readyz"
        }
        let port = try await server.start()
        let shutdown = Task { await server.shutDown() }
        try await self.clock.next(is: .seconds(5))
        let probe = try await HTTPTestClient.connect(port: port)
        #expect(try await probe.request("GET", "/readyz").status == 503)
        let client = try await self.client(of: server)
        #expect(self.log.all == [])
        await self.clock.move(to: .seconds(5))
        try await self.expectEnd(of: client)
        try await probe.expectEnd()
        #expect(await shutdown.value == ShutdownOutcome())
    }

    @Test func `a client that is joining a namespace is told, and does not join any more`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        let gate = Gate()
        server.namespace("/").use { _ async in
            self.log.append("middleware")
            await gate.pass()
        }
        server.namespace("/").onConnect { _ in self.log.append("connected") }
        let client = try await SocketIOTestClient.connect(port: try await server.start())
        try await client.send("0")
        try await self.log.count(1)
        let shutdown = Task { await server.shutDown() }
        try await self.expectEnd(of: client)
        gate.open()
        #expect(await shutdown.value.isComplete)
        #expect(self.log.all == ["middleware"])
    }

    // MARK: Running

    @Test func `cancelling a server that drains tells the rest at once`() async throws {
        let server = try self.server()
        let group = ServiceGroup(services: [server], logger: quietLogger())
        let running = Task { try await group.run() }
        try await eventually("the server listens") { server.port != nil }
        let clients = [try await self.client(of: server), try await self.client(of: server)]
        await group.triggerGracefulShutdown()
        try await self.clock.next(is: .seconds(5))
        #expect(self.log.all.count == 1)
        running.cancel()
        for client in clients { try await self.expectEnd(of: client) }
        _ = await running.result
        #expect(self.log.all.count == 2)
    }

    @Test func `running ends when somebody else shuts the server down`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        let running = Task { try await server.run() }
        try await eventually("the server listens") { server.port != nil }
        await server.shutDown()
        try await running.value
    }

    // MARK: Handlers

    @Test func `a handler under way may finish, also when its socket has been told`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        let gate = Gate()
        server.namespace("/").on("work") { _, _ async in
            self.log.append("begun")
            await gate.pass()
            self.log.append("ended, cancelled \(Task.isCancelled)")
        }
        try await server.start()
        let client = try await self.client(of: server)
        try await client.emit("work")
        try await self.log.count(1)
        let shutdown = Task { await server.shutDown() }
        try await self.expectEnd(of: client)
        gate.open()
        #expect(await shutdown.value.isComplete)
        #expect(self.log.all == ["begun", "ended, cancelled false", "left: server shutting down"])
    }

    @Test func `handlers that have not ended by the deadline are cancelled`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        let chat = server.namespace("/")
        chat.on("serial") { _, _ async in
            self.log.append("begun")
            await untilCancelled()
        }
        chat.on("beside", order: .concurrent) { _, _ async in
            self.log.append("begun")
            await untilCancelled()
        }
        chat.onDisconnect { _, _ async in
            self.log.append("last")
            await untilCancelled()
        }
        try await server.start()
        let client = try await self.client(of: server)
        try await client.emit("beside")
        try await client.emit("serial")
        try await self.log.count(2)
        let shutdown = Task { await server.shutDown() }
        try await self.expectEnd(of: client)
        try await self.clock.next(is: .seconds(3))
        #expect(self.log.all == ["begun", "begun"])
        await self.clock.move(to: .seconds(3))
        let outcome = await shutdown.value
        #expect(outcome.handlersCancelled == 2 && outcome.isComplete)
        #expect(self.log.all == ["begun", "begun", "left: server shutting down", "last"])
    }

    @Test func `a handler that never returns is left behind, and running throws`() async throws {
        let server = try self.server()
        let gate = Gate()
        server.namespace("/").on("hang") { _, _ async in
            self.log.append("begun")
            await gate.pass()
        }
        let running = Task { try await server.run() }
        try await eventually("the server listens") { server.port != nil }
        let client = try await self.client(of: server)
        try await client.emit("hang")
        try await self.log.count(1)
        running.cancel()
        try await self.expectEnd(of: client)
        try await self.clock.next(is: .seconds(3))
        await self.clock.move(to: .seconds(3))
        try await self.clock.next(is: .seconds(4))
        await self.clock.move(to: .seconds(4))
        let error = await #expect(throws: SocketIOError.self) { try await running.value }
        #expect(error?.code == .handlersAbandoned)
        #expect(error?.message == "1 handlers have not ended, although they were cancelled")
        #expect(await server.shutDown().handlersAbandoned == 1)
        gate.open()
    }

    @Test func `an adapter that never closes is left behind`() async throws {
        let gate = Gate()
        var configuration = SocketIOConfiguration()
        configuration.port = 0
        let server = try SocketIOServer(
            configuration: configuration,
            logger: quietLogger(),
            makeAdapter: { _ in HangingAdapter(gate: gate, log: self.log) }
        )
        server.environment.time.follow(self.clock.time)
        try await server.start()
        let shutdown = Task { await server.shutDown() }
        try await self.log.line("closing")
        await self.clock.move(to: .seconds(3))
        var expected = ShutdownOutcome()
        expected.adaptersAbandoned = 1
        let outcome = await shutdown.value
        #expect(outcome == expected && !outcome.isComplete)
        gate.open()
    }

    @Test func `a disconnect handler that waits for a handler on the loop is not cancelled before the deadline`()
        async throws
    {
        let server = try self.server { configuration in
            configuration.drainDuration = .zero
            configuration.threads = 1
        }
        let mayReturn = DispatchSemaphore(value: 0)
        let chat = server.namespace("/")
        chat.on("block") { _, _ in
            self.log.append("begun")
            mayReturn.wait()
        }
        chat.onDisconnect { _, _ async in self.log.append("last, cancelled \(Task.isCancelled)") }
        try await server.start()
        let client = try await self.client(of: server)
        try await client.emit("block")
        try await self.log.count(1)
        let shutdown = Task { await server.shutDown() }
        // The listening socket's loop is the same: it is waited for as long as the grace.
        try await self.clock.next(is: .seconds(1))
        await self.clock.move(to: .seconds(1))
        // Everything waits for the handler by then: no task is under way.
        try await self.clock.next(is: .seconds(4))
        mayReturn.signal()
        try await self.expectEnd(of: client)
        #expect(await shutdown.value.isComplete)
        #expect(self.log.all == ["begun", "left: server shutting down", "last, cancelled false"])
    }

    @Test func `a handler may begin a shutdown, and running ends by itself`() async throws {
        let server = try self.server { $0.drainDuration = .zero }
        server.namespace("/").on("stop") { _, _ async in
            server.beginShutdown()
            server.beginShutdown()
            self.log.append("begun")
        }
        let running = Task { try await server.run() }
        try await eventually("the server listens") { server.port != nil }
        let client = try await self.client(of: server)
        try await client.emit("stop")
        try await self.expectEnd(of: client)
        try await running.value
        #expect(self.log.all.sorted() == ["begun", "left: server shutting down"])
    }
}

/// An adapter that does not close before it may.
private final class HangingAdapter: ForwardingAdapter {
    let base = InMemoryAdapter()
    private let gate: Gate
    private let log: Log

    init(gate: Gate, log: Log) {
        self.gate = gate
        self.log = log
    }

    func close() async {
        self.log.append("closing")
        await self.gate.pass()
    }
}
