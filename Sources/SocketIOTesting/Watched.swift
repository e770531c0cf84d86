/// A value that others wait for, with patience and with words for what did not come.
import Synchronization

/// Keeps a state; whoever waits for something in it looks again whenever it changes.
final class Watched<State: Sendable>: Sendable {
    private struct Inner {
        var state: State
        var version = 0
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let inner: Mutex<Inner>

    init(_ state: State) {
        self.inner = Mutex(Inner(state: state))
    }

    /// The state.
    var current: State { self.inner.withLock { $0.state } }

    /// Changes the state, and wakes whoever waits.
    func change<Output: Sendable>(_ body: @Sendable (inout State) -> Output) -> Output {
        let (output, waiters) = self.inner.withLock { inner in
            let output = body(&inner.state)
            inner.version += 1
            defer { inner.waiters = [:] }
            return (output, Array(inner.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return output
    }

    /// Waits until something can be found in the state, and takes it.
    ///
    /// - Parameters:
    ///   - patience: How long to wait.
    ///   - find: Looks for it; what it changes stays changed.
    ///   - failure: What to say when it did not come.
    /// - Throws: What `failure` makes, or `CancellationError`.
    func wait<Output: Sendable>(
        upTo patience: Duration,
        _ find: @Sendable (inout State) throws -> Output?,
        orSay failure: @Sendable (State) -> TestFailure
    ) async throws -> Output {
        let deadline = ContinuousClock.now + patience
        let alarm = Task {
            try await Task.sleep(until: deadline)
            self.wake()
        }
        defer { alarm.cancel() }
        while true {
            let version = self.inner.withLock { $0.version }
            if let output = try self.inner.withLock({ inner in try find(&inner.state) }) { return output }
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else { throw failure(self.current) }
            await self.change(after: version, until: deadline)
        }
    }

    private func change(after version: Int, until deadline: ContinuousClock.Instant) async {
        let waiter = self.inner.withLock { inner in
            defer { inner.nextWaiter += 1 }
            return inner.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = self.inner.withLock { inner in
                    guard inner.version == version, ContinuousClock.now < deadline, !Task.isCancelled else {
                        return false
                    }
                    inner.waiters[waiter] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            self.inner.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
        }
    }

    private func wake() {
        let waiters = self.inner.withLock { inner in
            defer { inner.waiters = [:] }
            return Array(inner.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}
