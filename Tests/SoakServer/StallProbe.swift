/// Measures how long an event loop was kept from what it has to do, and who kept it.
import NIOCore
import Synchronization

/// A gap between two turns of the probe, in nanoseconds.
struct Gap: Encodable, Sendable {
    /// From one turn to the next.
    var gap: Int64
    /// The part in which the loop's thread was ready to run and the system ran others.
    var waited: Int64
    /// The part in which it ran.
    var ran: Int64
    /// The longest that any other thread of the process has waited for a processor meanwhile.
    var othersWaited: Int64

    /// The part that the process itself is to blame for.
    ///
    /// While the loop neither runs nor waits for a processor, and has slept for longer than it wanted to, it may wait for
    /// a lock whose holder is not run.
    var own: Int64 {
        let blocked = max(0, self.gap - self.waited - self.ran - StallProbe.interval.nanoseconds)
        return max(0, self.gap - self.waited - min(blocked, self.othersWaited))
    }
}

/// A task that comes back on an event loop, and how late it was.
///
/// A loop that is never busy has gaps of ``interval``. One whose work takes long has longer ones, and so has one whose
/// thread the system does not run; the system's account of the thread tells them apart.
final class StallProbe: Sendable {
    /// How often the loop is looked at.
    static let interval: TimeAmount = .milliseconds(5)
    private static let keptGaps = 5

    private struct State {
        var whole = GapHistogram()
        var own = GapHistogram()
        /// The longest gaps, by what the process is to blame for.
        var worst: [Gap] = []
    }

    private let state = Mutex(State())

    /// Watches a loop for as long as it runs.
    func watch(_ loop: any EventLoop) {
        loop.execute {
            let accounts = ThreadAccounts()
            loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
                self.record(accounts.lap())
            }
        }
    }

    private func record(_ gap: Gap) {
        self.state.withLock { state in
            state.whole.record(gap.gap)
            state.own.record(gap.own)
            guard state.worst.count < Self.keptGaps || gap.own > state.worst.last?.own ?? 0 else { return }
            state.worst.append(gap)
            state.worst.sort { $0.own > $1.own }
            if state.worst.count > Self.keptGaps { state.worst.removeLast() }
        }
    }

    /// Forgets what was measured.
    func reset() { self.state.withLock { $0 = State() } }

    /// What was measured.
    var report: StallReport {
        self.state.withLock { StallReport(whole: $0.whole.summary, own: $0.own.summary, worst: $0.worst) }
    }
}

/// What a probe has measured.
struct StallReport: Encodable, Sendable {
    var whole: GapSummary
    var own: GapSummary
    var worst: [Gap]
}
