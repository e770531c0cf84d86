/// When a session's next ping is due, and how long its pong or the client's own ping may take (Engine.IO, Heartbeat).
import NIOCore

/// The server's side of the heartbeat: ping after an interval of quiet, pong within the timeout.
///
/// A pong that nobody asked for is a legal race (the answer to a ping sent just before) and restarts the interval.
/// Messages do not count as signs of life, as in Node since 6.6. In revision 3 it is the client that pings: the server
/// waits for the next ping, whatever else comes.
struct HeartbeatStateMachine {
    /// What a deadline that was reached asks for.
    enum DeadlineAction: Equatable {
        case sendPing
        case timeOut
    }

    private enum State {
        case pingDue(NIODeadline)
        case pongDue(NIODeadline)
        /// Revision 3: the client's next ping.
        case clientPingDue(NIODeadline)
    }

    private var state: State

    /// Starts with the first ping one interval from now.
    init(now: NIODeadline, interval: TimeAmount) {
        self.state = .pingDue(now + interval)
    }

    /// Starts to wait for a client that pings by itself.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - patience: How long the client may be silent.
    init(now: NIODeadline, patience: TimeAmount) {
        self.state = .clientPingDue(now + patience)
    }

    /// When ``reachedDeadline(now:timeout:)`` has something to do.
    var deadline: NIODeadline {
        switch self.state {
        case .pingDue(let deadline), .pongDue(let deadline), .clientPingDue(let deadline): deadline
        }
    }

    /// The client answered.
    ///
    /// - Returns: Whether it may: who pings has nothing to answer.
    @discardableResult
    mutating func receivedPong(now: NIODeadline, interval: TimeAmount) -> Bool {
        if case .clientPingDue = self.state { return false }
        self.state = .pingDue(now + interval)
        return true
    }

    /// The client pinged.
    ///
    /// - Returns: Whether it may, and is to be answered.
    mutating func receivedPing(now: NIODeadline, patience: TimeAmount) -> Bool {
        guard case .clientPingDue = self.state else { return false }
        self.state = .clientPingDue(now + patience)
        return true
    }

    /// Nothing is read from the client for now: it cannot be blamed for its silence.
    mutating func extend(now: NIODeadline, interval: TimeAmount, patience: TimeAmount) {
        if !self.receivedPing(now: now, patience: patience) { self.receivedPong(now: now, interval: interval) }
    }

    /// The time has moved on; `nil` when nothing is due yet.
    mutating func reachedDeadline(now: NIODeadline, timeout: TimeAmount) -> DeadlineAction? {
        guard now >= self.deadline else { return nil }
        switch self.state {
        case .pingDue:
            self.state = .pongDue(now + timeout)
            return .sendPing
        case .pongDue, .clientPingDue:
            return .timeOut
        }
    }
}
