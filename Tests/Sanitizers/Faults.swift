/// Faults made on purpose, and code that only looks like them: what a sanitizer must report, and must not.
///
/// usage: Faults <name>
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A number that nobody guards, beside a lock that could.
final class Counter: Sendable {
    // reason: the fault itself.
    nonisolated(unsafe) var number = 0
    let lock = Mutex(())
    let waits = Atomic(0)

    func increment() { self.number += 1 }

    /// Holds the lock long enough for others to have to wait.
    func incrementGuarded() {
        if self.lock.withLockIfAvailable({ _ in self.incrementSlowly() }) == nil {
            self.waits.add(1, ordering: .relaxed)
            self.lock.withLock { _ in self.incrementSlowly() }
        }
    }

    private func incrementSlowly() {
        self.increment()
        if self.number % 8 == 0 { sched_yield() }
    }
}

/// Keeps another one, and perhaps itself that way.
final class Node: Sendable {
    let next = Mutex<Node?>(nil)
}

/// Either of two kinds, told apart by the upper bits of one pointer.
enum Either: Sendable {
    case counter(Counter)
    case node(Node)
}

let isKept = Mutex<[Either]>([])

/// Does something many times in each of two tasks, which have a thread each.
func onTwoThreads(times: Int, _ work: @escaping @Sendable () -> Void) async {
    let arrivals = Arrivals()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
            group.addTask {
                arrivals.count.add(1, ordering: .relaxed)
                while arrivals.count.load(ordering: .relaxed) < 2 { sched_yield() }
                for _ in 0..<times { work() }
            }
        }
    }
}

/// How many tasks are there.
final class Arrivals: Sendable {
    let count = Atomic(0)
}

/// Leaves two objects behind that keep each other.
@inline(never)
func leak() {
    let (one, other) = (Node(), Node())
    one.next.withLock { $0 = other }
    other.next.withLock { $0 = one }
}

/// Overwrites what is left on the stack, where a pointer would keep its object from being reported.
@inline(never)
func clearStack() {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 4096) { $0.initialize(repeating: 0) }
}

@main
struct Faults {
    static func main() async {
        let counter = Counter()
        switch CommandLine.arguments.dropFirst().first {
        case "race":
            await onTwoThreads(times: 100) { counter.increment() }
        case "locked":
            await onTwoThreads(times: 100_000) { counter.incrementGuarded() }
            precondition(counter.number == 200_000 && counter.waits.load(ordering: .relaxed) > 0)
        case "freed":
            let numbers = UnsafeMutablePointer<Int>.allocate(capacity: 4)
            numbers.initialize(repeating: 1, count: 4)
            numbers.deallocate()
            print(numbers[2])
        case "outside":
            let numbers = UnsafeMutablePointer<Int>.allocate(capacity: 4)
            numbers.initialize(repeating: 1, count: 4)
            print(numbers[CommandLine.arguments.count + 2])
            numbers.deallocate()
        case "leaked":
            leak()
            clearStack()
        case "kept":
            isKept.withLock { $0 = [.counter(counter), .node(Node())] }
        default:
            print("usage: Faults race|locked|freed|outside|leaked|kept")
            exit(64)
        }
    }
}
