/// A socket's part in coming back after a short loss of its connection.
internal import EngineIO
internal import Synchronization

extension Socket {
    /// Whether the socket is one that lost its connection and has come back; see ``ConnectionStateRecovery``.
    public var isRecovered: Bool { self.recovery?.isRecovered ?? false }

    /// Whether the middlewares have let the socket in before, and need not be asked again.
    var skipsMiddlewares: Bool { self.isRecovered && self.namespace.recovery?.settings.skipsMiddlewares == true }

    /// Sends an event that is kept in case the client does not get it.
    ///
    /// What is emitted to a socket that is away it gets when it comes back.
    func emit(_ event: consuming EncodedEvent, through store: RecoveryStore, _ recovery: SocketRecovery) {
        let isObserved = self.namespace.handlers.observesOutgoing
        let observed = isObserved ? event.observed() : nil
        if isObserved, !self.admitsOutgoing(observed) { return }
        // A client that is not in yet gets what its middlewares say, and nothing of it again; one that comes back gets it
        // behind what it missed.
        if !recovery.isPresent, !self.hasLeft, !recovery.isRecovered {
            return self.session.send(event.packet.finished(type: .event))
        }
        // One that is about to leave is still present, and may be away in a moment.
        guard !self.hasLeft || recovery.isPresent || store.isAway(self.id) || self.successor != nil else { return }
        var packet: OutboundPacket? = event.packet
        _ = store.send(&packet, to: .socket(self.id), observed: observed, unlessEnteredSince: nil) { unit in
            if let session = self.receiver(recovery) { session.send(unit) }
        }
    }

    /// Emits an event that is kept, and for which there is room.
    func emitInTurn(_ packet: consuming OutboundPacket, _ observed: AnyEvent?, through store: RecoveryStore) {
        guard let recovery = self.recovery else { return }
        var packet: OutboundPacket? = packet
        _ = store.send(&packet, to: .socket(self.id), observed: observed, unlessEnteredSince: nil) { unit in
            // As with those that do not wait, a client that is not in yet gets it at once; one that comes back does not.
            let isNew = !recovery.isPresent && !self.hasLeft && !recovery.isRecovered
            let session = isNew ? self.session : self.receiver(recovery)
            if session === self.session { self.session.sendInTurn(unit) } else { session?.send(unit) }
        }
    }

    /// Where an event goes that has just been kept; `nil` when the client gets it as one that it has missed.
    private func receiver(_ recovery: SocketRecovery) -> Session? {
        guard recovery.isPresent else { return self.successor?.session }
        return self.hasLeft ? nil : self.session
    }

    /// The socket that this one has come back as.
    private var successor: Socket? {
        guard let socket = self.namespace.adapter.socket(withID: self.id), socket !== self else { return nil }
        return socket
    }

    /// Lets the socket in, between two events.
    func enterNamespace(through store: RecoveryStore, _ recovery: SocketRecovery, _ sendReply: (() -> Void) -> Void) {
        let adapter = self.namespace.adapter
        var isComplete = true
        let waiting = self.session.outboxBytes
        adapter.tellingLater {
            isComplete = store.admit(recovery, beside: waiting, admits: { self.admitsOutgoing($0) }) { missed in
                guard let rooms = self.takeEarlyRooms() else { return false }
                // Before the answer to CONNECT, as in Node.
                for unit in missed { self.session.send(unit) }
                sendReply {
                    adapter.add(self)
                    adapter.join(self, rooms: rooms)
                }
                return true
            }
        }
        // Its client begins anew rather than with a gap.
        if !isComplete { self.session.close() }
    }

    /// The rooms to enter; `nil` when the socket has left meanwhile, with its rooms.
    private func takeEarlyRooms() -> [Room]? {
        self.state.withLock { state in
            guard state.phase == .connected else { return nil }
            return Array(state.earlyRooms.take() ?? [])
        }
    }

    /// Leaves the adapter, and is kept if it may come back.
    func leaveNamespace(reason: DisconnectReason) {
        let adapter = self.namespace.adapter
        guard let store = self.namespace.recovery, let recovery = self.recovery else { return adapter.remove(self) }
        adapter.tellingLater {
            store.left(recovery, mayReturn: reason.isRecoverable) {
                defer { adapter.remove(self) }
                return adapter.rooms(of: self).union([Room(self.id)])
            } describe: { rooms, number in
                AbsentSocket(
                    id: self.id,
                    privateID: recovery.privateID,
                    rooms: rooms,
                    values: self.values.withLock(\.self),
                    firstNumber: number
                )
            }
        }
    }
}

extension Adapter {
    /// Runs something, and has the observers of rooms told behind it, as far as that is in the library's hands.
    fileprivate func tellingLater(_ body: () -> Void) {
        guard let adapter = self as? InMemoryAdapter, adapter.holdEvents() else { return body() }
        body()
        adapter.tellEvents()
    }
}

extension BroadcastOperator {
    /// Sends an event that is kept for those who are away.
    ///
    /// Interceptors are asked before, and not while it is on its way: of those who enter meanwhile then.
    func emit(_ event: consuming EncodedEvent, through store: RecoveryStore) {
        let isObserved = self.namespace.handlers.observesOutgoing
        let observed = isObserved ? event.observed() : nil
        // What cannot be read back cannot be judged either.
        if isObserved, observed == nil { return }
        var packet: OutboundPacket? = event.packet
        var verdicts: [ObjectIdentifier: Bool] = [:]
        while packet != nil {
            let entrances = store.entrances
            if let observed {
                for socket in self.namespace.adapter.sockets(in: self.selection) where !socket.hasLeft {
                    let id = ObjectIdentifier(socket)
                    if verdicts[id] == nil { verdicts[id] = socket.admitsOutgoing(observed) }
                }
            }
            _ = store.send(
                &packet,
                to: .selection(self.selection),
                observed: observed,
                unlessEnteredSince: observed == nil ? nil : entrances
            ) { unit in
                let packet = BroadcastPacket(unit: unit, verdicts: observed == nil ? nil : verdicts)
                self.namespace.adapter.broadcast(packet, to: self.selection, flags: self.flags)
            }
        }
    }
}
