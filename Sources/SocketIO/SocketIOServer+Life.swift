/// The life of a server: it starts, it serves, it shuts down.
public import EngineIO
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

extension SocketIOServer {
    enum Phase {
        case idle
        /// Started, or about to.
        case started
        case stopped
    }

    struct State {
        var phase = Phase.idle
        var engine: EngineIOServer?
        var boundPort: Int?
        var shutdown: Shutdown?
        /// Whether clients are to be told without spreading.
        var isHurried = false
        var shutdownHooks: [@Sendable (SocketIOServer) throws -> Void] = []
        /// Ends when a shutdown begins.
        let shutdownBegins = AsyncStream.makeStream(of: Never.self)
    }

    /// A shutdown under way, or done.
    struct Shutdown {
        /// `nil` when it is done.
        var engine: EngineShutdown?
        var task: Task<ShutdownOutcome, Never>
    }

    /// The port in use, once the server has started.
    public var port: Int? { self.state.withLock { $0.boundPort } }

    /// Whether the server takes clients: it listens, and nobody has asked it to shut down.
    ///
    /// For load balancers there is `engine.readinessPath`.
    public var isReady: Bool { self.state.withLock { $0.engine?.isReady ?? false } }

    // MARK: Running

    /// Starts the server and serves until the task is cancelled or a graceful shutdown is asked for.
    ///
    /// It ends only when everything has that the server began: connections, handlers, middlewares, responders, adapters.
    /// They may finish until ``SocketIOConfiguration/shutdownTimeout``, and are cancelled then. As if they were child
    /// tasks, with one exception: code that does not end within ``SocketIOConfiguration/cancellationGrace`` of its
    /// cancellation is left behind, so that it cannot keep the process from ending; `run()` throws then.
    ///
    /// Cancelling the task, also during a graceful shutdown, gives up ``SocketIOConfiguration/drainDuration``: clients
    /// are told at once.
    ///
    /// - Throws: ``SocketIOError`` with the code `cannotBind`, `alreadyRunning` or `shutDown`, or what an adapter's start
    ///   throws; `handlersAbandoned` when code of the application did not end.
    public func run() async throws {
        try await self.start()
        await self.untilShutdown()
        let outcome = await withTaskCancellationHandler {
            await self.shutDown()
        } onCancel: {
            self.hurry()
        }
        guard outcome.isComplete else { throw SocketIOError.abandoned(outcome) }
    }

