/// What a socket knows of coming back.
internal import Synchronization

/// A socket that is coming back, as its client claims it.
struct RecoveredSocket: Sendable {
    let socket: AbsentSocket
    /// The last event that its client has seen.
    let seenNumber: UInt64
}

/// The part of a socket that survives the loss of its connection.
final class SocketRecovery: Sendable {
    /// How far the socket has come.
    enum Phase: Sendable {
        /// Not in the namespace yet; as what it comes back, when it does.
        case entering(RecoveredSocket?)
        /// In the namespace; the number of the last event before it came, or that its client said it has seen.
        case present(firstNumber: UInt64)
        /// Gone, for good or for a while.
        case gone
    }

    /// Known to the client alone: what it comes back with.
    let privateID: String
    /// Whether the socket is one that has come back.
    let isRecovered: Bool
    /// Changed only under the store's lock, which makes it one with what the store does.
    let phase: Mutex<Phase>

    init(recovered: RecoveredSocket?, newPrivateID: @autoclosure () -> String) {
        self.privateID = recovered?.socket.privateID ?? newPrivateID()
        self.isRecovered = recovered != nil
        self.phase = Mutex(.entering(recovered))
    }

    /// What the socket was, until it is back.
    var recovered: RecoveredSocket? {
        self.phase.withLock { phase in
            if case .entering(let recovered) = phase { recovered } else { nil }
        }
    }

    /// Whether the socket is in its namespace.
    var isPresent: Bool {
        self.phase.withLock { phase in
            if case .present = phase { true } else { false }
        }
    }
}
