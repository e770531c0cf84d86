/// The server: binds a port, serves its connections, and shuts down without losing what was said.
public import Logging
public import Metrics
public import NIOCore
import Synchronization

/// An Engine.IO server over HTTP long polling and WebSocket.
///
/// One process uses all cores: by default there is an event loop for each. Requests outside
/// ``EngineIOConfiguration/path`` go to the application's responder.
public final class EngineIOServer: Sendable {
    private enum State {
        case idle
        case starting
        case running(Listener)
        case stopped(Task<ShutdownOutcome, Never>?)
    }

    let core: EngineCore
    private let threads: Int?
    private let state = Mutex(State.idle)

    /// Creates a server; ``bind(host:port:)`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: Times, limits, path and policies.
    ///   - threads: The number of event loops; `nil` for one a core.
    ///   - logger: Where the server logs.
    ///   - metrics: Where the server's metrics go; by default where `MetricsSystem` was told to send them.
    ///   - responder: Answers requests outside the path; by default all are answered 404.
    ///   - makeHandler: Makes the handler of each new session.
    /// - Throws: ``EngineIOError`` when a value of the configuration makes no sense.
    public convenience init(
        configuration: EngineIOConfiguration = EngineIOConfiguration(),
        threads: Int? = nil,
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory,
        responder: @escaping HTTPResponder = ApplicationResponse.notFound,
        makeHandler: @escaping @Sendable () -> any SessionHandler
    ) throws(EngineIOError) {
        try self.init(
            configuration: configuration,
            threads: threads,
            logger: logger,
            metrics: metrics,
            time: TimeSource(),
            responder: responder,
            tasks: ApplicationTasks(),
            makeHandler: makeHandler
        )
    }

    /// Creates a server with a source of time of its own, which counts the application's tasks together with another's.
    ///
    /// - Parameters:
    ///   - time: Tells the time.
    ///   - tasks: Counts the tasks.
    package init(
        configuration: EngineIOConfiguration,
        threads: Int?,
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory,
        time: TimeSource,
        responder: @escaping HTTPResponder = ApplicationResponse.notFound,
        tasks: ApplicationTasks = ApplicationTasks(),
        makeHandler: @escaping @Sendable () -> any SessionHandler
    ) throws(EngineIOError) {
        try configuration.validate()
        if let threads, threads < 1 {
            throw .invalid("threads", found: "\(threads)", expected: "at least 1")
        }
        self.threads = threads
        self.core = EngineCore(
            configuration: configuration,
            logger: logger,
            metrics: metrics,
            time: time,
            responder: responder,
            tasks: tasks,
            makeHandler: makeHandler
        )
    }

    /// Whether the server takes clients: it listens, and nobody has asked it to shut down.
    public var isReady: Bool { self.core.life.isReady }

    /// What listens; `nil` unless the server runs.
    var listener: Listener? {
        self.state.withLock { state in
            guard case .running(let listener) = state else { return nil }
            return listener
        }
    }

    /// Tells how often limits were reached.
    package var limits: LimitReporter { self.core.environment.limits }

    /// The number of sessions.
    public var sessionCount: Int { self.core.environment.registry.count }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: The address or name to bind.
    ///   - port: The port; 0 for any free one.
    /// - Returns: The address in use.
    /// - Throws: ``EngineIOError`` with the code `cannotBind`, `alreadyRunning` or `shutDown`.
    public func bind(host: String, port: Int) async throws(EngineIOError) -> SocketAddress {
        try await self.start { listener throws(EngineIOError) in try await listener.bind(host: host, port: port) }
    }

    /// Makes the listener and has it begin.
    func start<Outcome: Sendable>(
        tap: ConnectionTap? = nil,
        _ begin: (Listener) async throws(EngineIOError) -> Outcome
    ) async throws(EngineIOError) -> Outcome {
        try self.state.withLock { state throws(EngineIOError) in
            switch state {
            case .idle: state = .starting
            case .starting, .running: throw EngineIOError(.alreadyRunning, "a server can be started once")
            case .stopped: throw .wasShutDown
            }
        }
        let listener = Listener(core: self.core, threads: self.threads, tap: tap)
        do throws(EngineIOError) {
            let outcome = try await begin(listener)
            guard self.isRunning(listener) else {
                _ = await EngineShutdown(core: self.core, listener: listener).run(ShutdownOptions(timeout: .zero))
                throw .wasShutDown
            }
            return outcome
        } catch {
            self.state.withLock { state in
                if case .starting = state { state = .idle }
            }
            throw error
        }
    }

    /// Notes that the server listens, unless it was shut down meanwhile.
    private func isRunning(_ listener: Listener) -> Bool {
        self.state.withLock { state in
            guard case .starting = state else { return false }
            state = .running(listener)
            self.core.life.started()
            return true
        }
    }

    /// Stops to listen, closes all sessions, and waits for connections and responders to end.
    ///
    /// What waits in the outboxes is sent first. Sessions are told ``CloseReason/serverShuttingDown``; a polling client
    /// hears of it with the poll that waits or with its next one. New handshakes are answered 503. A server that is
    /// still starting, or has not been started, does not start any more. A second call waits for the first.
    ///
    /// - Parameters:
    ///   - drainDuration: Over what time the sessions are closed, evenly, so that their clients do not all come back at
    ///     once.
    ///   - timeout: How long connections and responders may take after that before they are cut and cancelled.
    ///   - cancellationGrace: How long responders may take to end once they are cancelled.
    /// - Returns: What has ended, and what has not.
    @discardableResult
    public func shutDown(
        drainDuration: Duration = .zero,
        timeout: Duration = .seconds(3),
        cancellationGrace: Duration = .seconds(1)
    ) async -> ShutdownOutcome {
        let options = ShutdownOptions(drain: drainDuration, timeout: timeout, grace: cancellationGrace)
        let task = self.state.withLock { state -> Task<ShutdownOutcome, Never>? in
            if case .stopped(let task) = state { return task }
            let task = self.makeShutdown(state).map { shutdown in Task { await shutdown.run(options) } }
            state = .stopped(task)
            return task
        }
        return await task?.value ?? ShutdownOutcome()
    }

    /// Begins to shut down, for whoever has more to do meanwhile; nothing when the server does not run.
    package func beginShutdown() -> EngineShutdown? {
        self.state.withLock { state in
            defer { state = .stopped(nil) }
            return self.makeShutdown(state)
        }
    }

    private func makeShutdown(_ state: State) -> EngineShutdown? {
        guard case .running(let listener) = state else { return nil }
        return EngineShutdown(core: self.core, listener: listener)
    }
}
