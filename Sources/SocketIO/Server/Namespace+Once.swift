/// Handlers that run once, handlers that go again, and the event called `message`.

extension HandlerRegistry {
    // MARK: Once

    /// Handles the first such event of each socket, inline on the event loop: the handler must not block.
    ///
    /// Later ones of the same socket count as events without a handler: no acknowledgement is sent. The handler takes
    /// the place of one registered with `on`, and the other way round.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments.
    public func once<each Argument>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Void
    ) {
        let token = OnceToken()
        self.handle(event.name) { [defaults = event.defaults] socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            try handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles the first such event of each socket, on the default pool.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments. Cancelled when the socket disconnects.
    public func once<each Argument>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Void
    ) {
        let token = OnceToken()
        self.handle(event.name, order: .serial) { [defaults = event.defaults] socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            try await handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles the first such event of each socket and acknowledges it with a value, inline on the event loop: the handler
    /// must not block.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments. What it returns is the acknowledgement, if the client
    ///     asks for one; when it throws there is none.
    public func once<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Reply
    ) {
        let token = OnceToken()
        self.handle(event.name) { [defaults = event.defaults] socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            let reply = try handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { try $0.encode(reply) }
        }
    }

    /// Handles the first such event of each socket and acknowledges it with a value, on the default pool.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments; returns the acknowledgement. Cancelled when the socket
    ///     disconnects.
    public func once<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
    ) {
        let token = OnceToken()
        self.handle(event.name, order: .serial) { [defaults = event.defaults] socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            let reply = try await handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { try $0.encode(reply) }
        }
    }

    /// Handles the first event with this name of each socket, inline on the event loop: the handler must not block.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the socket and the arguments, however many.
    public func once(_ name: String, _ handler: @escaping @Sendable (Socket, Arguments) throws -> Void) {
        let token = OnceToken()
        self.handle(name) { socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            try handler(socket, event.arguments)
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles the first event with this name of each socket, on the default pool.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the socket and the arguments. Cancelled when the socket disconnects.
    public func once(_ name: String, _ handler: @escaping @Sendable (Socket, Arguments) async throws -> Void) {
        let token = OnceToken()
        self.handle(name, order: .serial) { socket, event in
            guard socket.spend(token) else { return socket.receiveUnhandled(event) }
            try await handler(socket, event.arguments)
            try socket.acknowledge(event) { _ in }
        }
    }

    // MARK: Off

    /// Removes the handler of an event, for the sockets that connect from now on.
    ///
    /// A child of a ``DynamicNamespace`` keeps what it inherits.
    ///
    /// - Parameter name: The event's name.
    public func off(_ name: String) {
        self.register { $0.events[name] = nil }
    }

    /// Removes the handler of an event, for the sockets that connect from now on.
    ///
    /// - Parameter event: The event.
    public func off<each Argument>(_ event: Event<repeat each Argument>) {
        self.off(event.name)
    }

    /// Removes the handler of an event that is acknowledged, for the sockets that connect from now on.
    ///
    /// - Parameter event: The event.
    public func off<Reply, each Argument>(_ event: AckEvent<Reply, repeat each Argument>) {
        self.off(event.name)
    }

    // MARK: Messages

    /// Handles the event `message`, which clients emit with `send`; inline on the event loop, so it must not block.
    ///
    /// - Parameter handler: Called with the socket and the arguments, however many.
    public func onMessage(_ handler: @escaping @Sendable (Socket, Arguments) throws -> Void) {
        self.on(MessageEvent.name, handler)
    }

    /// Handles the event `message`, which clients emit with `send`, on the default pool.
    ///
    /// - Parameter handler: Called with the socket and the arguments. Cancelled when the socket disconnects.
    public func onMessage(_ handler: @escaping @Sendable (Socket, Arguments) async throws -> Void) {
        self.on(MessageEvent.name, order: .serial, handler)
    }

    // MARK: Leaving

    /// Tells of sockets that are about to leave, while their rooms are still known.
    ///
    /// It runs at once, in the middle of leaving and also beside a handler of the socket that is still at work; the
    /// socket is not connected any more and gets nothing, while what it broadcasts reaches the others. Then the socket
    /// leaves its rooms, and `onDisconnect` follows in its turn.
    ///
    /// - Parameter handler: Called with the socket and the reason; it must not block.
    public func onDisconnecting(_ handler: @escaping @Sendable (Socket, DisconnectReason) throws -> Void) {
        self.register { $0.disconnecting.append(handler) }
    }
}

/// The event that `send` stands for, in every Socket.IO library.
enum MessageEvent {
    static let name = "message"
}

extension EventTarget {
    /// Emits the event `message`, as `send` does in every Socket.IO library.
    ///
    /// - Parameter arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed`.
    public func send<each Argument: Codable & Sendable>(_ arguments: repeat each Argument) throws(SocketIOError) {
        try self.emit(Event<repeat each Argument>(MessageEvent.name), repeat each arguments)
    }
}
