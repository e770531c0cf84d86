/// How a socket joins its namespace, and how it leaves.
internal import EngineIO
internal import Synchronization

extension Socket {
    /// Runs the middlewares in a task that is cancelled when the socket leaves.
    func startJoining(_ body: @escaping @Sendable () async -> Void) {
        self.state.withLock { state in
            // Made inside the lock, so that a disconnect cannot miss it.
            let task = Task { await body() }
            state.inbox.started(task)
            if state.phase == .disconnected { task.cancel() }
        }
    }

    /// The middlewares have let the client in.
    ///
    /// - Parameter sendReply: Queues the answer, enters the namespace as it is told, and has the answer sent.
    func connect(_ sendReply: (_ enter: () -> Void) -> Void) {
        let joined = self.state.withLock { state in
            guard state.phase == .connecting else { return false }
            state.phase = .connected
            // Events that came early wait behind the connect handlers.
            state.inbox.prepend(.connected)
            return state.inbox.begin()
        }
        guard joined else { return }
        // The answer comes before any broadcast; and when the client has it, it is among those that get them.
        self.namespace.environment.metrics.connected()
        if let store = self.namespace.recovery, let recovery = self.recovery {
            self.enterNamespace(through: store, recovery, sendReply)
        } else {
            sendReply { self.enterNamespace() }
        }
        self.deliverWaiting()
    }

    private func enterNamespace() {
        self.namespace.adapter.add(self)
        let rooms = self.state.withLock { $0.earlyRooms.take() } ?? []
        if !rooms.isEmpty { self.namespace.adapter.join(self, rooms: Array(rooms)) }
        // Whoever left meanwhile may have done so before it was added.
        if self.hasLeft { self.namespace.adapter.remove(self) }
    }

    /// The rooms are still known.
    private func tellDisconnecting(_ reason: DisconnectReason) {
        self.attempt(self.handlers.disconnecting, in: .disconnecting) { try $0(self, reason) }
    }

    /// The socket leaves: its rooms first, then the handlers are told.
    ///
    /// Events that wait are dropped.
    func leave(_ reason: DisconnectReason) {
        let left = self.state.withLock { state in
            self.leftFlag.store(true, ordering: .releasing)
            return state.end()
        }
        guard let end = left else { return }
        if reason == .serverShuttingDown {
            // They may finish, as long as the shutdown has time.
            self.namespace.environment.tasks.adopt(end.tasks)
        } else {
            for task in end.tasks { task.cancel() }
        }
        for ack in end.acks {
            ack.receive(.failure(SocketIOError(.disconnected, "socket has been disconnected")), from: self)
        }
        for send in end.sends { self.session.withdraw(send, .closed) }
        if end.mustRelease { self.session.releaseInput() }
        self.meter(end.byteChange)
        if end.wasConnected { self.tellDisconnecting(reason) }
        self.leaveNamespace(reason: reason)
        if self.namespace.isRemovable { self.connection.server.left(self.namespace) }
        guard end.wasConnected else { return }
        self.namespace.environment.metrics.disconnected(reason)
        // Only now, when all has been cancelled and the rooms are left, may the turn come to the disconnect handlers.
        let mustDeliver = self.state.withLock { state in
            state.inbox.append(.disconnected(reason))
            return state.inbox.begin()
        }
        if mustDeliver { self.deliverWaiting() }
    }
}

extension SocketState {
    /// What has to end with a socket.
    struct End {
        var wasConnected: Bool
        var tasks: [Task<Void, Never>]
        var acks: [any AckReceiver]
        var sends: [SendTurn]
        var mustRelease: Bool
        var byteChange: Int
    }

    /// Leaves for good; nothing happens the second time.
    mutating func end() -> End? {
        guard self.phase != .disconnected else { return nil }
        let wasConnected = self.phase == .connected
        self.phase = .disconnected
        self.earlyRooms = nil
        let tasks = self.inbox.close()
        defer {
            self.acks = [:]
            self.sends = nil
        }
        return End(
            wasConnected: wasConnected,
            tasks: tasks,
            acks: Array(self.acks.values),
            sends: self.sends.map { Array($0.values) } ?? [],
            mustRelease: self.inbox.mustRelease(limit: .max),
            byteChange: self.inbox.takeByteChange()
        )
    }
}
