/// The events of a namespace that clients may have missed: a bounded queue with numbers.
internal import DequeModule
internal import EngineIO
internal import NIOCore

/// An event that is kept for those who are away.
struct KeptEvent: Sendable {
    /// Whom an event is for.
    enum Target: Sendable {
        /// Those in some rooms, or all.
        case selection(BroadcastSelection)
        /// One socket by its id, which is no room that others could be in.
        case socket(SocketID)
    }

    let unit: MessageUnit
    let target: Target
    /// The event as outgoing interceptors see it, when there were any.
    let observed: AnyEvent?

    /// Whether a socket would have got it.
    func reaches(_ id: SocketID, in rooms: Set<Room>) -> Bool {
        switch self.target {
        case .socket(let target): target == id
        case .selection(let selection): selection.reaches(rooms)
        }
    }
}

/// Events in the order in which they were sent, each under an offset.
///
/// The offset is the queue's own prefix and a number, so that one of another life of the server is not taken for one of
/// this. It knows no clock: the time is an argument.
struct MissedEvents: Sendable {
    /// What an offset says about the events behind it.
    enum Lookup {
        /// The number to go on behind.
        case known(UInt64)
        /// Events behind it had to go.
        case evicted
        /// It was never given, or belongs to another life of the server.
        case unknown
    }

    private let prefix: String
    private let maximumCount: Int
    private let maximumBytes: Int
    private var entries: Deque<(event: KeptEvent, deadline: NIODeadline)> = []
    /// The number of the first entry; the first of all is 1.
    private var firstNumber: UInt64 = 1
    private(set) var byteCount = 0

    init(prefix: String, maximumCount: Int, maximumBytes: Int) {
        self.prefix = prefix
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    var count: Int { self.entries.count }

    /// When the first event expires.
    var deadline: NIODeadline? { self.entries.first?.deadline }

    /// The number of the last event so far; 0 before the first.
    var lastNumber: UInt64 { self.firstNumber + UInt64(self.entries.count) - 1 }

    /// The offset that the next event is sent with.
    var nextOffset: String { self.offset(self.lastNumber + 1) }

    /// The offset of the event with a number.
    func offset(_ number: UInt64) -> String { "\(self.prefix)\(String(number, radix: 36))" }

    /// Keeps an event; older ones go when there are too many.
    mutating func append(_ event: KeptEvent, until deadline: NIODeadline) {
        self.entries.append((event, deadline))
        self.byteCount += event.unit.byteCount
        while self.entries.count > self.maximumCount || (self.byteCount > self.maximumBytes && !self.entries.isEmpty) {
            self.removeFirst()
        }
    }

    /// Forgets what nobody can ask for any more.
    mutating func expire(now: NIODeadline) {
        while let first = self.entries.first, first.deadline <= now { self.removeFirst() }
    }

    private mutating func removeFirst() {
        self.byteCount -= self.entries.removeFirst().event.unit.byteCount
        self.firstNumber += 1
    }

    /// Finds the place of an offset that a client claims.
    func find(_ offset: String) -> Lookup {
        guard offset.hasPrefix(self.prefix), let number = UInt64(offset.dropFirst(self.prefix.count), radix: 36),
            number <= self.lastNumber, self.offset(number) == offset
        else { return .unknown }
        return self.isComplete(after: number) ? .known(number) : .evicted
    }

    /// Whether all events behind a number are still there.
    ///
    /// Written without adding to the number, which is what a client says.
    func isComplete(after number: UInt64) -> Bool { number >= self.firstNumber - 1 }

    /// The events behind a number, all of which are there, that a socket in certain rooms would have got.
    func events(after number: UInt64, for id: SocketID, in rooms: Set<Room>) -> [KeptEvent] {
        guard number < self.lastNumber else { return [] }
        return self.entries.dropFirst(Int(number - (self.firstNumber - 1))).lazy
            .map(\.event).filter { $0.reaches(id, in: rooms) }
    }
}

extension BroadcastSelection {
    /// Whether a socket in these rooms is selected.
    func reaches(_ rooms: Set<Room>) -> Bool {
        guard !self.reachesRoomsOnly || self.rooms.contains(where: rooms.contains) else { return false }
        return !self.except.contains(where: rooms.contains)
    }
}
