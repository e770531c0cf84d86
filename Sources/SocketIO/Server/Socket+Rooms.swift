/// The rooms of a socket.
internal import EngineIO
internal import Logging
internal import Synchronization

extension Socket {
    /// Enters rooms.
    ///
    /// A room exists from its first socket on. One that another socket's id names is refused, unless
    /// ``SocketIOConfiguration/allowsJoiningSocketRooms`` says otherwise.
    ///
    /// A middleware may do so as well: the socket is in the rooms once it is let in.
    ///
    /// - Parameter rooms: The rooms.
    public func join(_ rooms: Room...) {
        self.join(rooms)
    }

    /// Enters rooms; the same as ``join(_:)-(Room...)``.
    ///
    /// - Parameter rooms: The rooms.
    public func join(_ rooms: some Sequence<Room>) {
        let rooms = self.admissible(Array(rooms))
        guard self.state.withLock({ $0.earlyRooms?.formUnion(rooms) }) == nil else { return }
        self.namespace.adapter.join(self, rooms: rooms)
    }

    /// Leaves rooms.
    ///
    /// A room ceases to exist with its last socket. The room that the socket's own id names is never left.
    ///
    /// - Parameter rooms: The rooms.
    public func leave(_ rooms: Room...) {
        self.leave(rooms)
    }

    /// Leaves rooms; the same as ``leave(_:)-(Room...)``.
    ///
    /// - Parameter rooms: The rooms.
    public func leave(_ rooms: some Sequence<Room>) {
        let rooms = Array(rooms)
        self.state.withLock { $0.earlyRooms?.subtract(rooms) }
        self.namespace.adapter.leave(self, rooms: rooms)
    }

    /// Leaves all rooms but the socket's own.
    public func leaveAll() {
        self.leave(self.rooms)
    }

    /// The rooms the socket is in, its own included.
    public var rooms: Set<Room> { self.state.withLock(\.earlyRooms) ?? self.namespace.adapter.rooms(of: self) }

    /// The rooms without those that only another socket may be in.
    private func admissible(_ rooms: [Room]) -> [Room] {
        guard !self.namespace.environment.configuration.allowsJoiningSocketRooms else { return rooms }
        return rooms.filter { room in
            let owner = self.namespace.adapter.socket(withID: SocketID(rawValue: room.rawValue))
            guard let owner, owner !== self else { return true }
            self.namespace.logRefusedJoin(of: self)
            return false
        }
    }
}

extension Namespace {
    fileprivate func logRefusedJoin(of socket: Socket) {
        let now = self.environment.time.now
        guard let omitted = self.logRate.withLock({ $0.admit(at: now) }) else { return }
        self.environment.logger.warning(
            "a socket must not enter the room of another",
            metadata: [
                "socketio.namespace": "\(self.name)", "socketio.socket": "\(socket.id)",
                "socketio.omitted": "\(omitted)",
            ]
        )
    }
}
