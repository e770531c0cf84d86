/// The server: what it is made of, and its namespaces.
public import EngineIO
public import Logging
public import Metrics
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
/// It is a `Service`: in a `ServiceGroup` it ends gracefully on the group's signals; see ``run()``.
public final class SocketIOServer: Service {
    /// The configuration, which does not change.
    public let configuration: SocketIOConfiguration

    let environment: ServerEnvironment
    let directory = NamespaceDirectory()
    let responder: HTTPResponder
    private let makeAdapter: @Sendable (_ namespace: String) -> any Adapter
    let state = Mutex(State())

    /// Creates a server; ``run()`` or ``start()`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: Address, times, limits and policies.
    ///   - logger: Where the server logs.
    ///   - metrics: Where the server's metrics go; by default where `MetricsSystem` was told to send them.
    ///   - responder: Answers HTTP requests outside the path; by default all are answered 404.
    ///   - makeAdapter: Makes the adapter of each namespace; by default ``InMemoryAdapter``.
    /// - Throws: ``SocketIOError`` when a value of the configuration makes no sense.
    public init(
        configuration: SocketIOConfiguration = SocketIOConfiguration(),
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory,
        responder: @escaping HTTPResponder = ApplicationResponse.notFound,
        makeAdapter: @escaping @Sendable (_ namespace: String) -> any Adapter = { _ in InMemoryAdapter() }
    ) throws(SocketIOError) {
        try configuration.validate()
        var configuration = configuration
        if let folder = configuration.clientFolder { configuration.engine.files = try ClientFiles.load(folder: folder) }
        self.configuration = configuration
        self.environment = ServerEnvironment(configuration: configuration, logger: logger, metrics: metrics)
        self.responder = responder
        self.makeAdapter = makeAdapter
        // Clients may always join `/`, as with every other server.
        _ = self.namespace("/")
    }

    /// The namespace with this name; made when there is none.
    ///
    /// One that a client had made stays from then on, whatever
    /// ``SocketIOConfiguration/removesEmptyNamespaces`` says.
    /// When the server runs already the new adapter is started beside, and an error of it is logged.
    ///
    /// - Parameter name: The name; a missing leading slash is added.
    /// - Returns: The namespace.
    public func namespace(_ name: String) -> Namespace {
        // By bytes: a mark may follow the slash, and be one character with it.
        let name = name.utf8.first == UInt8(ascii: "/") ? name : "/" + name
        if let namespace = self.directory.pinned(name) { return namespace }
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
        environment.tasks.run {
            do {
                try await namespace.adapterLife.start()
            } catch {
                environment.logger.error(
                    "adapter did not start",
                    metadata: ["socketio.namespace": "\(Excerpt.quoted(namespace.name.utf8))", "error": "\(error)"]
                )
            }
        }
    }
}
