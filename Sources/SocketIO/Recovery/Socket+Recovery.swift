/// A socket's part in coming back after a short loss of its connection.
internal import EngineIO
internal import Synchronization

extension Socket {
    /// Whether the middlewares have let the socket in before, and need not be asked again.
    var skipsMiddlewares: Bool { self.isRecovered && self.namespace.recovery?.settings.skipsMiddlewares == true }

    /// Sends an event that is kept in case the client does not get it.
    ///
    /// Also what is emitted to a socket that is away: it gets it when it comes back.
    func emit(_ event: consuming EncodedEvent, through store: RecoveryStore) {
        if self.namespace.handlers.observesOutgoing, !self.admitsOutgoing(event.observed()) { return }
        var selection = BroadcastSelection()
        selection.rooms = [Room(self.id)]
        store.send(event, to: selection) { unit in
            // The one that has come back has the same id.
            let target = self.hasLeft ? self.namespace.adapter.socket(withID: self.id) : self
            target?.session.send(unit)
        }
    }

    /// Lets the socket in, between two events: those before it has missed or not seen, those behind it gets.
    func enterNamespace(through store: RecoveryStore, _ recovery: SocketRecovery, sendingReply reply: () -> Void) {
        guard let recovered = recovery.recovered else {
            return store.admit { offset in
                recovery.firstOffset = offset
                reply()
                self.enterNamespace()
            }
        }
        recovery.firstOffset = recovered.offset
        let isComplete = store.restore(recovered) { missed in
            // Before the answer to CONNECT, as in Node.
            for unit in missed { self.session.send(unit) }
            reply()
            self.enterNamespace()
        }
        // Its client begins anew rather than with a gap.
        if !isComplete { self.session.close() }
    }

    /// Keeps the socket while its client is away.
    func keep(in store: RecoveryStore, wasConnected: Bool) {
        guard let recovery = self.recovery else { return }
        if wasConnected {
            store.keep(
                AbsentSocket(
                    id: self.id,
                    privateID: recovery.privateID,
                    rooms: self.namespace.adapter.rooms(of: self),
                    values: self.values.withLock(\.self),
                    firstOffset: recovery.firstOffset
                )
            )
        } else if let recovered = recovery.recovered {
            // It was lost again before it was back.
            store.keep(recovered.socket)
        }
    }
}
