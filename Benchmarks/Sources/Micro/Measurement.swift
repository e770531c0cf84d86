/// Runs one operation many times: what it costs, and how often it allocates.
import CAllocationCounter

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// An operation to measure, by name.
struct Benchmark {
    let name: String
    /// Does the operation a number of times.
    let run: (_ count: Int) -> Void

    init(_ name: String, _ operation: @escaping () -> Void) {
        self.name = name
        self.run = { count in
            for _ in 0..<count { operation() }
        }
    }
}

/// What an operation costs.
struct Measurement {
    var name: String
    var nanoseconds: Double
    /// Heap allocations for each operation; absent where they are not counted.
    var allocations: Double?

    /// Whether this is another library's, measured to compare.
    var isPeer: Bool { self.name.hasPrefix("peer: ") }
}

extension Benchmark {
    /// The least of several rounds: everything that disturbs makes a round longer.
    private static let rounds = 7
    private static let roundTime = 0.02
    /// Many, so that what happens once, or when something grows, is rounded away.
    private static let countedOperations = 2_000

    func measure() -> Measurement {
        self.run(Self.countedOperations)
        let before = allocation_count()
        self.run(Self.countedOperations)
        let allocations = Double(allocation_count() - before) / Double(Self.countedOperations)
        var count = 1
        while self.time(count) < Self.roundTime { count *= 2 }
        let best = (0..<Self.rounds).map { _ in self.time(count) }.min() ?? 0
        return Measurement(
            name: self.name,
            nanoseconds: best / Double(count) * 1e9,
            allocations: allocation_counter_works() ? allocations : nil
        )
    }

    /// The processor time of this thread, in seconds.
    private func time(_ count: Int) -> Double {
        let start = Self.now()
        self.run(count)
        return Self.now() - start
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Keeps the optimizer from leaving out what computes a value.
@inline(never)
func use<Value>(_ value: borrowing Value) {}
