/// The events of a namespace that clients may have missed: a bounded queue with numbers.
internal import DequeModule
internal import EngineIO
internal import NIOCore

/// Events in the order in which they were sent, each under an offset.
///
/// The offset is the queue's own prefix and a number, so that one of another life of the server is not taken for one of
/// this. It knows no clock: the time is an argument.
struct MissedEvents: Sendable {
    private struct Entry {
        var unit: MessageUnit
        var selection: BroadcastSelection
        var deadline: NIODeadline
    }

    private let prefix: String
    private let maximumCount: Int
    private let maximumBytes: Int
    private var entries: Deque<Entry> = []
    /// The number of the first entry.
    private var firstNumber: UInt64 = 1
    private(set) var byteCount = 0

    init(prefix: String, maximumCount: Int, maximumBytes: Int) {
        self.prefix = prefix
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    var count: Int { self.entries.count }

    /// The offset of the event that ``append(_:for:until:)`` takes next.
    var nextOffset: String { self.offset(self.firstNumber + UInt64(self.entries.count)) }

    /// The offset of the last event so far.
    var lastOffset: String { self.offset(self.firstNumber + UInt64(self.entries.count) - 1) }

    private func offset(_ number: UInt64) -> String { "\(self.prefix)\(String(number, radix: 36))" }

    /// Keeps an event.
    ///
    /// - Returns: How many had to go for it before their time.
    mutating func append(_ unit: MessageUnit, for selection: BroadcastSelection, until deadline: NIODeadline) -> Int {
        self.entries.append(Entry(unit: unit, selection: selection, deadline: deadline))
        self.byteCount += unit.byteCount
        var evicted = 0
        while self.entries.count > self.maximumCount || (self.byteCount > self.maximumBytes && !self.entries.isEmpty) {
            self.removeFirst()
            evicted += 1
        }
        return evicted
    }

    /// Forgets what nobody can ask for any more.
    mutating func expire(now: NIODeadline) {
        while let first = self.entries.first, first.deadline <= now { self.removeFirst() }
    }

    private mutating func removeFirst() {
        self.byteCount -= self.entries.removeFirst().unit.byteCount
        self.firstNumber += 1
    }

    /// The events after an offset that a socket in certain rooms would have got.
    ///
    /// - Returns: `nil` when the offset is unknown, or events after it are gone.
    func units(after offset: String, for rooms: Set<Room>) -> [MessageUnit]? {
        guard offset.hasPrefix(self.prefix), let number = UInt64(offset.dropFirst(self.prefix.count), radix: 36),
            self.offset(number) == offset, number + 1 >= self.firstNumber,
            number < self.firstNumber + UInt64(self.entries.count)
        else { return nil }
        return self.entries.dropFirst(Int(number + 1 - self.firstNumber)).lazy
            .filter { $0.selection.reaches(rooms) }.map(\.unit)
    }
}

extension BroadcastSelection {
    /// Whether a socket in these rooms is selected.
    func reaches(_ rooms: Set<Room>) -> Bool {
        guard !self.reachesRoomsOnly || self.rooms.contains(where: rooms.contains) else { return false }
        return !self.except.contains(where: rooms.contains)
    }
}
