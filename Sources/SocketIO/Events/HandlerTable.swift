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
    /// An interceptor that dropped the event with this name.
    case interceptor(String)
    /// A call to enter a room that was refused.
    case join
    /// A handler that runs when a socket is about to leave its rooms.
    case disconnecting
    /// A handler that runs when a socket has left.
    case disconnect
}

/// The handlers that a namespace has.
struct Handlers: Sendable {
    var events: [String: EventHandler] = [:]
    var inbound = InboundChain()
    var outgoing = OutgoingChain()
    var reportsUnknownEvents = false
    var middlewares: [ConnectHandler] = []
    var connect: [ConnectHandler] = []
    var disconnecting: [@Sendable (Socket, DisconnectReason) throws -> Void] = []
    var disconnect: [DisconnectHandler] = []
    var error: (@Sendable (Socket, any Error, ErrorContext) -> Void)?

    /// These handlers, then those of a child, which replace what there can be only one of.
    func adding(_ own: Handlers) -> Handlers {
        var all = self
        all.events.merge(own.events) { $1 }
        all.inbound.listeners += own.inbound.listeners
        all.inbound.interceptors += own.inbound.interceptors
        all.outgoing.listeners += own.outgoing.listeners
        all.outgoing.filters += own.outgoing.filters
        all.reportsUnknownEvents = self.reportsUnknownEvents || own.reportsUnknownEvents
        all.middlewares += own.middlewares
        all.connect += own.connect
        all.disconnecting += own.disconnecting
        all.disconnect += own.disconnect
        all.error = own.error ?? self.error
        return all
    }

    /// The event handlers behind the listeners and interceptors that every event passes.
    fileprivate var interceptedEvents: [String: EventHandler] {
        self.inbound.isEmpty ? self.events : self.events.mapValues(self.inbound.leading)
    }

    /// What takes the events that have no handler; `nil` when nobody wants to know of them.
    fileprivate var fallback: EventHandler? {
        guard !self.inbound.isEmpty || self.reportsUnknownEvents else { return nil }
        return self.inbound.leading(
            to: EventHandler(body: .synchronous { $0.receiveUnhandled($1) }, order: .serial)
        )
    }
}

/// An unchanging copy of a namespace's handlers, shared by the sockets that connected while it was current.
///
/// A socket finds its handlers here without a lock.
final class HandlerTable: Sendable {
    let events: EventTable
    /// Takes the events that are not in ``events``.
    let fallback: EventHandler?
    let outgoing: OutgoingChain
    let reportsUnknownEvents: Bool
    let middlewares: [ConnectHandler]
    let connect: [ConnectHandler]
    let disconnecting: [@Sendable (Socket, DisconnectReason) throws -> Void]
    let disconnect: [DisconnectHandler]
    let error: (@Sendable (Socket, any Error, ErrorContext) -> Void)?
    /// Whether no middleware has to be awaited.
    let joinsAtOnce: Bool
    /// What the table was made from, for tables that inherit from it.
    let source: Handlers

    init(_ handlers: Handlers) {
        self.source = handlers
        // Handlers are wrapped here, once: an event finds whatever there is in front of its handler without a look.
        self.events = EventTable(handlers.interceptedEvents)
        self.fallback = handlers.fallback
        self.outgoing = handlers.outgoing
        self.reportsUnknownEvents = handlers.reportsUnknownEvents
        self.middlewares = handlers.middlewares
        self.connect = handlers.connect
        self.disconnecting = handlers.disconnecting
        self.disconnect = handlers.disconnect
        self.error = handlers.error
        self.joinsAtOnce = handlers.middlewares.allSatisfy(\.isSynchronous)
    }
}
