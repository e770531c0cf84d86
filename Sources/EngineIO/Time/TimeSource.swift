/// Where a server's time comes from: the system's clock, or a test.
package import NIOCore
import Synchronization

/// The one source of a server's time.
///
/// Whatever waits for a time asks here or its ``LoopContext``, which asks here: nothing else reads a clock or sleeps, so a
/// test that moves the time by hand reaches every timer.
package final class TimeSource: Sendable {
    private let manualTime: Mutex<ManualTime?>
    /// Whether there is a manual time, to be read without the lock.
    private let isManual: Atomic<Bool>

    /// Nobody waits longer than that, and deadlines stay far from the end of their numbers.
    private static let longest = Duration.seconds(86_400 * 365)

    /// Creates a source.
    ///
    /// - Parameter manual: The time of a test; `nil` for the system's.
    package init(manual: ManualTime? = nil) {
        self.manualTime = Mutex(manual)
        self.isManual = Atomic(manual != nil)
    }

    /// The time of a test, when it is one's.
    package var manual: ManualTime? {
        self.isManual.load(ordering: .acquiring) ? self.manualTime.withLock { $0 } : nil
    }

    /// Takes the time from a test.
    ///
    /// To be called before anything waits: what waits for the system's time already goes on doing so.
    package func follow(_ manual: ManualTime) {
        self.manualTime.withLock { $0 = manual }
        self.isManual.store(true, ordering: .releasing)
    }

    /// The time.
    package var now: NIODeadline { self.manual?.now ?? .now() }

    /// The time of day, in seconds since 1970.
    ///
    /// Nothing waits for it.
    package var timeOfDay: Double { self.manual?.timeOfDay ?? WallClock.now() }

    /// Does something later, on no particular thread.
    ///
    /// For the few waits that belong to no event loop; all others go into the wheel of a ``LoopContext``.
    ///
    /// - Parameters:
    ///   - duration: How much later; at once when it is not above zero.
    ///   - action: What to do. It must be quick.
    package func after(_ duration: Duration, _ action: @escaping @Sendable () -> Void) -> Alarm {
        guard duration > .zero else {
            action()
            return Alarm {}
        }
        let duration = min(duration, Self.longest)
        if let manual = self.manual { return manual.after(duration, action) }
        let sleeping = Task {
            guard (try? await Task.sleep(for: duration)) != nil else { return }
            action()
        }
        return Alarm { sleeping.cancel() }
    }

    /// Does something some time after a moment, on no particular thread.
    ///
    /// Unlike a wait counted from now it is not late when the time moves on meanwhile.
    ///
    /// - Parameters:
    ///   - duration: How much after the moment.
    ///   - start: The moment.
    ///   - action: What to do. It must be quick.
    package func after(
        _ duration: Duration,
        from start: NIODeadline,
        _ action: @escaping @Sendable () -> Void
    ) -> Alarm {
        let deadline = start + TimeAmount(min(duration, Self.longest))
        if let manual = self.manual { return manual.at(deadline, action) }
        return self.after(.nanoseconds((deadline - .now()).nanoseconds), action)
    }
}

/// Something that will be done later, unless it is cancelled.
package struct Alarm: Sendable {
    private let cancellation: @Sendable () -> Void

    init(cancellation: @escaping @Sendable () -> Void) {
        self.cancellation = cancellation
    }

    /// Does it not.
    ///
    /// Nothing happens when it has been done.
    package func cancel() { self.cancellation() }
}
