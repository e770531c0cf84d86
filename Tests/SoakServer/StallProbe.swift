/// Measures how long an event loop was kept from what it has to do, and who kept it.
import Glibc
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

    /// The part that the process itself is to blame for.
    var own: Int64 { max(0, self.gap - self.waited) }
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
            let thread = LoopThread()
            loop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
                self.record(thread.lap())
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

/// A loop's thread, and what it had done when it was last looked at. Made and used on that thread.
private final class LoopThread: Sendable {
    private struct Account {
        var time = NIODeadline.now()
        var ran: Int64 = 0
        var waited: Int64 = 0
    }

    /// The account that Linux keeps of the thread that opens it.
    private let file: CInt
    private let last: Mutex<Account>

    init() {
        self.file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)
        self.last = Mutex(Self.read(self.file))
    }

    deinit { close(self.file) }

    /// What has passed since the last time.
    func lap() -> Gap {
        let now = Self.read(self.file)
        return self.last.withLock { last in
            defer { last = now }
            return Gap(
                gap: (now.time - last.time).nanoseconds,
                waited: now.waited - last.waited,
                ran: now.ran - last.ran
            )
        }
    }

    /// The nanoseconds in which the thread has run, and in which it could have run and has not; 0 when nobody knows.
    private static func read(_ file: CInt) -> Account {
        var account = Account()
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(file, &bytes, bytes.count, 0)
        let numbers = bytes.prefix(max(0, count)).split(separator: UInt8(ascii: " ")).map { digits in
            digits.reduce(into: Int64(0)) { $0 = $0 &* 10 &+ Int64($1) &- 48 }
        }
        if numbers.count >= 2 { (account.ran, account.waited) = (numbers[0], numbers[1]) }
        return account
    }
}
