/// The rooms of a socket.
internal import EngineIO
internal import Synchronization

extension Socket {
    /// Enters rooms.
    ///
    /// A room exists from its first socket on. Refused are rooms with names of more than
    /// ``SocketIOConfiguration/Limits/roomNameBytes``, those beyond ``SocketIOConfiguration/Limits/roomsPerSocket``, and
    /// one that another socket's id names, unless ``SocketIOConfiguration/allowsJoiningSocketRooms`` says otherwise. Each
    /// is reported to ``HandlerRegistry/onError(_:)`` with ``ErrorContext/join`` and the code
    /// ``SocketIOError/Code/roomRefused``, or logged; the others are entered.
    ///
    /// A middleware may do so as well: the socket is in the rooms once it is let in.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: Whether none was refused.
    @discardableResult
    public func join(_ rooms: Room...) -> Bool {
        self.join(rooms)
    }

    /// Enters rooms; the same as ``join(_:)-(Room...)``.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: Whether none was refused.
    @discardableResult
    public func join(_ rooms: some Sequence<Room>) -> Bool {
        let wanted = Array(rooms)
        // Nearly always all of them; then none is copied.
        let rooms = wanted.allSatisfy(self.isAdmissible) ? wanted : wanted.filter(self.admits)
        let entered = self.enter(rooms)
        return entered && rooms.count == wanted.count
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
}
