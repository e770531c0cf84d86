/// The handlers of a namespace, as they were when a socket connected.

/// In which order an event's handler runs.
public enum DeliveryOrder: Sendable, Hashable {
    /// After the handlers of all events that the socket has received before. The default.
    case serial
    /// As soon as the connect handlers have returned, beside other handlers of the socket. Only asynchronous handlers
    /// differ.
    case concurrent
}

/// What runs when an event arrives: inline on the event loop, or on the default pool.
struct EventHandler: Sendable {
    enum Body: Sendable {
        case synchronous(@Sendable (Socket, IncomingEvent) throws -> Void)
        case asynchronous(@Sendable (Socket, IncomingEvent) async throws -> Void)
    }

    var body: Body
    var order: DeliveryOrder

    /// Whether the handler runs beside others.
    var isConcurrent: Bool {
        if case .asynchronous = self.body { self.order == .concurrent } else { false }
    }
}

/// What runs when a socket connects, or may not.
enum ConnectHandler: Sendable {
    case synchronous(@Sendable (Socket) throws -> Void)
    case asynchronous(@Sendable (Socket) async throws -> Void)

    var isSynchronous: Bool {
        if case .synchronous = self { true } else { false }
    }
}

/// What runs when a socket has left.
enum DisconnectHandler: Sendable {
    case synchronous(@Sendable (Socket, DisconnectReason) throws -> Void)
    case asynchronous(@Sendable (Socket, DisconnectReason) async throws -> Void)

    var isSynchronous: Bool {
        if case .synchronous = self { true } else { false }
    }
}

/// Where an error came from.
public enum ErrorContext: Sendable {
    /// A handler of the event with this name, or the decoding of its arguments.
    case event(String)
    /// A handler that runs when a socket connects.
    case connect
    /// A middleware; the client was refused without the details.
    case middleware
    /// A handler that runs when a socket has left.
    case disconnect
}

/// The handlers that a namespace has.
struct Handlers: Sendable {
    var events: [String: EventHandler] = [:]
    var middlewares: [ConnectHandler] = []
    var connect: [ConnectHandler] = []
    var disconnect: [DisconnectHandler] = []
    var error: (@Sendable (Socket, any Error, ErrorContext) -> Void)?
}

/// An unchanging copy of a namespace's handlers, shared by the sockets that connected while it was current.
///
/// A socket finds its handlers here without a lock.
final class HandlerTable: Sendable {
    let events: EventTable
    let middlewares: [ConnectHandler]
    let connect: [ConnectHandler]
    let disconnect: [DisconnectHandler]
    let error: (@Sendable (Socket, any Error, ErrorContext) -> Void)?
    /// Whether no middleware has to be awaited.
    let joinsAtOnce: Bool

    init(_ handlers: Handlers) {
        self.events = EventTable(handlers.events)
        self.middlewares = handlers.middlewares
        self.connect = handlers.connect
        self.disconnect = handlers.disconnect
        self.error = handlers.error
        self.joinsAtOnce = handlers.middlewares.allSatisfy(\.isSynchronous)
    }
}
