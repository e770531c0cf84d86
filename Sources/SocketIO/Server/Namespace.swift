/// A channel that many sockets share: its handlers, its sockets and its rooms.
internal import EngineIO
internal import Logging
internal import Synchronization

/// A named part of the server with its own handlers, sockets and rooms.
///
/// Handlers are registered here once, not with each socket: sockets share one table, which each takes as it is when its
/// client connects. A handler registered later is for the sockets that connect later.
public final class Namespace: HandlerRegistry {
    /// The namespace's name, with its leading slash.
    public let name: String

    /// Keeps the namespace's rooms.
    public let adapter: any Adapter

    /// Keeps the namespace's handlers.
    public let handlers: HandlerSet

    /// The parameters in the namespace's name, when a pattern of a ``DynamicNamespace`` matched it.
    public let parameters: NamespaceParameters

    /// Whether the namespace goes with its last socket.
    let isRemovable: Bool
    /// Starts and closes the adapter.
    let adapterLife: AdapterLife
    /// Keeps what sockets that come back need; absent unless the configuration asks for it.
    let recovery: RecoveryStore?
    let environment: ServerEnvironment
    let serverSideHandlers = ServerSideHandlers()
    let logRate = Mutex(LogRate())
    private let ackCounter = Atomic<UInt64>(0)

    init(
        name: String,
        adapter: any Adapter,
        environment: ServerEnvironment,
        handlers: HandlerSet = HandlerSet(),
        parameters: NamespaceParameters = NamespaceParameters(),
        isRemovable: Bool = false
    ) {
        self.name = name
        self.adapter = adapter
        self.adapterLife = AdapterLife(of: adapter)
        self.environment = environment
        self.handlers = handlers
        self.parameters = parameters
        self.isRemovable = isRemovable
        self.recovery = adapter.recoversConnections ? RecoveryStore(environment) : nil
        adapter.attached(to: self)
    }

    /// The next id for an event that wants an acknowledgement.
    ///
    /// The counter belongs to the namespace, as in Node.
    func nextAckID() -> UInt64 {
        self.ackCounter.wrappingAdd(1, ordering: .relaxed).oldValue
    }

    // MARK: Logging

    func logUnknown(event: String, of socket: Socket) {
        self.environment.logger.debug(
            "event without a handler",
            metadata: [
                "socketio.namespace": "\(Excerpt.quoted(self.name.utf8))",
                "socketio.event": "\(Excerpt.quoted(event.utf8))",
            ]
        )
    }

    private static func logMessage(for error: any Error) -> Logger.Message {
        switch error {
        case is EventRefusal: "event refused"
        case let error as SocketIOError where error.code == .invalidArguments: "event does not fit its handler"
        case let error as SocketIOError where error.code == .unknownEvent: "event without a handler"
        case let error as SocketIOError where error.code == .roomRefused: "room refused"
        default: "handler failed"
        }
    }

    func log(_ error: any Error, of socket: Socket, in context: ErrorContext) {
        let now = self.environment.time.now
        guard let omitted = self.logRate.withLock({ $0.admit(at: now) }) else { return }
        self.environment.logger.warning(
            Self.logMessage(for: error),
            metadata: [
                "socketio.namespace": "\(Excerpt.quoted(self.name.utf8))", "socketio.socket": "\(socket.idForLogs)",
                "socketio.context": "\(context)", "socketio.omitted": "\(omitted)", "error": "\(error)",
            ]
        )
    }
}

extension ErrorContext: CustomStringConvertible {
    /// Where the error came from, as logs show it.
    public var description: String {
        switch self {
        case .event(let name): "event \(Excerpt.quoted(name.utf8))"
        case .connect: "connect"
        case .middleware: "middleware"
        case .interceptor(let name): "interceptor of \(Excerpt.quoted(name.utf8))"
        case .join: "join"
        case .disconnecting: "disconnecting"
        case .disconnect: "disconnect"
        }
    }
}
