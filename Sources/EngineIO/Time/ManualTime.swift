/// The time of a server under test, which stands still until the test moves it.
package import NIOCore
import Synchronization

/// A time that moves when it is told to.
///
/// Moving it goes from one deadline to the next, over all event loops and alarms; at each, what is due runs and is waited
/// for before the time goes on. So everything happens at its own time and in order, however far the time is moved.
package final class ManualTime: Sendable {
    private struct Entry {
        var deadline: NIODeadline
        var action: @Sendable () -> Void
    }

    private struct WeakContext {
        weak var context: LoopContext?
    }

    private struct State {
        var now: NIODeadline
        var contexts: [WeakContext] = []
        var alarms: [UInt64: Entry] = [:]
        var nextAlarm: UInt64 = 0
        var isMoving = false
        /// Who else wants to move the time, in order.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What the time is counted in: moves are rounded up to it, and deadlines are at most this late.
    package static let tick: TimeAmount = .milliseconds(1)

    /// When it began; any time does, as long as there is room before it.
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private let firstTimeOfDay: Double
    private let state = Mutex(State(now: ManualTime.start))

    /// Creates a time that stands still.
    ///
    /// - Parameter timeOfDay: The time of day that it begins with, in seconds since 1970.
    package init(timeOfDay: Double = WallClock.now()) {
        self.firstTimeOfDay = timeOfDay
    }

    /// The time.
    package var now: NIODeadline { self.state.withLock { $0.now } }

    /// The time of day, in seconds since 1970.
    ///
    /// It moves along with the time.
    package var timeOfDay: Double { self.firstTimeOfDay + Double((self.now - Self.start).nanoseconds) / 1e9 }

    /// The event loop's deadlines are kept by this time from now on.
    func add(_ context: LoopContext) {
        self.state.withLock { state in
            state.contexts.removeAll { $0.context == nil }
            state.contexts.append(WeakContext(context: context))
        }
    }

    func after(_ duration: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
        self.add(action) { now in now + TimeAmount(duration) }
    }

    func at(_ deadline: NIODeadline, _ action: @escaping @Sendable () -> Void) -> Alarm {
        self.add(action) { _ in deadline }
    }

    private func add(
        _ action: @escaping @Sendable () -> Void,
        deadline: (_ now: NIODeadline) -> NIODeadline
    ) -> Alarm {
        let id = self.state.withLock { state -> UInt64? in
            let deadline = deadline(state.now)
            guard deadline > state.now else { return nil }
            defer { state.nextAlarm += 1 }
            state.alarms[state.nextAlarm] = Entry(deadline: deadline, action: action)
            return state.nextAlarm
        }
        guard let id else {
            // Due already: nobody need move the time for it.
            Task { action() }
            return Alarm {}
        }
        return Alarm { [weak self] in _ = self?.state.withLock { $0.alarms.removeValue(forKey: id) } }
    }

    // MARK: Moving

    /// Moves the time.
    ///
    /// Two moves at once follow one another.
    ///
    /// - Parameters:
    ///   - amount: How far, rounded up to milliseconds.
    ///   - settle: Waits until the deadlines' effects have come to rest; called first, and after each deadline.
    /// - Throws: What `settle` throws. The move ends there and then, as it does when its task is cancelled.
    package func advance(by amount: TimeAmount, settle: () async throws -> Void) async rethrows {
        await self.beginMove()
        defer { self.endMove() }
        try await settle()
        let tick = Self.tick.nanoseconds
        let end = self.now + .nanoseconds((max(0, amount.nanoseconds) + tick - 1) / tick * tick)
        try await self.reachAll(until: end, settle)
        guard !Task.isCancelled else { return }
        self.state.withLock { $0.now = max($0.now, end) }
        // What was set meanwhile, when the time was still before it.
        try await self.reachAll(until: end, settle)
    }

    /// Moves the time, waiting for nothing but the deadlines' own actions.
    ///
    /// - Parameter amount: How far, rounded up to milliseconds.
    package func advance(by amount: TimeAmount) async {
        await self.advance(by: amount) {}
    }

    private func reachAll(until end: NIODeadline, _ settle: () async throws -> Void) async rethrows {
        while !Task.isCancelled, let next = self.nextDeadline, next <= end {
            await self.reach(next)
            try await settle()
        }
    }

    /// The next deadline of all.
    package var nextDeadline: NIODeadline? {
        let (contexts, alarm) = self.state.withLock { state in
            (state.contexts.compactMap(\.context), state.alarms.values.map(\.deadline).min())
        }
        return (contexts.compactMap(\.earliestDeadline) + [alarm].compactMap(\.self)).min()
    }

    private func reach(_ deadline: NIODeadline) async {
        let (now, contexts) = self.state.withLock { state in
            state.now = max(state.now, deadline)
            return (state.now, state.contexts.compactMap(\.context))
        }
        for context in contexts where context.earliestDeadline.map({ $0 <= now }) ?? false {
            try? await context.submit { context.expireDeadlines() }?.get()
        }
        let due = self.state.withLock { state in
            let due = state.alarms.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
            for (id, _) in due { state.alarms[id] = nil }
            return due
        }
        for (_, entry) in due { entry.action() }
    }

    private func beginMove() async {
        await withCheckedContinuation { continuation in
            let isFirst = self.state.withLock { state in
                if state.isMoving { state.waiters.append(continuation) }
                defer { state.isMoving = true }
                return !state.isMoving
            }
            if isFirst { continuation.resume() }
        }
    }

    private func endMove() {
        let next = self.state.withLock { state in
            guard state.waiters.isEmpty else { return Optional(state.waiters.removeFirst()) }
            state.isMoving = false
            return nil
        }
        next?.resume()
    }
}