    /// Waits until a graceful shutdown is asked for, the task is cancelled, or ``shutDown()`` is called.
    private func untilShutdown() async {
        let stream = self.state.withLock { $0.shutdownBegins.stream }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await gracefulShutdown() }
            group.addTask { for await _ in stream {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// Starts the server and returns when it listens.
    ///
    /// - Returns: The port in use.
    /// - Throws: ``SocketIOError`` with the code `cannotBind`, `alreadyRunning` or `shutDown`, or what an adapter's start
    ///   throws. Adapters that had started are closed then, and the server may be started again.
    @discardableResult
    public func start() async throws -> Int {
        let (host, port) = (self.configuration.host, self.configuration.port)
        let bound = try await self.start { engine throws(EngineIOError) in
            try await engine.bind(host: host, port: port).port
        }
        self.environment.logger.info("listening", metadata: ["host": "\(host)", "port": "\(bound ?? port)"])
        return bound ?? port
    }

    /// Starts the server, and its engine as asked, which tells the port in use.
    @discardableResult
    func start(_ begin: (EngineIOServer) async throws(EngineIOError) -> Int?) async throws -> Int? {
        try self.state.withLock { state throws(SocketIOError) in
            switch state.phase {
            case .idle: state.phase = .started
            case .started: throw SocketIOError(.alreadyRunning, "a server can be started once")
            case .stopped: throw SocketIOError(.shutDown, "the server has been shut down")
            }
        }
        do {
            for namespace in self.directory.start() { try await namespace.adapterLife.start() }
            return try await self.listen(begin)
        } catch {
            await self.startFailed()
            throw error
        }
    }

    /// Closes the adapters that have started; the next start may succeed.
    private func startFailed() async {
        for namespace in self.directory.stop() { await namespace.adapterLife.stop() }
        self.state.withLock { state in
            state.engine = nil
            if case .started = state.phase { state.phase = .idle }
        }
    }

    private func listen(
        _ begin: (EngineIOServer) async throws(EngineIOError) -> Int?
    ) async throws(SocketIOError) -> Int? {
        do throws(EngineIOError) {
            let engine = try EngineIOServer(
                configuration: self.configuration.engine,
                threads: self.configuration.threads,
                logger: self.environment.logger,
                metrics: self.environment.metricsFactory,
                time: self.environment.time,
                responder: self.responder,
                tasks: self.environment.tasks,
                makeHandler: { Connection(server: self) }
            )
            let isWanted = self.state.withLock { state in
                if state.phase == .started { state.engine = engine }
                return state.phase == .started
            }
            // From here on a shutdown finds the engine.
            if !isWanted { await engine.shutDown() }
            let port = try await begin(engine)
            self.state.withLock { $0.boundPort = port }
            return port
        } catch {
            throw SocketIOError(error.code == .shutDown ? .shutDown : .cannotBind, error.message, cause: error.cause)
        }
    }

    // MARK: Shutting down

    /// Calls something once when the server begins to shut down, before any client is told.
    ///
    /// What it emits still reaches the clients. It must not block; an error it throws is logged. A server that has not
    /// started, or is shutting down already, does not call it.
    ///
    /// <!-- example: given server -->
    /// ```swift
    /// server.onShuttingDown { server in try server.emit("maintenance", "back in a minute") }
    /// ```
    ///
    /// - Parameter hook: What to do.
    public func onShuttingDown(_ hook: @escaping @Sendable (_ server: SocketIOServer) throws -> Void) {
        self.state.withLock { $0.shutdownHooks.append(hook) }
    }

    /// Stops the server: sockets are told, connections end, handlers finish.
    ///
    /// 1. At once ``isReady`` turns false, and the hooks of ``onShuttingDown(_:)`` are called.
    /// 2. After ``SocketIOConfiguration/shutdownNotice`` nobody is let in any more.
    /// 3. Within ``SocketIOConfiguration/drainDuration`` sockets leave with the reason
    ///    ``DisconnectReason/serverShuttingDown``, evenly. Clients take it for a lost connection and come back by
    ///    themselves. Handlers under way are not cancelled by it.
    /// 4. Connections and handlers have ``SocketIOConfiguration/shutdownTimeout`` to end. Connections are cut then, and
    ///    handlers cancelled, which have ``SocketIOConfiguration/cancellationGrace`` to end after that.
    /// 5. Adapters are closed. They have until the timeout, and the grace at least.
    ///
    /// A server that has not started yet does not start any more: its ``start()`` throws. A second call waits for the
    /// first. It goes on when the task that asked for it is cancelled.
    ///
    /// A handler must not wait for it, since it waits for the handlers: ``beginShutdown()`` is for them.
    ///
    /// - Returns: What has ended, and what has not.
    @discardableResult
    public func shutDown() async -> ShutdownOutcome {
        await self.shutdown()?.task.value ?? ShutdownOutcome()
    }

    /// Begins to stop the server as ``shutDown()`` does, and does not wait: for handlers, whose end a shutdown waits for.
    ///
    /// ``run()`` returns when it is done.
    ///
    /// <!-- example: given server -->
    /// ```swift
    /// server.namespace("/admin").on("shutdown") { _, _ in server.beginShutdown() }
    /// ```
    public func beginShutdown() {
        _ = self.shutdown()
    }

    /// The shutdown, begun now if it has not been.
    private func shutdown() -> Shutdown? {
        self.state.withLock { state in
            state.phase = .stopped
            state.shutdownBegins.continuation.finish()
            if state.shutdown == nil, let engine = state.engine?.beginShutdown() {
                if state.isHurried { engine.hurry() }
                let hooks = state.shutdownHooks
                state.shutdown = Shutdown(engine: engine, task: Task { await self.shutDown(engine, hooks) })
            }
            return state.shutdown
        }
    }

    /// Tells the clients at once that have not been told yet.
    private func hurry() {
        self.state.withLock { state in
            state.isHurried = true
            return state.shutdown?.engine
        }?.hurry()
    }

    /// Lets go of an engine that is not needed any more: it makes the server's connections, and so keeps the server.
    private func releaseEngine() {
        self.state.withLock { state in
            state.engine = nil
            state.shutdown?.engine = nil
        }
    }

    private func shutDown(
        _ engine: EngineShutdown,
        _ hooks: [@Sendable (SocketIOServer) throws -> Void]
    ) async -> ShutdownOutcome {
        let logger = self.environment.logger
        logger.info("shutting down")
        for hook in hooks {
            do {
                try hook(self)
            } catch {
                logger.error("shutdown hook failed", metadata: ["error": "\(error)"])
            }
        }
        var outcome = await engine.run(self.configuration.shutdownOptions) { await self.closeAdapters() }
        outcome.adaptersAbandoned = self.directory.all.count { $0.adapterLife.isOpen }
        logger.log(level: outcome.isComplete ? .info : .error, "stopped", metadata: outcome.metadata)
        self.releaseEngine()
        return outcome
    }

    private func closeAdapters() async {
        await withTaskGroup(of: Void.self) { group in
            for namespace in self.directory.all { group.addTask { await namespace.adapterLife.close() } }
        }
    }
}

extension SocketIOConfiguration {
    fileprivate var shutdownOptions: ShutdownOptions {
        ShutdownOptions(
            notice: self.shutdownNotice,
            drain: self.drainDuration,
            timeout: self.shutdownTimeout,
            grace: self.cancellationGrace
        )
    }
}

extension ShutdownOutcome {
    /// What is not as it should be, or worth a word.
    fileprivate var metadata: Logger.Metadata {
        let counts = [
            ("socketio.handlers_finished", self.handlersFinished),
            ("socketio.handlers_cancelled", self.handlersCancelled),
            ("socketio.handlers_abandoned", self.handlersAbandoned),
            ("socketio.adapters_abandoned", self.adaptersAbandoned),
            ("socketio.connections_cut", self.connectionsCut),
        ]
        return Logger.Metadata(
            uniqueKeysWithValues: counts.filter { $0.1 > 0 }.map { ($0.0, .stringConvertible($0.1)) }
        )
    }
}

extension SocketIOError {
    /// Names what has not ended.
    fileprivate static func abandoned(_ outcome: ShutdownOutcome) -> Self {
        var parts: [String] = []
        if outcome.handlersAbandoned > 0 {
            parts.append("\(outcome.handlersAbandoned) handlers have not ended, although they were cancelled")
        }
        if outcome.adaptersAbandoned > 0 { parts.append("\(outcome.adaptersAbandoned) adapters have not closed") }
        return Self(.handlersAbandoned, parts.joined(separator: "; "))
    }
}
