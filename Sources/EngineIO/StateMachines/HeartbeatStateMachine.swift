/// When a session's next ping is due, and how long its pong may take (Engine.IO v4, Heartbeat).
import NIOCore

/// The server's side of the heartbeat: ping after an interval of quiet, pong within the timeout.
///
/// A pong that nobody asked for is a legal race (the answer to a ping sent just before) and restarts the interval.
/// Messages do not count as signs of life, as in Node since 6.6.
struct HeartbeatStateMachine {
    /// What a deadline that was reached asks for.
    enum DeadlineAction: Equatable {
        case sendPing
        case timeOut
    }

    private enum State {
        case pingDue(NIODeadline)
        case pongDue(NIODeadline)
    }

    private var state: State

    /// Starts with the first ping one interval from now.
    init(now: NIODeadline, interval: TimeAmount) {
        self.state = .pingDue(now + interval)
    }

    /// When ``reachedDeadline(now:timeout:)`` has something to do.
    var deadline: NIODeadline {
        switch self.state {
        case .pingDue(let deadline), .pongDue(let deadline): deadline
        }
    }

    /// The client answered.
    mutating func receivedPong(now: NIODeadline, interval: TimeAmount) {
        self.state = .pingDue(now + interval)
    }

    /// The time has moved on; `nil` when nothing is due yet.
    mutating func reachedDeadline(now: NIODeadline, timeout: TimeAmount) -> DeadlineAction? {
        guard now >= self.deadline else { return nil }
        switch self.state {
        case .pingDue:
            self.state = .pongDue(now + timeout)
            return .sendPing
        case .pongDue:
            return .timeOut
        }
    }
}
