/// The time of the server under test, in the hands of the test.
import EngineIO
import NIOCore

/// The server's time, which stands still until the test moves it.
///
/// All of the server's timers go by it: heartbeats, timeouts of acknowledgements, requests, upgrades and connections, the
/// patience of a shutdown. What the application itself does with clocks and `Task.sleep` does not.
public struct TestTime: Sendable {
    private let manual: ManualTime
    private let start: NIODeadline
    private let settle: @Sendable () async throws -> Void

    init(_ manual: ManualTime, settle: @escaping @Sendable () async throws -> Void) {
        self.manual = manual
        self.start = manual.now
        self.settle = settle
    }

    /// How far the time has been moved.
    public var elapsed: Duration { .nanoseconds((self.manual.now - self.start).nanoseconds) }

    /// Moves the server's time.
    ///
    /// The time goes from one timer to the next. Each fires at its own time, and before it goes on, what was sent has
    /// arrived: a client that answers pings stays connected however far the time is moved. An asynchronous handler is not
    /// waited for, since it may itself wait for the time: first wait for what shows that it has got where the test wants
    /// it, such as the event that it emits, then move the time.
    ///
    /// - Parameter duration: How far, rounded up to milliseconds.
    /// - Throws: ``TestFailure`` when what was sent does not arrive within the harness's patience, and
    ///   `CancellationError` when the task is cancelled. The time has then got no further than that.
    public func advance(by duration: Duration) async throws {
        try await self.manual.advance(by: TimeAmount(min(duration, .seconds(86_400 * 3650))), settle: self.settle)
    }
}
