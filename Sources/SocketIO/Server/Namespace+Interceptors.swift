/// Registering what looks at all events: catch-all listeners and interceptors.

extension HandlerRegistry {
    // MARK: Catch-all listeners

    /// Listens to every event that is received, also those without a handler.
    ///
    /// Listeners come first, in the order of their registration, then the interceptors, then the handler. They run when
    /// the event's turn has come, on whatever thread its handler runs.
    ///
    /// - Parameter listener: Called with the socket and the event; it must not block. What it throws goes to
    ///   ``onError(_:)`` and changes nothing else.
    public func onAny(_ listener: @escaping @Sendable (Socket, AnyEvent) throws -> Void) {
        self.register { $0.inbound.listeners.append(listener) }
    }

    /// Listens to every event that is sent to a socket: once for each receiver of a broadcast, as in Node.
    ///
    /// Acknowledgements are no events. A listener that emits is called for that event too.
    ///
    /// - Parameter listener: Called with the receiver and the event, on the thread that emits; it must not block.
    public func onAnyOutgoing(_ listener: @escaping @Sendable (Socket, AnyEvent) -> Void) {
        self.register { $0.outgoing.listeners.append(listener) }
    }

    /// Removes the listeners of ``onAny(_:)``, for the sockets that connect from now on.
    public func offAny() {
        self.register { $0.inbound.listeners = [] }
    }

    /// Removes the listeners of ``onAnyOutgoing(_:)``, for the sockets that connect from now on.
    public func offAnyOutgoing() {
        self.register { $0.outgoing.listeners = [] }
    }

    // MARK: Interceptors

    /// Looks at every event that is received, before its handler: return to let it pass, throw to drop it.
    ///
    /// What is thrown goes to ``onError(_:)`` with ``ErrorContext/interceptor(_:)``; later interceptors and the handler
    /// are not called. A client that asked for an acknowledgement gets none, unless an ``EventRefusal`` brings one.
    ///
    /// - Parameter interceptor: Called with the socket and the event, inline on the event loop: it must not block.
    public func intercept(_ interceptor: @escaping @Sendable (Socket, AnyEvent) throws -> Void) {
        self.register { $0.inbound.interceptors.append(.synchronous(interceptor)) }
    }

    /// Looks at every event that is received, on the default pool.
    ///
    /// All handlers run on the default pool then, behind it; the order of events stays.
    ///
    /// - Parameter interceptor: Called with the socket and the event. Cancelled when the socket disconnects.
    public func intercept(_ interceptor: @escaping @Sendable (Socket, AnyEvent) async throws -> Void) {
        self.register { $0.inbound.interceptors.append(.asynchronous(interceptor)) }
    }

    /// Looks at every event before it is sent to a socket, and may drop it for this socket.
    ///
    /// A broadcast is looked at once for each receiver. An event dropped whose acknowledgement is awaited ends the wait
    /// with ``SocketIOError/Code/eventDropped``.
    ///
    /// - Parameter filter: Called with the receiver and the event, on the thread that emits; it must not block. The
    ///   event is dropped when it returns `false`.
    public func interceptOutgoing(_ filter: @escaping @Sendable (Socket, AnyEvent) -> Bool) {
        self.register { $0.outgoing.filters.append(filter) }
    }

    // MARK: What nobody handles

    /// Reports events without a handler to ``onError(_:)``, with ``SocketIOError/Code/unknownEvent``.
    ///
    /// By default they are only logged, at debug level: any client can send as many of them as it likes.
    public func reportUnknownEvents() {
        self.register { $0.reportsUnknownEvents = true }
    }
}
