/// What is done to many sockets at once, on whatever server they are.

extension BroadcastTarget {
    /// Describes these sockets, those of other servers included.
    ///
    /// With ``local`` only this server's. Others are waited for as long as ``timeout(_:)`` says, or the adapter.
    ///
    /// - Returns: The descriptions.
    /// - Throws: What keeps other servers from answering; a single server never throws.
    public func fetchSockets() async throws -> [RemoteSocket] {
        let target = self.broadcastOperator
        return try await target.namespace.adapter.fetchSockets(in: target.selection, flags: target.flags)
    }

    /// Makes these sockets enter rooms.
    ///
    /// - Parameter rooms: The rooms.
    public func socketsJoin(_ rooms: Room...) { self.socketsJoin(rooms) }

    /// Makes these sockets enter rooms; the same as `socketsJoin` with a list.
    ///
    /// - Parameter rooms: The rooms.
    public func socketsJoin(_ rooms: some Sequence<Room>) {
        let target = self.broadcastOperator
        target.namespace.adapter.socketsJoin(target.selection, rooms: Array(rooms), flags: target.flags)
    }

    /// Makes these sockets leave rooms.
    ///
    /// - Parameter rooms: The rooms.
    public func socketsLeave(_ rooms: Room...) { self.socketsLeave(rooms) }

    /// Makes these sockets leave rooms; the same as `socketsLeave` with a list.
    ///
    /// - Parameter rooms: The rooms.
    public func socketsLeave(_ rooms: some Sequence<Room>) {
        let target = self.broadcastOperator
        target.namespace.adapter.socketsLeave(target.selection, rooms: Array(rooms), flags: target.flags)
    }

    /// Makes these sockets leave the namespace.
    ///
    /// - Parameter closingConnection: Whether their whole connections end, with all their namespaces.
    public func disconnectSockets(closingConnection: Bool = false) {
        let target = self.broadcastOperator
        target.namespace.adapter.disconnectSockets(
            target.selection,
            closingConnection: closingConnection,
            flags: target.flags
        )
    }
}
