/// Starting and stopping.
import EngineIO
import Logging
import ServiceLifecycle
import SocketIO
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ServerLifeTests {
    private func server(
        _ change: (inout SocketIOConfiguration) -> Void = { _ in },
        makeAdapter: @escaping @Sendable (String) -> any Adapter = { _ in InMemoryAdapter() }
    ) throws -> SocketIOServer {
        var configuration = SocketIOConfiguration.testing(change)
        if configuration.port == 3000 { configuration.port = 0 }
        configuration.threads = 1
        return try SocketIOServer(configuration: configuration, logger: quietLogger(), makeAdapter: makeAdapter)
    }

    @Test func `a server knows its port once it has started`() async throws {
        let server = try self.server()
        #expect(server.port == nil)
        let port = try await server.start()
        #expect(port > 0 && server.port == port)
        // Kept until the end: a client that goes is closed, and its leaving would be told.
        let later = try await SocketIOTestClient.connect(port: port)
        defer { withExtendedLifetime(later) {} }
        try await later.join()
        await server.shutDown()
    }

    @Test func `a server can be started once`() async throws {
        let server = try self.server()
        try await server.start()
        for _ in 1...2 {
            let error = await #expect(throws: SocketIOError.self) { try await server.start() }
            #expect(error?.code == .alreadyRunning)
        }
        let error = await #expect(throws: SocketIOError.self) { try await server.run() }
        #expect(error?.code == .alreadyRunning)
        await server.shutDown()
        let late = await #expect(throws: SocketIOError.self) { try await server.start() }
        #expect(late?.code == .shutDown)
    }

    @Test func `a port in use is an error that names it`() async throws {
        let first = try self.server()
        let port = try await first.start()
        let second = try self.server { $0.port = port }
        let error = await #expect(throws: SocketIOError.self) { try await second.start() }
        #expect(error?.code == .cannotBind)
        #expect(error?.message == "cannot listen on 127.0.0.1:\(port): the port is in use")
        await first.shutDown()
        let third = try self.server { $0.port = port }
        #expect(try await third.start() == port)
        await third.shutDown()
    }

    @Test func `a server shut down twice is shut down once`() async throws {
        let log = Log()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log) })
        try await server.start()
        await server.shutDown()
        await server.shutDown()
        #expect(log.all == ["start /", "close /"])
    }

    @Test func `a second shutdown waits for the first`() async throws {
        let log = Log()
        let gate = Gate()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log, closingGate: gate) })
        try await server.start()
        let first = Task { _ = await server.shutDown() }
        try await log.count(2)
        let second = Task {
            await server.shutDown()
            log.append("second is done")
        }
        gate.open()
        await first.value
        await second.value
        #expect(log.all == ["start /", "closing /", "close /", "second is done"])
    }

    @Test func `a server shut down before its start does not start`() async throws {
        let server = try self.server()
        await server.shutDown()
        let error = await #expect(throws: SocketIOError.self) { try await server.start() }
        #expect(error?.code == .shutDown)
        #expect(server.port == nil)
    }

    @Test func `a server shut down during its start does not start, and its adapters are closed`() async throws {
        let log = Log()
        let gate = Gate()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log, gate: gate) })
        let start = Task { try await server.start() }
        try await log.count(1)
        await server.shutDown()
        gate.open()
        let error = await #expect(throws: SocketIOError.self) { try await start.value }
        #expect(error?.code == .shutDown)
        #expect(log.all == ["start /", "close /"])
        #expect(server.port == nil)
    }

    @Test func `adapters are closed when the port cannot be had`() async throws {
        let log = Log()
        let first = try self.server()
        let port = try await first.start()
        let second = try self.server({ $0.port = port }, makeAdapter: { LoggingAdapter(name: $0, log: log) })
        await #expect(throws: SocketIOError.self) { try await second.start() }
        #expect(log.all == ["start /", "close /"])
        await first.shutDown()
    }

    @Test func `a server that could not start may be started again`() async throws {
        let log = Log()
        let first = try self.server()
        let port = try await first.start()
        let second = try self.server({ $0.port = port }, makeAdapter: { LoggingAdapter(name: $0, log: log) })
        let error = await #expect(throws: SocketIOError.self) { try await second.start() }
        #expect(error?.code == .cannotBind)
        _ = second.namespace("/more")
        #expect(log.all == ["start /", "close /"])
        await first.shutDown()
        #expect(try await second.start() == port)
        #expect(Set(log.all[2...]) == ["start /", "start /more"])
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join("/more")
        await second.shutDown()
        #expect(Set(log.all[4...]) == ["close /", "close /more"])
    }

    @Test func `the adapter of a namespace made while the server runs is started too`() async throws {
        let log = Log()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log) })
        try await server.start()
        _ = server.namespace("/late")
        try await log.count(2)
        await server.shutDown()
        #expect(log.all[..<2] == ["start /", "start /late"])
        #expect(Set(log.all[2...]) == ["close /", "close /late"])
    }

    @Test func `the adapter of a namespace that goes while it starts is closed after that`() async throws {
        let log = Log()
        let gate = Gate()
        let server = try self.server(
            { $0.removesEmptyNamespaces = true },
            makeAdapter: { LoggingAdapter(name: $0, log: log, gate: $0 == "/" ? nil : gate) }
        )
        let parent = try server.namespaces(matching: "/{x}")
        let client = try await SocketIOTestClient.connect(port: try await server.start())
        try await client.join("/late")
        try await log.count(2)
        try await client.send("1/late,")
        try await eventually("the namespace goes") { parent.children.isEmpty }
        // Nothing has been closed, although whatever the client left has been cleared away.
        try await client.join("/other")
        try await log.count(3)
        #expect(log.all == ["start /", "start /late", "start /other"])
        gate.open()
        try await log.count(4)
        #expect(log.all[3] == "close /late")
        await server.shutDown()
        #expect(Set(log.all[4...]) == ["close /", "close /other"])
    }

    @Test func `an adapter that could not start beside the clients is not closed`() async throws {
        let log = Log()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log, fails: $0 == "/late") })
        try await server.start()
        _ = server.namespace("/late")
        await server.shutDown()
        #expect(log.all == ["start /", "close /"])
    }

    @Test func `shutdowns at the same time are one`() async throws {
        let gate = Gate()
        let log = Log()
        let server = try self.server(
            { $0.shutdownTimeout = .seconds(30) },
            makeAdapter: { LoggingAdapter(name: $0, log: log) }
        )
        server.logging(to: log)
        server.namespace("/").on("work") { _, _ async in
            log.append("begun")
            await gate.pass()
        }
        let port = try await server.start()
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join()
        try await client.emit("work")
        try await log.line("begun")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { _ = await server.shutDown() } }
            try await client.expectEnd()
            try await client.engine.webSocket?.connection.close()
            gate.open()
            try await group.waitForAll()
        }
        await server.shutDown()
        #expect(log.all == ["start /", "begun", "left: server shutting down", "close /"])
        let next = try self.server { $0.port = port }
        #expect(try await next.start() == port)
        await next.shutDown()
    }

    @Test func `a handler that hangs does not keep a server from shutting down`() async throws {
        let gate = Gate()
        let log = Log()
        let server = try self.server { $0.shutdownTimeout = .milliseconds(300) }
        server.namespace("/").acknowledge("hang") { _, _ async in
            log.append("begun")
            await gate.pass()
            return nil
        }
        let port = try await server.start()
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join()
        try await client.emit("hang")
        try await log.line("begun")
        let began = ContinuousClock.now
        await server.shutDown()
        let took = ContinuousClock.now - began
        // Connections and handlers have the time one after the other; the rest is for a busy machine.
        #expect(took >= .milliseconds(300) && took < .seconds(3), "took \(took)")
        gate.open()
    }

    @Test func `a shutdown waits for handlers that end, disconnect handlers included`() async throws {
        let gate = Gate()
        let log = Log()
        let server = try self.server { $0.shutdownTimeout = .seconds(30) }
        server.namespace("/").acknowledge("work") { _, _ async in
            log.append("begun")
            await gate.pass()
            log.append("ended, cancelled \(Task.isCancelled)")
            return nil
        }
        server.namespace("/").onDisconnect { _, reason async in
            await Task.yield()
            log.append("\(reason)")
        }
        let port = try await server.start()
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join()
        try await client.emit("work")
        try await log.line("begun")
        async let shutDown: Void = self.shutDown(server, log: log)
        try await client.expectEnd()
        try await client.engine.webSocket?.connection.close()
        // Another server's whole life on the same port: all that is left to wait for is the handler.
        try await eventually("the port is free") { try await self.hasServed(on: port) }
        gate.open()
        await shutDown
        #expect(log.all == ["begun", "ended, cancelled false", "server shutting down", "shut down"])
    }

    private func shutDown(_ server: SocketIOServer, log: Log) async {
        await server.shutDown()
        log.append("shut down")
    }

    /// Starts a server on a port, if it can be had, and shuts it down again.
    private func hasServed(on port: Int) async throws -> Bool {
        let server = try self.server { $0.port = port }
        do {
            try await server.start()
        } catch let error as SocketIOError where error.code == .cannotBind {
            return false
        }
        await server.shutDown()
        return true
    }

    @Test func `running ends when the task is cancelled, and frees the port`() async throws {
        let server = try self.server()
        let running = Task { try await server.run() }
        try await eventually("the server listens") { server.port != nil }
        let port = try #require(server.port)
        // Kept until the end: a client that goes is closed, and its leaving would be told.
        let later = try await SocketIOTestClient.connect(port: port)
        defer { withExtendedLifetime(later) {} }
        try await later.join()
        running.cancel()
        try await running.value
        let next = try self.server { $0.port = port }
        #expect(try await next.start() == port)
        await next.shutDown()
    }

    @Test func `a service group shuts the server down gracefully`() async throws {
        let server = try self.server()
        let group = ServiceGroup(services: [server], logger: quietLogger())
        let running = Task { try await group.run() }
        try await eventually("the server listens") { server.port != nil }
        let client = try await SocketIOTestClient.connect(port: try #require(server.port))
        try await client.join()
        await group.triggerGracefulShutdown()
        try await client.expectEnd()
        try await client.engine.webSocket?.connection.close()
        try await running.value
    }

    // MARK: Adapters

    @Test func `each namespace has its own adapter, started and closed with the server`() async throws {
        let log = Log()
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: log) })
        _ = server.namespace("/other")
        #expect(log.all == [])
        try await server.start()
        #expect(log.all.sorted() == ["start /", "start /other"])
        await server.shutDown()
        #expect(log.all[2...].sorted() == ["close /", "close /other"])
    }

    @Test func `an adapter that cannot start keeps the server from starting`() async throws {
        let server = try self.server(makeAdapter: { LoggingAdapter(name: $0, log: Log(), fails: true) })
        await #expect(throws: LoggingAdapter.Failure.self) { try await server.start() }
        #expect(server.port == nil)
    }

    // MARK: Logging

    @Test func `without a hook errors of handlers are logged with their socket and event`() async throws {
        struct Failure: Error {}
        let log = Log()
        let logger = Logger(label: "test") { _ in LineHandler(log: log) }
        var configuration = SocketIOConfiguration.testing()
        configuration.port = 0
        let server = try SocketIOServer(configuration: configuration, logger: logger)
        server.namespace("/").acknowledge("fa\"il") { _, _ -> [Value]? in throw Failure() }
        let port = try await server.start()
        let client = try await SocketIOTestClient.connect(port: port)
        let id = try await client.join()
        try await client.send(#"2["fa\"il"]"#)
        let line = try await log.line(beginning: "warning handler failed")
        for part in [id, "Failure()", #"event "fa\"il""#, "socketio.namespace"] {
            #expect(line.contains(part), "\(line)")
        }
        await server.shutDown()
    }
}

/// Logs lines that a test can wait for.
private struct LineHandler: LogHandler {
    let log: Log
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(log: Log) {
        self.log = log
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.log.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
