/// An acknowledgement that is awaited from a client.
internal import EngineIO
internal import NIOCore
internal import Synchronization

/// Waits for acknowledgements; a socket knows it by the id that its client was sent.
protocol AckReceiver: AnyObject, Sendable {
    /// A client has answered, or its socket has left. Called with no lock held.
    func receive(_ outcome: Result<Arguments, SocketIOError>, from socket: Socket)
}

/// Whether an answer can be waited for.
enum AckRegistration {
    case registered
    /// The socket has left.
    case left
    /// So many are awaited that one more is not.
    case tooMany
}

/// Resumes one waiting task, once: with the client's answer, or with what came instead.
final class PendingAck: DeadlineTarget, AckReceiver {
    typealias Outcome = Result<Arguments, SocketIOError>

    private enum State {
        case idle
        case waiting(CheckedContinuation<Outcome, Never>)
        /// Resolved before anybody waited.
        case early(Outcome)
        case resolved
    }

    private struct Fields {
        var state = State.idle
        var token: DeadlineWheel<any DeadlineTarget>.Token?
    }

    let id: UInt64
    private let socket: Socket
    private let fields = Mutex(Fields())

    init(id: UInt64, socket: Socket) {
        self.id = id
        self.socket = socket
    }

    /// Waits until the acknowledgement is resolved.
    func wait(timeout: Duration, sending: () -> Void) async -> Outcome {
        await withCheckedContinuation { continuation in
            let early = self.fields.withLock { fields -> Outcome? in
                if case .early(let outcome) = fields.state {
                    fields.state = .resolved
                    return outcome
                }
                fields.state = .waiting(continuation)
                return nil
            }
            if let early {
                continuation.resume(returning: early)
                return
            }
            self.setDeadline(in: timeout)
            sending()
        }
    }

    private func setDeadline(in timeout: Duration) {
        let token = self.socket.session.schedule(self, in: timeout)
        let isWaiting = self.fields.withLock { fields in
            guard case .waiting = fields.state else { return false }
            fields.token = token
            return true
        }
        // It was resolved meanwhile, by a disconnect or a cancellation.
        if !isWaiting { self.socket.session.cancel(token) }
    }

    func receive(_ outcome: Outcome, from socket: Socket) { self.resolve(outcome) }

    /// Ends the wait, if it has not ended yet.
    func resolve(_ outcome: Outcome) {
        let (continuation, token) = self.fields.withLock { fields in
            defer { fields.token = nil }
            switch fields.state {
            case .waiting(let continuation):
                fields.state = .resolved
                return (Optional(continuation), fields.token)
            case .idle:
                fields.state = .early(outcome)
                return (nil, fields.token)
            case .early, .resolved:
                return (nil, fields.token)
            }
        }
        if let token { self.socket.session.cancel(token) }
        continuation?.resume(returning: outcome)
    }

    func deadlineReached(now: NIODeadline) {
        self.socket.forgetAck(self.id)
        self.resolve(.failure(SocketIOError(.acknowledgementTimeout, "operation has timed out")))
    }
}
