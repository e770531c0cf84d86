/// What is known about the rooms and sockets of a namespace.

extension Namespace {
    /// The sockets in a room that are connected to this server.
    ///
    /// - Parameter room: The room.
    /// - Returns: The sockets, in the order of joining unless some have left.
    public func sockets(in room: Room) -> [Socket] { self.to(room).sockets }

    /// The socket with this id, when it is connected to this server.
    ///
    /// - Parameter id: The id.
    /// - Returns: The socket, or `nil` when there is none.
    public func socket(_ id: SocketID) -> Socket? { self.adapter.socket(withID: id) }

    /// The rooms that have sockets of this server, without those that a socket's id names.
    public var rooms: Set<Room> { self.adapter.rooms }

    /// Observes the rooms: when they come and go, who enters and leaves.
    ///
    /// The events come one at a time, in the order in which they happened, and with no lock held: an observer may join,
    /// leave and emit. It must not block. When two threads change rooms at once, one of them may call for both.
    ///
    /// - Parameter observer: Called with each event; there may be several observers.
    public func onRoomEvent(_ observer: @escaping @Sendable (RoomEvent) -> Void) {
        self.adapter.observeRooms(observer)
    }
}

extension BroadcastTarget {
    /// The selected sockets that are connected to this server.
    ///
    /// Those of other servers are among what ``fetchSockets()`` returns.
    public var sockets: [Socket] {
        let target = self.broadcastOperator
        return target.namespace.adapter.sockets(in: target.selection)
    }

    /// The number of selected sockets that are connected to this server.
    ///
    /// Of everybody, and of one room, it is known without counting.
    public var socketCount: Int {
        let target = self.broadcastOperator
        return target.namespace.adapter.socketCount(in: target.selection)
    }
}
