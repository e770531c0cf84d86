/// The server: binds a port, serves its connections, and shuts down without losing what was said.
public import Logging
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
        case stopped
    }

    private let core: EngineCore
    private let threads: Int?
    private let state = Mutex(State.idle)

    /// Creates a server; ``bind(host:port:)`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: Times, limits, path and policies.
    ///   - threads: The number of event loops; `nil` for one a core.
    ///   - logger: Where the server logs.
    ///   - responder: Answers requests outside the path; by default all are answered 404.
    ///   - makeHandler: Makes the handler of each new session.
    /// - Throws: ``EngineIOError`` when a value of the configuration makes no sense.
    public convenience init(
        configuration: EngineIOConfiguration = EngineIOConfiguration(),
        threads: Int? = nil,
        logger: Logger,
        responder: @escaping HTTPResponder = ApplicationResponse.notFound,
        makeHandler: @escaping @Sendable () -> any SessionHandler
    ) throws(EngineIOError) {
        try self.init(
            configuration: configuration,
            threads: threads,
            logger: logger,
            time: TimeSource(),
            responder: responder,
            makeHandler: makeHandler
        )
    }

    /// Creates a server with a source of time of its own.
    package init(
        configuration: EngineIOConfiguration,
        threads: Int?,
        logger: Logger,
        time: TimeSource,
        responder: @escaping HTTPResponder,
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
            time: time,
            responder: responder,
            makeHandler: makeHandler
        )
    }

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
                await self.stop(listener, timeout: .zero)
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
            return true
        }
    }

    /// Stops to listen, closes all sessions and waits for their connections to end.
    ///
    /// What waits in the outboxes is sent first. Sessions are told ``CloseReason/serverShuttingDown``. A server that is
    /// still starting, or has not been started, does not start any more.
    ///
    /// - Parameter timeout: How long to wait before connections are cut.
    public func shutDown(timeout: Duration = .seconds(3)) async {
        let listener = self.state.withLock { state -> Listener? in
            defer { state = .stopped }
            guard case .running(let listener) = state else { return nil }
            return listener
        }
        if let listener { await self.stop(listener, timeout: timeout) }
    }

    private func stop(_ listener: Listener, timeout: Duration) async {
        let drained = await listener.stopAccepting()
        for session in self.core.environment.registry.close() {
            session.close(reason: .serverShuttingDown, mode: .drain)
        }
        await listener.finish(after: drained, timeout: timeout)
    }
}
