/// A deadline of a connection.
internal import EngineIO
internal import NIOCore

/// Runs something when a deadline has come.
final class ConnectionTimer: DeadlineTarget {
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) {
        self.action = action
    }

    func deadlineReached(now: NIODeadline) { self.action() }
}
