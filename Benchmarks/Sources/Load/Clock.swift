/// The kernel's clocks, in nanoseconds.
import Glibc

enum Clock {
    /// The time since some fixed moment.
    static func now() -> UInt64 {
        self.read(CLOCK_MONOTONIC) ?? 0
    }

    /// The processor time this program has used.
    static func ownProcessorTime() -> UInt64 {
        self.read(CLOCK_PROCESS_CPUTIME_ID) ?? 0
    }

    /// The processor time a process has used with all of its threads, or nothing when there is no such process.
    static func processorTime(of process: pid_t) -> UInt64? {
        var clock = clockid_t()
        guard clock_getcpuclockid(process, &clock) == 0 else {
            return nil
        }
        return self.read(clock)
    }

    static func nanoseconds(_ seconds: Double) -> UInt64 {
        UInt64(seconds * 1e9)
    }

    private static func read(_ clock: clockid_t) -> UInt64? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else {
            return nil
        }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
