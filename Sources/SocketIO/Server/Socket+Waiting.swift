/// Emitting no faster than the client reads.
internal import EngineIO
internal import Synchronization

extension Socket {
    /// Emits an event as soon as there is room in the client's outbox, and waits for that.
    ///
    /// <!-- example: given socket, rows: [String] -->
    /// ```swift
    /// let event = Event<String>("row")
    /// for row in rows { try await socket.emitWhenWritable(event, row) }
    /// ```
    /// There is no room from `engine.outboxHighWaterMark` on, until no more than `engine.outboxLowWaterMark` waits. What is
    /// emitted like this leaves in the order of the calls; `emit` overtakes it. It returns when the
    /// event waits for its transport, not when it was received. Broadcasts never wait, whatever
    /// `engine.outboxPolicy` is.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` with the code `encodingFailed` or `reservedEventName`, `disconnected` when the socket
    ///   leaves before there is room, or `cancelled` when the task is cancelled; the event is not sent then.
    public func emitWhenWritable<each Argument>(
        _ event: Event<repeat each Argument>,
        _ arguments: repeat each Argument
    ) async throws(SocketIOError) {
        try await self.emitWhenWritable(encoded: EncodedEvent(event.name, in: self.namespace, repeat each arguments))
    }

    /// Emits an event by name as soon as there is room in the client's outbox, and waits for that.
    ///
    /// - Parameters:
    ///   - name: The event's name.
    ///   - arguments: Its arguments.
    /// - Throws: ``SocketIOError`` as the typed form does.
    public func emitWhenWritable(_ name: String, _ arguments: [Value] = []) async throws(SocketIOError) {
        try await self.emitWhenWritable(encoded: EncodedEvent(name, in: self.namespace, values: arguments))
    }

    private func emitWhenWritable(encoded event: consuming EncodedEvent) async throws(SocketIOError) {
        guard !self.hasLeft else { throw Self.hasBeenDisconnected }
        let isObserved = self.namespace.handlers.observesOutgoing
        let observed = isObserved ? event.observed() : nil
        if isObserved, !self.admitsOutgoing(observed) { return }
        if let store = self.namespace.recovery {
            // It gets its offset when it leaves: the order of the offsets is that of all events.
            try await self.takeTurn()
            self.emitInTurn(event.packet, observed, through: store)
        } else {
            let unit = event.packet.finished(type: .event)
            if self.session.sendIfWritable(unit) { return }
            try await self.takeTurn()
            self.session.sendInTurn(unit)
        }
        self.session.endTurn()
    }

    /// Waits until there is room, and it is this call's turn to use it.
    private func takeTurn() async throws(SocketIOError) {
        let turn = SendTurn()
        guard self.register(turn) else { throw Self.hasBeenDisconnected }
        self.session.enqueue(turn)
        let outcome = await turn.wait(cancelling: { self.session.withdraw(turn, .cancelled) })
        self.forget(turn)
        switch outcome {
        case .granted where self.hasLeft:
            self.session.endTurn()
            throw Self.hasBeenDisconnected
        case .granted: return
        case .closed: throw Self.hasBeenDisconnected
        case .cancelled: throw SocketIOError(.cancelled, "the wait for room was cancelled")
        }
    }

    private static var hasBeenDisconnected: SocketIOError {
        SocketIOError(.disconnected, "socket has been disconnected")
    }

    /// Has the wait end when the socket leaves.
    ///
    /// - Returns: `false` when the socket has left already.
    private func register(_ turn: SendTurn) -> Bool {
        self.state.withLock { state in
            guard state.phase != .disconnected else { return false }
            var sends = state.sends.take() ?? [:]
            sends[ObjectIdentifier(turn)] = turn
            state.sends = sends
            return true
        }
    }

    private func forget(_ turn: SendTurn) {
        self.state.withLock { state in
            guard var sends = state.sends.take() else { return }
            sends[ObjectIdentifier(turn)] = nil
            state.sends = sends.isEmpty ? nil : sends
        }
    }
}
