/// What every event loop of the server has: a list of sessions to flush and a wheel of deadlines.
package import NIOCore
import Synchronization

/// Something that waits for a deadline.
package protocol DeadlineTarget: AnyObject, Sendable {
    /// The deadline has come, at most a tick ago. Called on the loop, with no lock held.
    func deadlineReached(now: NIODeadline)
}

/// The sessions to flush and the deadlines of one event loop.
///
/// Emitting appends to a session's outbox and puts the session on this list; the list is drained once, at the end of the
/// loop's tick, and each drained session costs one write. That is why many small messages leave in one buffer, and why an
/// emit from any thread costs one wake-up for a whole tick rather than one a message.
package final class LoopContext: Sendable {
    private struct FlushList {
        var sessions: [Session] = []
        var isDrainScheduled = false
        /// The list drained last, kept for its memory.
        var spare: [Session] = []
    }

    private struct Timers {
        var wheel: DeadlineWheel<any DeadlineTarget>
        /// The earliest wake-up that is scheduled.
        var scheduledWakeUp: NIODeadline?
        var isRetired = false
    }

    /// The length of a tick of the deadline wheel, hence how late a deadline may be.
    static let tick: TimeAmount = .milliseconds(10)

    package let eventLoop: any EventLoop
    /// The time of a test; `nil` when the loop's own time counts.
    private let manualTime: ManualTime?
    private let flushList = Mutex(FlushList())
    private let timers: Mutex<Timers>

    /// Creates what a loop has.
    ///
    /// - Parameters:
    ///   - eventLoop: The loop.
    ///   - manualTime: The time of a test, which wakes the loop then; `nil` for the loop's own time.
    package init(eventLoop: any EventLoop, manualTime: ManualTime? = nil) {
        self.eventLoop = eventLoop
        self.manualTime = manualTime
        let start = manualTime?.now ?? .now()
        let tick = manualTime == nil ? Self.tick : ManualTime.tick
        self.timers = Mutex(Timers(wheel: DeadlineWheel(start: start, tick: tick)))
        manualTime?.add(self)
    }

    /// The time.
    package var now: NIODeadline {
        if let manualTime = self.manualTime { return manualTime.now }
        return .now()
    }

    /// Runs something on the loop: at once when called on it.
    func run(_ work: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop { work() } else { self.eventLoop.execute(work) }
    }

    // MARK: Flushing

    /// Flushes a session at the end of the tick.
    func flushSoon(_ session: Session) {
        let mustSchedule = self.flushList.withLock { list in
            list.sessions.append(session)
            defer { list.isDrainScheduled = true }
            return !list.isDrainScheduled
        }
        if mustSchedule { self.scheduleDrain() }
    }

    /// Flushes many sessions at the end of the tick: one lock for all of them.
    func flushSoon(_ sessions: [Session]) {
        let mustSchedule = self.flushList.withLock { list in
            list.sessions.append(contentsOf: sessions)
            defer { list.isDrainScheduled = true }
            return !list.isDrainScheduled
        }
        if mustSchedule { self.scheduleDrain() }
    }

    private func scheduleDrain() {
        self.eventLoop.execute { self.drain() }
    }

    private func drain() {
        var sessions = self.flushList.withLock { list in
            list.isDrainScheduled = false
            let sessions = list.sessions
            list.sessions = list.spare
            list.spare = []
            return sessions
        }
        for session in sessions { session.flush(on: self) }
        // A broadcast to many leaves a long list, whose memory is not kept.
        guard sessions.count <= Self.spareLimit else { return }
        sessions.removeAll(keepingCapacity: true)
        self.flushList.withLock { [sessions] in $0.spare = sessions }
    }

    /// How many sessions the kept list has room for.
    private static let spareLimit = 256

    // MARK: Deadlines

    /// Sets a deadline for a target.
    package func schedule(
        _ target: any DeadlineTarget,
        at deadline: NIODeadline
    ) -> DeadlineWheel<any DeadlineTarget>.Token {
        let (token, wakeUp) = self.timers.withLock { timers in
            let token = timers.wheel.insert(target, at: deadline)
            // The usual case, and it spares looking for the next occupied slot.
            if let scheduled = timers.scheduledWakeUp, scheduled <= deadline { return (token, NIODeadline?.none) }
            return (token, Self.neededWakeUp(&timers))
        }
        if let wakeUp { self.wake(at: wakeUp) }
        return token
    }

    /// Cancels a deadline.
    package func cancel(_ token: DeadlineWheel<any DeadlineTarget>.Token) {
        self.timers.withLock { $0.wheel.cancel(token) }
    }

    /// The earliest deadline there is.
    ///
    /// It looks at all of them: only a test's time asks.
    var earliestDeadline: NIODeadline? { self.timers.withLock { $0.wheel.earliestDeadline } }

    /// Does something on the loop, as one of its next tasks.
    ///
    /// - Returns: When that is done; `nil` when the loop is about to end.
    func submit<Output: Sendable>(
        _ work: @escaping @Sendable () throws -> Output
    ) -> EventLoopFuture<Output>? {
        // What was handed to the loop under the lock is done before it ends.
        self.timers.withLock { timers in timers.isRetired ? nil : self.eventLoop.submit(work) }
    }

    /// Forgets all deadlines, for good: the loop is about to end.
    func retire() {
        self.timers.withLock { timers in
            timers.isRetired = true
            timers.wheel.removeAll()
        }
    }

    /// The number of deadlines that are set.
    package var deadlineCount: Int { self.timers.withLock { $0.wheel.count } }

    private func wake(at deadline: NIODeadline) {
        // A test's time knows the deadlines, and wakes the loop itself.
        guard self.manualTime == nil else { return }
        self.eventLoop.scheduleTask(deadline: deadline) { self.expireDeadlines() }
    }

    /// Tells the targets whose deadline has come.
    ///
    /// Called on the loop.
    func expireDeadlines() {
        let now = self.now
        let expired = self.timers.withLock { timers in
            // A later wake-up than this one may have been scheduled before: it stays the one that counts.
            if let scheduled = timers.scheduledWakeUp, scheduled <= now { timers.scheduledWakeUp = nil }
            return timers.wheel.expire(now: now)
        }
        for target in expired { target.deadlineReached(now: now) }
        if let wakeUp = self.timers.withLock({ Self.neededWakeUp(&$0) }) { self.wake(at: wakeUp) }
    }

    /// The wake-up to schedule now, unless an early enough one is scheduled.
    private static func neededWakeUp(_ timers: inout Timers) -> NIODeadline? {
        guard let next = timers.wheel.nextWakeUp else { return nil }
        if let scheduled = timers.scheduledWakeUp, scheduled <= next { return nil }
        timers.scheduledWakeUp = next
        return next
    }
}
