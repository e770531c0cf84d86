internal import Synchronization

/// Lets one thread at a time do something, and lets it do the same within.
#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A turn that one thread has at a time.
///
/// Taken again by the thread that has it, it is just kept: what is called during a turn, such as an interceptor, may emit
/// as well.
final class TurnTaking: Sendable {
    private let gate = Mutex(())
    /// The thread that has the turn; 0 for none.
    private let owner = Atomic<UInt>(0)

    /// Runs something when the turn has come.
    func run<Output>(_ body: () throws -> Output) rethrows -> Output {
        let thread = Self.currentThread
        // Only this thread itself can have written its own name here.
        guard self.owner.load(ordering: .relaxed) != thread else { return try body() }
        return try self.gate.withLock { _ in
            self.owner.store(thread, ordering: .relaxed)
            defer { self.owner.store(0, ordering: .relaxed) }
            return try body()
        }
    }

    private static var currentThread: UInt {
        #if canImport(Darwin) || canImport(Musl)
        UInt(bitPattern: pthread_self())
        #else
        UInt(pthread_self())
        #endif
    }
}
