/// The sockets of a namespace that may come back: a bounded table by their private ids.
internal import DequeModule
internal import NIOCore

/// What a socket gets back.
struct AbsentSocket: Sendable {
    let id: SocketID
    /// Known to the client alone.
    let privateID: String
    let rooms: Set<Room>
    let values: SocketValues
    /// What had been sent when the socket joined, for a client that has seen no event since.
    let firstOffset: String
}

/// The sockets that are away, for as long as they may be.
///
/// Each can be taken once. It knows no clock: the time is an argument.
struct AbsentSockets: Sendable {
    private var sockets: [String: (socket: AbsentSocket, deadline: NIODeadline)] = [:]
    /// In the order of leaving, which is that of the deadlines; those that came back are passed over.
    private var queue: Deque<(privateID: String, deadline: NIODeadline)> = []
    private let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    var count: Int { self.sockets.count }

    /// Keeps a socket.
    ///
    /// - Returns: Whether another had to go for it before its time.
    mutating func insert(_ socket: AbsentSocket, until deadline: NIODeadline) -> Bool {
        self.sockets[socket.privateID] = (socket, deadline)
        self.queue.append((socket.privateID, deadline))
        let isFull = self.sockets.count > self.maximumCount
        // Clients that come and go leave places behind in the queue: those are bounded as well.
        while self.sockets.count > self.maximumCount || self.queue.count > 2 * self.maximumCount { self.removeFirst() }
        return isFull
    }

    /// Takes a socket that comes back in time.
    mutating func take(_ privateID: String, now: NIODeadline) -> AbsentSocket? {
        guard let (socket, deadline) = self.sockets.removeValue(forKey: privateID) else { return nil }
        return now < deadline ? socket : nil
    }

    /// Forgets those who have been away for too long.
    mutating func expire(now: NIODeadline) {
        while let first = self.queue.first, first.deadline <= now || self.sockets[first.privateID] == nil {
            self.removeFirst()
        }
    }

    private mutating func removeFirst() {
        guard let first = self.queue.popFirst() else { return }
        // It may have come back and left again since: then a later place in the queue is its own.
        if self.sockets[first.privateID]?.deadline == first.deadline { self.sockets[first.privateID] = nil }
    }
}
