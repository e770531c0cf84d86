/// Talking to the same namespace of other servers.
internal import EngineIO
internal import Logging

extension Namespace {
    // MARK: Emitting

    /// Emits an event to the other servers of the cluster.
    ///
    /// Clients do not get it, and neither does this server. A server that is alone sends it to nobody.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`.
    public func serverSideEmit<each Argument>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) throws(SocketIOError) {
        self.adapter.serverSideEmit(try ServerSideEvent(encoding: event.name, repeat each arguments))
    }

    /// Emits an event by name to the other servers of the cluster.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `reservedEventName`.
    public func serverSideEmit(_ name: String, _ arguments: Value...) throws(SocketIOError) {
        self.adapter.serverSideEmit(try ServerSideEvent(encoding: name, values: arguments))
    }

    /// Emits an event to the other servers of the cluster and waits for their acknowledgements.
    ///
    /// A server that is alone gets an empty list at once.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    ///   - timeout: How long to wait; 5 s by default, as in Node.
    /// - Returns: One reply for each server that has answered in time.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed`, `reservedEventName` or `invalidAcknowledgement`, or what
    ///   keeps the adapter from reaching the others.
    public func serverSideEmitWithAck<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration = .seconds(5)
    ) async throws -> ServerSideReplies<Reply> {
        let encoded = try ServerSideEvent(encoding: event.name, repeat each arguments)
        let answers = try await self.adapter.serverSideEmitWithAck(encoded, timeout: timeout)
        return ServerSideReplies(
            replies: try answers.answers.map { try event.decodeReply(Arguments($0)) },
            missingServers: answers.missingServers
        )
    }

    // MARK: Handling

    /// Handles an event of another server.
    ///
    /// When the other server asks for an acknowledgement it gets `null` after the handler has returned. A second handler
    /// for the same event replaces the first. What a handler throws is logged.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the namespace and the arguments, on the default pool.
    public func onServerSideEvent<each Argument>(
        _ event: Event<repeat each Argument>,
        _ handler: @escaping @Sendable (Namespace, repeat each Argument) async throws -> Void
    ) {
        self.serverSideHandlers.register(event.name) { namespace, event in
            try await handler(namespace, repeat each event.decode(as: repeat (each Argument).self))
            return .null
        }
    }

    /// Handles an event of another server and acknowledges it.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - handler: Called with the namespace and the arguments, on the default pool; what it returns is the
    ///     acknowledgement, if the other server asks for one.
    public func onServerSideEvent<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ handler: @escaping @Sendable (Namespace, repeat each Argument) async throws -> Reply
    ) {
        self.serverSideHandlers.register(event.name) { namespace, event in
            try EncodedValue(await handler(namespace, repeat each event.decode(as: repeat (each Argument).self)))
        }
    }

    /// Handles an event of another server by name, and acknowledges it.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - handler: Called with the namespace and the arguments, however many, on the default pool; returns the
    ///     acknowledgement, or `nil` for none.
    public func onServerSideEvent(
        _ name: String,
        _ handler: @escaping @Sendable (Namespace, [EncodedValue]) async throws -> Value?
    ) {
        self.serverSideHandlers.register(name) { namespace, event in
            try await handler(namespace, event.arguments).map { try EncodedValue($0) }
        }
    }

    /// Handles an event that another server has sent: what an adapter calls.
    ///
    /// - Parameter event: The event.
    /// - Returns: The acknowledgement to send back if the other server asks for one; `nil` when there is no handler, or it
    ///   has thrown: the other server waits in vain then, as in Node.
    public func receive(_ event: ServerSideEvent) async -> EncodedValue? {
        guard let handler = self.serverSideHandlers.handler(for: event.name) else { return nil }
        do {
            return try await handler(self, event)
        } catch {
            self.environment.logger.warning(
                "handler of a server-side event failed",
                metadata: [
                    "socketio.namespace": "\(Excerpt.quoted(self.name.utf8))",
                    "socketio.event": "\(Excerpt.quoted(event.name.utf8))",
                    "error": "\(error)",
                ]
            )
            return nil
        }
    }
}
