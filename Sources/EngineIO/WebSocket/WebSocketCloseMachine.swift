/// Decides who says goodbye, once, and when the TCP connection goes (RFC 6455 §7).
///
/// States: open; closeSent (our close frame is out, the peer's is awaited); finishing (the peer broke the protocol and
/// may still be sending: our output is shut, and its end of the connection is awaited, since what arrives at a closed
/// connection would cost the peer our close frame); ending (both close frames are written, and the server closes first,
/// RFC 6455 §7.1.1); closed.
///
/// Our own mistakes: none are possible, each input is legal in each state. The peer's violations come in through
/// `receivedViolation`. Legal races, dropped in silence: a second close from either side, data behind a close frame,
/// a deadline that was overtaken.
import NIOCore

struct WebSocketCloseMachine {
    enum ReceiveAction: Equatable {
        /// Send a close frame with this code, then close the TCP connection once everything is written.
        case answerAndCloseTransport(code: UInt16?)
        /// Send a close frame with this code, then shut the output.
        case answerAndShutOutput(code: UInt16?)
        /// The peer has answered: close the TCP connection once everything is written.
        case closeTransport
        case ignore
    }

    enum SendAction: Equatable {
        case sendClose(code: UInt16?)
        case ignore
    }

    enum DeadlineAction: Equatable {
        /// The peer does not answer: close the TCP connection without it.
        case closeTransport
        case ignore
    }

    private enum State {
        case open
        case closeSent(deadline: NIODeadline)
        case finishing(deadline: NIODeadline)
        case ending(deadline: NIODeadline)
        case closed
    }

    private var state = State.open

    /// Whether messages and pings of the peer still count.
    var acceptsInput: Bool {
        guard case .open = self.state else { return false }
        return true
    }

    /// Whether frames may still be sent; none may follow a close frame.
    var acceptsOutput: Bool { self.acceptsInput }

    /// When `hitDeadline` is due.
    var deadline: NIODeadline? {
        switch self.state {
        case .closeSent(let deadline), .finishing(let deadline), .ending(let deadline): deadline
        case .open, .closed: nil
        }
    }

    /// The peer's close frame; the answer repeats its code (RFC 6455 §5.5.1).
    ///
    /// The deadline is for what is written to leave; one that runs already stays.
    mutating func receivedClose(code: UInt16?, deadline: NIODeadline) -> ReceiveAction {
        switch self.state {
        case .open:
            self.state = .ending(deadline: deadline)
            return .answerAndCloseTransport(code: code)
        case .closeSent(let deadline):
            self.state = .ending(deadline: deadline)
            return .closeTransport
        case .finishing, .ending, .closed:
            return .ignore
        }
    }

    /// The peer broke the protocol: nothing it sends can be understood any more (RFC 6455 §7.1.7).
    mutating func receivedViolation(closeCode: UInt16, deadline: NIODeadline) -> ReceiveAction {
        guard case .open = self.state else { return self.receivedClose(code: closeCode, deadline: deadline) }
        self.state = .finishing(deadline: deadline)
        return .answerAndShutOutput(code: closeCode)
    }

    /// The session ends this WebSocket; the deadline is for the peer's close frame.
    mutating func sendClose(code: UInt16?, deadline: NIODeadline) -> SendAction {
        guard case .open = self.state else { return .ignore }
        self.state = .closeSent(deadline: deadline)
        return .sendClose(code: code)
    }

    /// The time is `now`, and the deadline may have passed.
    mutating func hitDeadline(now: NIODeadline) -> DeadlineAction {
        guard let deadline = self.deadline, now >= deadline else { return .ignore }
        self.state = .closed
        return .closeTransport
    }

    /// The TCP connection is gone.
    mutating func transportLost() {
        self.state = .closed
    }
}
