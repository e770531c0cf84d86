/// The server: its namespaces and its life.
public import EngineIO
public import Logging
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// A Socket.IO server, protocol 5.
///
/// ```swift
/// let server = try SocketIOServer(logger: Logger(label: "chat"))
/// let chat = server.namespace("/")
/// chat.on(Event<String>("message")) { socket, text in
///     try socket.broadcast.emit(Event<String>("message"), text)
/// }
/// try await server.run()
/// ```
/// It is a `Service`: in a `ServiceGroup` it ends gracefully on the group's signals.
public final class SocketIOServer: Service {
    private enum Phase {
        case idle
        /// Started, or about to.
        case started
        case stopped
    }

    private struct State {
        var phase = Phase.idle
        var engine: EngineIOServer?
        var boundPort: Int?
        var shutdown: Task<Void, Never>?
    }

    /// The configuration, which does not change.
    public let configuration: SocketIOConfiguration

    let environment: ServerEnvironment
    let directory = NamespaceDirectory()
    private let responder: HTTPResponder
    private let makeAdapter: @Sendable (_ namespace: String) -> any Adapter
    private let state = Mutex(State())

    /// Creates a server; ``run()`` or ``start()`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: Address, times, limits and policies.
    ///   - logger: Where the server logs.
    ///   - responder: Answers HTTP requests outside the path; by default all are answered 404.
    ///   - makeAdapter: Makes the adapter of each namespace; by default ``InMemoryAdapter``.
    /// - Throws: ``SocketIOError`` when a value of the configuration makes no sense.
    public init(
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        logger: Logger,
        responder: @escaping HTTPResponder = ApplicationResponse.notFound,
        makeAdapter: @escaping @Sendable (_ namespace: String) -> any Adapter = { _ in InMemoryAdapter() }
    ) throws(SocketIOError) {
        try configuration.validate()
        self.configuration = configuration
        self.environment = ServerEnvironment(configuration: configuration, logger: logger)
        self.responder = responder
        self.makeAdapter = makeAdapter
        // Clients may always join `/`, as with every other server.
        _ = self.namespace("/")
    }

    /// The namespace with this name; made when there is none.
    ///
    /// When the server runs already the new adapter is started beside, and an error of it is logged.
    ///
    /// - Parameter name: The name; a missing leading slash is added.
    /// - Returns: The namespace.
    public func namespace(_ name: String) -> Namespace {
        let name = name.hasPrefix("/") ? name : "/" + name
        if let namespace = self.directory.namespace(name) { return namespace }
        // The application makes the adapter, so no lock is held; of two that are made at once one stays.
        let match = self.patternMatch(name)
        let made = self.makeNamespace(name, inheritingFrom: match?.parent, match?.parameters ?? NamespaceParameters())
        if case .existing(let namespace) = self.insert(made, childOf: match?.parent, limit: nil) { return namespace }
        return made
    }

    func makeNamespace(
        _ name: String,
        inheritingFrom parent: DynamicNamespace?,
        _ parameters: NamespaceParameters,
        isRemovable: Bool = false
    ) -> Namespace {
        Namespace(
            name: name,
            adapter: self.makeAdapter(name),
            environment: self.environment,
            handlers: HandlerSet(inheritingFrom: parent?.handlers),
            parameters: parameters,
            isRemovable: isRemovable
        )
    }

    /// Puts a namespace among the others, starts its adapter when the server runs, and tells of it.
    func insert(
        _ namespace: Namespace,
        childOf parent: DynamicNamespace?,
        limit: Int?
    ) -> NamespaceDirectory.Insertion {
        let insertion = self.directory.insert(namespace, childOf: parent, limit: limit)
        guard case .inserted(let mustStart, let hooks) = insertion else { return insertion }
        if mustStart { self.startLate(namespace) }
        for hook in hooks { hook(namespace) }
        if !hooks.isEmpty { self.directory.opened(namespace) }
        return insertion
    }

    private func startLate(_ namespace: Namespace) {
        let environment = self.environment
        environment.tasks.started()
        Task {
            do {
                try await namespace.adapter.start()
            } catch {
                environment.logger.error(
                    "adapter did not start",
                    metadata: ["socketio.namespace": "\(namespace.name)", "error": "\(error)"]
                )
            }
            environment.tasks.finished()
        }
    }

    /// The port in use, once the server has started.
    public var port: Int? { self.state.withLock { $0.boundPort } }

    // MARK: Life

    /// Starts the server and serves until the task is cancelled or a graceful shutdown is asked for.
    ///
    /// - Throws: ``SocketIOError`` with the code `cannotBind`, `alreadyRunning` or `shutDown`, or what an adapter's start
    ///   throws.
    public func run() async throws {
        try await self.start()
        try? await gracefulShutdown()
        await self.shutDown()
    }

    /// Starts the server and returns when it listens.
    ///
    /// - Returns: The port in use.
    /// - Throws: ``SocketIOError`` with the code `cannotBind`, `alreadyRunning` or `shutDown`, or what an adapter's start
    ///   throws. Adapters that had started are closed then.
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
        let namespaces = self.directory.start()
        var started: [any Adapter] = []
        do {
            for namespace in namespaces {
                try await namespace.adapter.start()
                started.append(namespace.adapter)
            }
            return try await self.listen(begin)
        } catch {
            for adapter in started { await adapter.close() }
            throw error
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
                time: self.environment.time,
                responder: self.responder,
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

    /// Stops the server: sockets are told, connections end, handlers finish.
    ///
    /// Connections and handlers that have not ended within ``SocketIOConfiguration/shutdownTimeout`` are left behind. A
    /// server that has not started yet does not start any more: its ``start()`` throws.
    ///
    /// A second call waits for the first. It goes on when the task that asked for it is cancelled.
    public func shutDown() async {
        let task = self.state.withLock { state -> Task<Void, Never>? in
            state.phase = .stopped
            if state.shutdown == nil, let engine = state.engine.take() {
                state.shutdown = Task { await self.stop(engine) }
            }
            return state.shutdown
        }
        await task?.value
    }

    private func stop(_ engine: EngineIOServer) async {
        let deadline = self.environment.time.now + TimeAmount(self.configuration.shutdownTimeout)
        await engine.shutDown(timeout: self.configuration.shutdownTimeout)
        await self.waitForHandlers(until: deadline)
        for namespace in self.directory.all { await namespace.adapter.close() }
        self.environment.logger.info("stopped")
    }

    private func waitForHandlers(until deadline: NIODeadline) async {
        let (tasks, time) = (self.environment.tasks, self.environment.time)
        let once = OneShot()
        await withCheckedContinuation { continuation in
            once.arm(continuation)
            let remaining = (deadline - time.now).nanoseconds
            let alarm = time.after(.nanoseconds(remaining)) { once.fire() }
            Task {
                await tasks.waitUntilIdle()
                alarm.cancel()
                once.fire()
            }
        }
    }
}

/// Resumes a continuation with the first of several callers.
private final class OneShot: Sendable {
    private let continuation = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func arm(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    func fire() {
        self.continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume()
    }
}
