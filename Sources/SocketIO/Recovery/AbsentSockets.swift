/// The sockets of a namespace that may come back: a bounded table by their private ids.
internal import DequeModule
internal import NIOCore

/// What a socket gets back.
struct AbsentSocket: Sendable {
    let id: SocketID
    /// Known to the client alone.
    let privateID: String
    /// The rooms, its own included.
    let rooms: Set<Room>
    let values: SocketValues
    /// The number of the last event that its client has certainly seen, or need not see.
    let firstNumber: UInt64
}

/// The sockets that are away, for as long as they may be.
///
/// Each can be taken once. It knows no clock: the time is an argument.
struct AbsentSockets: Sendable {
    private var sockets: [String: (socket: AbsentSocket, deadline: NIODeadline)] = [:]
    private var ids: Set<SocketID> = []
    /// In the order of leaving, which is that of the deadlines; those that came back are passed over.
    private var queue: Deque<(privateID: String, deadline: NIODeadline)> = []
    private let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    var count: Int { self.sockets.count }

    /// When the first socket may not come back any more.
    var deadline: NIODeadline? { self.queue.first?.deadline }

    /// Whether a socket is away.
    func contains(_ id: SocketID) -> Bool { self.ids.contains(id) }

    /// Keeps a socket.
    ///
    /// - Returns: Whether another had to go for it before its time.
    mutating func insert(_ socket: AbsentSocket, until deadline: NIODeadline) -> Bool {
        self.sockets[socket.privateID] = (socket, deadline)
        self.ids.insert(socket.id)
        self.queue.append((socket.privateID, deadline))
        let isFull = self.sockets.count > self.maximumCount
        // Clients that come and go leave places behind in the queue: those are bounded as well.
        while self.sockets.count > self.maximumCount || self.queue.count > 2 * self.maximumCount { self.removeFirst() }
        return isFull
    }

    /// Takes a socket that comes back in time.
    mutating func take(_ privateID: String, now: NIODeadline) -> AbsentSocket? {
        guard let (socket, deadline) = self.remove(privateID) else { return nil }
        return now < deadline ? socket : nil
    }

    /// Forgets those who have been away for too long.
    mutating func expire(now: NIODeadline) {
        while let first = self.queue.first, first.deadline <= now || self.sockets[first.privateID] == nil {
            self.removeFirst()
        }
    }

    private mutating func remove(_ privateID: String) -> (socket: AbsentSocket, deadline: NIODeadline)? {
        guard let entry = self.sockets.removeValue(forKey: privateID) else { return nil }
        self.ids.remove(entry.socket.id)
        return entry
    }

    private mutating func removeFirst() {
        guard let first = self.queue.popFirst() else { return }
        // It may have come back and left again since: then a later place in the queue is its own.
        if self.sockets[first.privateID]?.deadline == first.deadline { _ = self.remove(first.privateID) }
    }
}
