/// Acknowledgements, both ways.
internal import EngineIO
internal import NIOCore
internal import Synchronization

extension Socket {
    /// Emits an event and waits for the client's acknowledgement.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    ///   - timeout: How long to wait; by default ``SocketIOConfiguration/acknowledgementTimeout``.
    /// - Returns: The first argument of the acknowledgement.
    /// - Throws: ``SocketIOError`` with one of the codes `acknowledgementTimeout`, `disconnected`, `cancelled`,
    ///   `encodingFailed`, `reservedEventName`, `invalidAcknowledgement`, `eventDropped`, or `limitReached` when
    ///   ``SocketIOConfiguration/Limits/acknowledgementsPerSocket`` are awaited already.
    public func emitWithAck<Reply, each Argument>(
        _ event: AckEvent<Reply, repeat each Argument>,
        _ arguments: repeat each Argument,
        timeout: Duration? = nil
    ) async throws(SocketIOError) -> Reply {
        let encoded = try EncodedEvent(event.name, in: self.namespace, repeat each arguments)
        let answer = try await self.awaitAck(encoded, timeout: timeout)
        return try event.decodeReply(answer)
    }

    /// Emits an event by name and waits for the client's acknowledgement.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    ///   - timeout: How long to wait; by default ``SocketIOConfiguration/acknowledgementTimeout``.
    /// - Returns: The arguments of the acknowledgement.
    /// - Throws: ``SocketIOError`` as the typed form does.
    public func emitWithAck(
        _ name: String,
        _ arguments: [Value] = [],
        timeout: Duration? = nil
    ) async throws(SocketIOError) -> Arguments {
        try await self.awaitAck(EncodedEvent(name, in: self.namespace, values: arguments), timeout: timeout)
    }

    private func awaitAck(_ event: consuming EncodedEvent, timeout: Duration?) async throws(SocketIOError) -> Arguments
    {
        if self.namespace.handlers.observesOutgoing, !self.admitsOutgoing(event.observed(wantsAcknowledgement: true)) {
            throw SocketIOError(.eventDropped, "an outgoing interceptor dropped the event")
        }
        let pending = PendingAck(id: self.namespace.nextAckID(), socket: self)
        switch self.register(pending, forAck: pending.id) {
        case .registered: break
        case .left: throw SocketIOError(.disconnected, "socket has been disconnected")
        case .tooMany: throw self.tooManyAcks
        }
        let unit = event.packet.finished(type: .event, id: pending.id)
        let session = self.session
        let outcome = await withTaskCancellationHandler {
            await pending.wait(timeout: timeout ?? self.namespace.environment.configuration.acknowledgementTimeout) {
                session.send(unit)
            }
        } onCancel: {
            self.forgetAck(pending.id)
            pending.resolve(.failure(SocketIOError(.cancelled, "the wait for an acknowledgement was cancelled")))
        }
        return try outcome.get()
    }

    /// Has an answer, or the socket's end, reported.
    ///
    /// Nothing is reported unless it is registered.
    func register(_ receiver: any AckReceiver, forAck id: UInt64) -> AckRegistration {
        let limit = self.namespace.environment.configuration.limits.acknowledgementsPerSocket
        let registration = self.state.withLock { state -> AckRegistration in
            guard state.phase != .disconnected else { return .left }
            guard state.acks.count < limit else { return .tooMany }
            state.acks[id] = receiver
            return .registered
        }
        if registration == .tooMany { self.connection.report(.acknowledgementsPerSocket, on: self.session) }
        return registration
    }

    /// The client leaves too much unanswered.
    var tooManyAcks: SocketIOError {
        let limit = self.namespace.environment.configuration.limits.acknowledgementsPerSocket
        return SocketIOError(.limitReached, "expected at most \(limit) acknowledgements awaited, found another")
    }

    /// The wait is over without an answer.
    func forgetAck(_ id: UInt64) {
        _ = self.state.withLock { $0.acks.removeValue(forKey: id) }
    }

    /// An acknowledgement arrived.
    ///
    /// It bypasses the inbox, so that a handler may await it. One that nobody asked for, or that came twice or too
    /// late, is ignored.
    func receive(ack id: UInt64, arguments: Arguments) {
        self.state.withLock { $0.acks.removeValue(forKey: id) }?.receive(.success(arguments), from: self)
    }

    /// Acknowledges an event of the client.
    func sendAck(_ id: UInt64, _ body: (inout JSONWriter) throws -> Void) throws {
        var packet = OutboundPacket(
            namespace: self.namespace.name,
            parser: self.namespace.environment.configuration.parser
        )
        packet.write { $0.write(punctuation: UInt8(ascii: "[")) }
        try packet.write(body)
        packet.endArray()
        guard !self.hasLeft else { return }
        guard !packet.writer.hasForeignPlaceholders else {
            throw SocketIOError(.encodingFailed, "the acknowledgement holds both bytes and data that looks like bytes")
        }
        self.session.send(packet.finished(type: .ack, id: id))
    }
}

extension AckEvent {
    /// Decodes the first argument of an acknowledgement.
    package func decodeReply(_ answer: Arguments) throws(SocketIOError) -> Reply {
        do {
            var reader = ArgumentReader(answer)
            return try reader.next(Reply.self)
        } catch {
            throw SocketIOError(
                .invalidAcknowledgement,
                "the acknowledgement of \(self.name) does not fit",
                cause: error
            )
        }
    }
}
