/// The application's asynchronous code under way: counted, so that a shutdown can wait for it, and within its reach.
import Synchronization

/// The tasks that run code of the application: handlers, middlewares, responders.
///
/// The tasks are no children of the one that runs the server, because events arrive on event loops. They are counted
/// here instead, and a server has not ended before they have: what structured concurrency would promise.
package final class ApplicationTasks: Sendable {
    private struct State {
        /// Tasks under way, whether or not they can be cancelled from here.
        var count = 0
        /// Tasks that have ended since the last time they were counted.
        var ended = 0
        var isCancelled = false
        var nextID: UInt64 = 0
        var cancellable: [UInt64: Task<Void, Never>] = [:]
        /// Tasks of sockets that were told to leave because of a shutdown.
        var adopted: [Task<Void, Never>] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: Starting and ending

    /// Counts a task that somebody else can cancel.
    package func started() {
        self.state.withLock { $0.count += 1 }
    }

    /// A task that was counted has ended.
    package func finished() {
        self.finish(nil)
    }

    /// Starts a task that only a shutdown cancels.
    @discardableResult
    package func run(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        let (task, isCancelled) = self.state.withLock { state in
            state.count += 1
            let id = state.nextID
            state.nextID += 1
            let task = Task {
                await work()
                self.finish(id)
            }
            // Its end has to wait for this lock: it cannot be over before it is known.
            if !state.isCancelled { state.cancellable[id] = task }
            return (task, state.isCancelled)
        }
        if isCancelled { task.cancel() }
        return task
    }

    private func finish(_ id: UInt64?) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            state.ended += 1
            if let id { state.cancellable[id] = nil }
            guard state.count == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Takes over tasks that are counted and whose owner is gone: they may finish until a shutdown cancels all.
    package func adopt(_ tasks: [Task<Void, Never>]) {
        guard !tasks.isEmpty else { return }
        let isCancelled = self.state.withLock { state in
            if !state.isCancelled { state.adopted.append(contentsOf: tasks) }
            return state.isCancelled
        }
        if isCancelled { for task in tasks { task.cancel() } }
    }

    // MARK: The end of all

    /// Whether a shutdown has cancelled all tasks, and those that are still to come.
    package var areCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// The number of tasks under way.
    package var count: Int { self.state.withLock { $0.count } }

    /// Waits until no task is under way.
    package func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = self.state.withLock { state in
                guard state.count > 0 else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Lets the tasks finish, then cancels those that have not, then gives them up.
    ///
    /// - Parameters:
    ///   - deadline: When they are cancelled.
    ///   - grace: How long they may take after that.
    ///   - timeline: The time of the shutdown.
    ///   - quiet: Waits for what begins tasks: until then more may come, which have until the deadline too.
    func settle(
        until deadline: Duration,
        grace: Duration,
        on timeline: ShutdownTimeline,
        after quiet: @escaping @Sendable () async -> Void = {}
    ) async -> ShutdownOutcome {
        var outcome = ShutdownOutcome()
        _ = self.takeEnded()
        await timeline.wait(until: deadline) {
            await quiet()
            await self.waitUntilIdle()
        }
        outcome.handlersFinished = self.takeEnded()
        self.cancelAll()
        if self.count > 0 {
            await timeline.wait(until: timeline.elapsed + grace) { await self.waitUntilIdle() }
        }
        (outcome.handlersCancelled, outcome.handlersAbandoned) = self.state.withLock { ($0.ended, $0.count) }
        return outcome
    }

    private func takeEnded() -> Int {
        self.state.withLock { state in
            defer { state.ended = 0 }
            return state.ended
        }
    }

    /// Cancels all tasks, and those that are still to come.
    private func cancelAll() {
        let tasks = self.state.withLock { state in
            state.isCancelled = true
            defer {
                state.cancellable = [:]
                state.adopted = []
            }
            return state.adopted + Array(state.cancellable.values)
        }
        for task in tasks { task.cancel() }
    }
}
