/// Registering handlers.
///
/// Each kind comes twice: for an ordinary closure, which runs inline on the event loop and must not block, and for an
/// `async` one, which runs on the default pool. Swift picks by what the closure does.

extension HandlerRegistry {
    // MARK: Typed events

    /// Handles an event, inline on the event loop: the handler must not block.
    ///
    /// When the client asks for an acknowledgement it gets an empty one after the handler has returned; none when the
    /// handler throws. Arguments that do not fit never reach the handler but ``onError(_:)``. A second handler for the
    /// same event replaces the first.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments.
    public func on<each Argument>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Void
    ) {
        self.handle(event.name) { [defaults = event.defaults] socket, event in
            try handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles an event on the default pool.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - order: Whether the handler waits for those of earlier events of the same socket.
    ///   - handler: Called with the socket and the arguments. Cancelled when the socket disconnects.
    public func on<each Argument>(
        _ event: Event<repeat each Argument>,
        order: DeliveryOrder = .serial,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Void
    ) {
        self.handle(event.name, order: order) { [defaults = event.defaults] socket, event in
            try await handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles an event that is acknowledged with a value, inline on the event loop: the handler must not block.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the socket and the arguments. What it returns is the acknowledgement, if the client
    ///     asks for one; when it throws there is none.
    public func on<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) throws -> Reply
    ) {
        self.handle(event.name) { [defaults = event.defaults] socket, event in
            let reply = try handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { try $0.encode(reply) }
        }
    }

    /// Handles an event that is acknowledged with a value, on the default pool.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - order: Whether the handler waits for those of earlier events of the same socket.
    ///   - handler: Called with the socket and the arguments; returns the acknowledgement. Cancelled when the socket
    ///     disconnects.
    public func on<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        order: DeliveryOrder = .serial,
        _ handler: @escaping @Sendable (Socket, repeat each Argument) async throws -> Reply
    ) {
        self.handle(event.name, order: order) { [defaults = event.defaults] socket, event in
            let reply = try await handler(socket, repeat each event.arguments.decode(defaults: defaults))
            try socket.acknowledge(event) { try $0.encode(reply) }
        }
    }

    // MARK: Untyped events

    /// Handles an event by name and acknowledges it, inline on the event loop: the handler must not block.
    ///
    /// <!-- example: given chat -->
    /// ```swift
    /// chat.acknowledge("sum") { _, arguments in
    ///     [.int(try arguments.reduce(0) { try $0 + $1.decode(as: Int64.self) })]
    /// }
    /// ```
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the socket and the arguments, however many. What it returns is the acknowledgement, if
    ///     the client asks for one; `nil` for none.
    public func acknowledge(_ name: String, _ handler: @escaping @Sendable (Socket, Arguments) throws -> [Value]?) {
        self.handle(name) { socket, event in
            guard let reply = try handler(socket, event.arguments) else { return }
            try socket.acknowledge(event) { $0.write(list: reply) }
        }
    }

    /// Handles an event by name and acknowledges it, on the default pool.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - order: Whether the handler waits for those of earlier events of the same socket.
    ///   - handler: Called with the socket and the arguments; returns the acknowledgement, or `nil` for none.
    public func acknowledge(
        _ name: String,
        order: DeliveryOrder = .serial,
        _ handler: @escaping @Sendable (Socket, Arguments) async throws -> [Value]?
    ) {
        self.handle(name, order: order) { socket, event in
            guard let reply = try await handler(socket, event.arguments) else { return }
            try socket.acknowledge(event) { $0.write(list: reply) }
        }
    }

    /// Handles an event by name, inline on the event loop: the handler must not block.
    ///
    /// When the client asks for an acknowledgement it gets an empty one after the handler has returned; none when the
    /// handler throws. To answer with values register the handler with `acknowledge`.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the socket and the arguments, however many.
    public func on(_ name: String, _ handler: @escaping @Sendable (Socket, Arguments) throws -> Void) {
        self.handle(name) { socket, event in
            try handler(socket, event.arguments)
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles an event by name, on the default pool.
    ///
    /// When the client asks for an acknowledgement it gets an empty one after the handler has returned; none when the
    /// handler throws.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - order: Whether the handler waits for those of earlier events of the same socket.
    ///   - handler: Called with the socket and the arguments, however many. Cancelled when the socket disconnects.
    public func on(
        _ name: String,
        order: DeliveryOrder = .serial,
        _ handler: @escaping @Sendable (Socket, Arguments) async throws -> Void
    ) {
        self.handle(name, order: order) { socket, event in
            try await handler(socket, event.arguments)
            try socket.acknowledge(event) { _ in }
        }
    }

    /// Handles an event by name and acknowledges it with arguments that were received, inline on the event loop.
    ///
    /// They are sent as they came, without being decoded.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the socket and the arguments; returns those to acknowledge with. It must not block.
    public func acknowledge(_ name: String, _ handler: @escaping @Sendable (Socket, Arguments) throws -> Arguments) {
        self.handle(name) { socket, event in
            let reply = try handler(socket, event.arguments)
            try socket.acknowledge(event) { reply.write(into: &$0) }
        }
    }

    /// Handles an event by name and acknowledges it with arguments that were received, on the default pool.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - order: Whether the handler waits for those of earlier events of the same socket.
    ///   - handler: Called with the socket and the arguments; returns those to acknowledge with.
    public func acknowledge(
        _ name: String,
        order: DeliveryOrder = .serial,
        _ handler: @escaping @Sendable (Socket, Arguments) async throws -> Arguments
    ) {
        self.handle(name, order: order) { socket, event in
            let reply = try await handler(socket, event.arguments)
            try socket.acknowledge(event) { reply.write(into: &$0) }
        }
    }

    func handle(_ name: String, _ body: @escaping @Sendable (Socket, IncomingEvent) throws -> Void) {
        self.register { $0.events[name] = EventHandler(body: .synchronous(body), order: .serial) }
    }

    func handle(
        _ name: String,
        order: DeliveryOrder,
        _ body: @escaping @Sendable (Socket, IncomingEvent) async throws -> Void
    ) {
        self.register { $0.events[name] = EventHandler(body: .asynchronous(body), order: order) }
    }

    // MARK: Joining and leaving

    /// Decides about clients that want to join: return to let them in, throw ``ConnectRefusal`` to refuse them.
    ///
    /// Middlewares run in the order of their registration, before the socket is connected.
    ///
    /// - Parameter middleware: Called with the socket, inline on the event loop: it must not block.
    public func use(_ middleware: @escaping @Sendable (Socket) throws -> Void) {
        self.register { $0.middlewares.append(.synchronous(middleware)) }
    }

    /// Decides about clients that want to join, on the default pool.
    ///
    /// - Parameter middleware: Called with the socket.
    public func use(_ middleware: @escaping @Sendable (Socket) async throws -> Void) {
        self.register { $0.middlewares.append(.asynchronous(middleware)) }
    }

    /// Handles sockets that have connected.
    ///
    /// Events wait until the handler has returned.
    ///
    /// - Parameter handler: Called with the socket, inline on the event loop: it must not block.
    public func onConnect(_ handler: @escaping @Sendable (Socket) throws -> Void) {
        self.register { $0.connect.append(.synchronous(handler)) }
    }

    /// Handles sockets that have connected, on the default pool.
    ///
    /// Events wait until the handler has returned.
    ///
    /// - Parameter handler: Called with the socket.
    public func onConnect(_ handler: @escaping @Sendable (Socket) async throws -> Void) {
        self.register { $0.connect.append(.asynchronous(handler)) }
    }

    /// Handles sockets that have left, after they have left their rooms.
    ///
    /// The last handler of a socket to run, but for those registered with ``DeliveryOrder/concurrent``, which may still be
    /// at work.
    ///
    /// - Parameter handler: Called with the socket and the reason; it must not block.
    public func onDisconnect(_ handler: @escaping @Sendable (Socket, DisconnectReason) throws -> Void) {
        self.register { $0.disconnect.append(.synchronous(handler)) }
    }

    /// Handles sockets that have left, on the default pool.
    ///
    /// - Parameter handler: Called with the socket and the reason.
    public func onDisconnect(_ handler: @escaping @Sendable (Socket, DisconnectReason) async throws -> Void) {
        self.register { $0.disconnect.append(.asynchronous(handler)) }
    }

    /// Receives what handlers and middlewares throw, and events whose arguments do not fit.
    ///
    /// By default it is logged. What a handler throws because it was cancelled when its socket left is not an error.
    ///
    /// - Parameter handler: Called with the socket, the error and where it came from; it must not block.
    public func onError(_ handler: @escaping @Sendable (Socket, any Error, ErrorContext) -> Void) {
        self.register { $0.error = handler }
    }
}

extension Socket {
    /// Acknowledges an event if the client asked for it.
    func acknowledge(_ event: IncomingEvent, _ body: (inout JSONWriter) throws -> Void) throws {
        guard let id = event.ackID else { return }
        try self.sendAck(id, body)
    }
}

extension JSONWriter {
    /// Writes values separated by commas.
    mutating func write(list values: [Value]) {
        for (index, value) in values.enumerated() {
            if index > 0 { self.write(punctuation: UInt8(ascii: ",")) }
            self.write(value)
        }
    }
}
