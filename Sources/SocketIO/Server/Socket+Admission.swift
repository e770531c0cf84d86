/// Which rooms a socket may enter.
internal import EngineIO
internal import Synchronization

extension Socket {
    private var limits: SocketIOConfiguration.Limits { self.namespace.environment.configuration.limits }

    /// Whether nothing in a room's name speaks against it.
    func isAdmissible(_ room: Room) -> Bool {
        self.isShort(room) && !self.isForeign(room)
    }

    private func isShort(_ room: Room) -> Bool {
        room.rawValue.utf8.count <= self.limits.roomNameBytes || room == Room(self.id)
    }

    /// Whether a room is another socket's own.
    private func isForeign(_ room: Room) -> Bool {
        guard !self.namespace.environment.configuration.allowsJoiningSocketRooms else { return false }
        let id = SocketID(rawValue: room.rawValue)
        guard id != self.id else { return false }
        // That of a socket that is away is its own as well.
        return self.namespace.adapter.socket(withID: id) != nil || self.namespace.recovery?.isAway(id) == true
    }

    /// Whether a room may be entered by its name; if not it is reported.
    func admits(_ room: Room) -> Bool {
        if !self.isShort(room) {
            let length = room.rawValue.utf8.count
            self.connection.report(.roomNameBytes, on: self.session)
            self.refuse("expected at most \(self.limits.roomNameBytes) bytes of room name, found \(length)")
            return false
        }
        if self.isForeign(room) {
            self.refuse("expected a room for many, found \(Excerpt.quoted(room.rawValue.utf8)) of another socket")
            return false
        }
        return true
    }

    private func refuse(_ message: String) {
        self.report(SocketIOError(.roomRefused, message), in: .join)
    }

    /// Enters rooms, as many as the socket may be in.
    ///
    /// When two threads do so at once each of them may take the last place.
    ///
    /// - Returns: Whether there was room for all of them.
    func enter(_ rooms: [Room]) -> Bool {
        if let isComplete = self.enterEarly(rooms) {
            if !isComplete { self.refuseRooms() }
            return isComplete
        }
        let adapter = self.namespace.adapter
        guard adapter.roomCount(of: self) + rooms.count > self.limits.roomsPerSocket else {
            adapter.join(self, rooms: rooms)
            return true
        }
        // The slow way, since rooms that it is in already do not count.
        var all = adapter.rooms(of: self).union([Room(self.id)])
        let limit = self.limits.roomsPerSocket + 1
        let entered = rooms.filter { room in
            guard !all.contains(room) else { return true }
            guard all.count < limit else { return false }
            all.insert(room)
            return true
        }
        adapter.join(self, rooms: entered)
        if entered.count < rooms.count { self.refuseRooms() }
        return entered.count == rooms.count
    }

    /// Notes rooms for the time when the socket is connected.
    ///
    /// - Returns: Whether there was room for all of them; `nil` when the socket is connected already.
    private func enterEarly(_ rooms: [Room]) -> Bool? {
        let limit = self.limits.roomsPerSocket
        return self.state.withLock { state -> Bool? in
            // Moved out, so that the set has one owner while it changes.
            guard var early = state.earlyRooms.take() else { return nil }
            defer { state.earlyRooms = early }
            var isComplete = true
            for room in rooms where !early.contains(room) {
                if early.count < limit { early.insert(room) } else { isComplete = false }
            }
            return isComplete
        }
    }

    private func refuseRooms() {
        self.connection.report(.roomsPerSocket, on: self.session)
        self.refuse("expected at most \(self.limits.roomsPerSocket) rooms, found another")
    }
}
