/// A coarse timer wheel: constant cost to set and to cancel, whatever the number of deadlines.
package import NIOCore

/// Deadlines rounded up to ticks and hashed into slots.
///
/// It knows no clock: the time is an argument. One wheel serves thousands of sessions with one scheduled wake-up, where
/// a scheduled task for each would cost a system call whenever the earliest deadline changes.
package struct DeadlineWheel<Target> {
    /// Names a deadline so that it can be cancelled.
    package struct Token: Sendable, Hashable {
        fileprivate var slot: Int
        fileprivate var id: UInt64
    }

    fileprivate struct Entry {
        var tick: Int64
        var target: Target
    }

    private let start: NIODeadline
    private let tick: TimeAmount
    private var slots: [[UInt64: Entry]]
    private var currentTick: Int64 = 0
    private var nextID: UInt64 = 0

    /// The number of deadlines set.
    package private(set) var count = 0

    /// Creates an empty wheel.
    ///
    /// - Parameters:
    ///   - start: The time of tick 0.
    ///   - tick: The length of a tick: deadlines are at most this late.
    ///   - slotCount: Slots; deadlines further away than `slotCount` ticks are looked at once a revolution.
    package init(start: NIODeadline, tick: TimeAmount, slotCount: Int = 1024) {
        self.start = start
        self.tick = tick
        self.slots = Array(repeating: [:], count: slotCount)
    }

    /// Sets a deadline.
    ///
    /// - Parameters:
    ///   - target: What is returned by ``expire(now:)`` when the time has come.
    ///   - deadline: The time; one that has passed fires at the next tick.
    /// - Returns: The token to cancel it with.
    package mutating func insert(_ target: Target, at deadline: NIODeadline) -> Token {
        let tick = max(self.currentTick + 1, self.tickNumber(of: deadline, roundingUp: true))
        let token = Token(slot: Int(tick % Int64(self.slots.count)), id: self.nextID)
        self.nextID += 1
        self.slots[token.slot][token.id] = Entry(tick: tick, target: target)
        self.count += 1
        return token
    }

    /// Cancels a deadline; one that has fired or was cancelled before is ignored.
    package mutating func cancel(_ token: Token) {
        if self.slots[token.slot].removeValue(forKey: token.id) != nil {
            self.count -= 1
        }
    }

    /// Takes all targets whose deadline has come.
    package mutating func expire(now: NIODeadline) -> [Target] {
        let reached = self.tickNumber(of: now, roundingUp: false)
        guard reached > self.currentTick else { return [] }
        let first = max(self.currentTick + 1, reached - Int64(self.slots.count) + 1)
        self.currentTick = reached
        var expired: [Target] = []
        for tick in first...reached {
            self.expire(slot: Int(tick % Int64(self.slots.count)), into: &expired)
        }
        return expired
    }

    private mutating func expire(slot: Int, into expired: inout [Target]) {
        guard !self.slots[slot].isEmpty else { return }
        let due = self.slots[slot].filter { $0.value.tick <= self.currentTick }
        guard !due.isEmpty else { return }
        // Those of one tick in the order in which they were set.
        for (id, entry) in due.sorted(by: { $0.key < $1.key }) {
            self.slots[slot].removeValue(forKey: id)
            self.count -= 1
            expired.append(entry.target)
        }
    }

    /// Forgets all deadlines.
    mutating func removeAll() {
        for slot in self.slots.indices { self.slots[slot] = [:] }
        self.count = 0
    }

    /// The time of the earliest deadline, found by looking at all of them; `nil` when there is none.
    var earliestDeadline: NIODeadline? {
        guard self.count > 0 else { return nil }
        let earliest = self.slots.lazy.flatMap(\.values).map(\.tick).min()
        return earliest.map { self.start + .nanoseconds($0 * self.tick.nanoseconds) }
    }

    /// When ``expire(now:)`` should be called next: the next tick whose slot holds anything; `nil` when none does.
    package var nextWakeUp: NIODeadline? {
        guard self.count > 0 else { return nil }
        let last = self.currentTick + Int64(self.slots.count)
        for tick in (self.currentTick + 1)...last where !self.slots[Int(tick % Int64(self.slots.count))].isEmpty {
            return self.start + .nanoseconds(tick * self.tick.nanoseconds)
        }
        return nil
    }

    private func tickNumber(of deadline: NIODeadline, roundingUp: Bool) -> Int64 {
        let elapsed = (deadline - self.start).nanoseconds
        guard elapsed > 0 else { return 0 }
        return (elapsed + (roundingUp ? self.tick.nanoseconds - 1 : 0)) / self.tick.nanoseconds
    }
}

extension DeadlineWheel: Sendable where Target: Sendable {}
extension DeadlineWheel.Entry: Sendable where Target: Sendable {}
