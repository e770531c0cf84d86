/// The time of a shutdown: how long it has taken, and waiting for its moments.
import NIOCore
import Synchronization

/// Tells how long a shutdown has taken so far, and waits for moments of it.
///
/// Moments are given as time since the beginning, so that waits that follow each other do not add up their delays.
struct ShutdownTimeline: Sendable {
    private let time: TimeSource
    private let start: NIODeadline

    /// Begins.
    init(_ time: TimeSource) {
        self.time = time
        self.start = time.now
    }

    /// The time since the beginning.
    var elapsed: Duration { .nanoseconds((self.time.now - self.start).nanoseconds) }

    /// Waits for a moment; not at all when it has passed or the task is cancelled.
    func sleep(until moment: Duration) async {
        let sleeper = FirstResult()
        await withTaskCancellationHandler {
            _ = await withCheckedContinuation { continuation in
                sleeper.arm(continuation, alarm: self.time.after(moment, from: self.start) { sleeper.set(true) })
            }
        } onCancel: {
            sleeper.set(false)
        }
    }

    /// Waits for something to end, but not beyond a moment.
    ///
    /// What does not end goes on by itself: code of the application cannot be forced to return. Hence no task group,
    /// which would wait for it.
    ///
    /// - Returns: Whether it has ended.
    @discardableResult
    func wait(until moment: Duration, for work: @escaping @Sendable () async -> Void) async -> Bool {
        let result = FirstResult()
        return await withCheckedContinuation { continuation in
            Task {
                await work()
                result.set(true)
            }
            result.arm(continuation, alarm: self.time.after(moment, from: self.start) { result.set(false) })
        }
    }
}

/// Resumes a continuation with the first of several results, before or after there is a continuation.
private final class FirstResult: Sendable {
    private struct State {
        var result: Bool?
        var continuation: CheckedContinuation<Bool, Never>?
        var alarm: Alarm?
    }

    private let state = Mutex(State())

    /// - Parameter alarm: What is not needed once there is a result.
    func arm(_ continuation: CheckedContinuation<Bool, Never>, alarm: Alarm) {
        let result = self.state.withLock { state in
            if state.result == nil {
                state.continuation = continuation
                state.alarm = alarm
            }
            return state.result
        }
        guard let result else { return }
        alarm.cancel()
        continuation.resume(returning: result)
    }

    func set(_ result: Bool) {
        let (continuation, alarm) = self.state.withLock { state in
            state.result = state.result ?? result
            return (state.continuation.take(), state.alarm.take())
        }
        alarm?.cancel()
        continuation?.resume(returning: result)
    }
}
