/// A channel that many sockets share: its handlers, its sockets and its rooms.
internal import EngineIO
internal import Logging
internal import Synchronization

/// A named part of the server with its own handlers, sockets and rooms.
///
/// Handlers are registered here once, not with each socket: sockets share one table, which each takes as it is when its
/// client connects. A handler registered later is for the sockets that connect later.
public final class Namespace: Sendable {
    private struct State {
        var handlers = Handlers()
        var table: HandlerTable?
    }

    /// The namespace's name, with its leading slash.
    public let name: String

    /// Keeps the namespace's rooms.
    public let adapter: any Adapter

    let environment: ServerEnvironment
    let serverSideHandlers = ServerSideHandlers()
    private let state = Mutex(State())
    let logRate = Mutex(LogRate())
    private let ackCounter = Atomic<UInt64>(0)

    init(name: String, adapter: any Adapter, environment: ServerEnvironment) {
        self.name = name
        self.adapter = adapter
        self.environment = environment
        adapter.attached(to: self)
    }

    /// Changes the handlers.
    func register(_ change: (inout Handlers) -> Void) {
        self.state.withLock { state in
            change(&state.handlers)
            state.table = nil
        }
    }

    /// The handlers as they are now.
    func handlerTable() -> HandlerTable {
        self.state.withLock { state in
            if let table = state.table { return table }
            let table = HandlerTable(state.handlers)
            state.table = table
            return table
        }
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
            metadata: ["socketio.namespace": "\(self.name)", "socketio.event": "\(Excerpt.quoted(event.utf8))"]
        )
    }

    func log(_ error: any Error, of socket: Socket, in context: ErrorContext) {
        guard let omitted = self.logRate.withLock({ $0.admit(at: .now) }) else { return }
        self.environment.logger.warning(
            (error as? SocketIOError)?.code == .invalidArguments ? "event does not fit its handler" : "handler failed",
            metadata: [
                "socketio.namespace": "\(self.name)", "socketio.socket": "\(socket.id)",
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
        case .disconnect: "disconnect"
        }
    }
}
