/// The memory of the events that the handlers of one connection have before them.
internal import EngineIO
internal import Synchronization

/// Holds a connection back while the inboxes of its sockets hold too many bytes.
///
/// Each inbox counts its own events. Their bytes are counted here, since a client may join many namespaces. Changes may
/// come in any order, from any thread: they are sums.
struct InboxMeter: ~Copyable, Sendable {
    struct State {
        var byteCount = 0
        var isHolding = false
    }

    /// What is to be done about the connection.
    enum Step {
        case none
        case hold
        case release
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Creates a meter.
    ///
    /// - Parameter limit: The bytes from which on the connection is held back, until no more than half of them are held.
    init(limit: Int) {
        self.limit = limit
    }

    /// Counts bytes that are held now, or, when negative, that are no more.
    func add(_ byteCount: Int) -> Step {
        guard byteCount != 0 else { return .none }
        return self.state.withLock { state in
            state.byteCount += byteCount
            if !state.isHolding, state.byteCount >= self.limit {
                state.isHolding = true
                return .hold
            }
            if state.isHolding, state.byteCount <= self.limit / 2 {
                state.isHolding = false
                return .release
            }
            return .none
        }
    }
}

extension Socket {
    /// Tells the connection's meter how the bytes in this socket's inbox have changed.
    func meter(_ byteCount: Int) {
        switch self.connection.inboxMeter.add(byteCount) {
        case .none: break
        case .hold:
            self.session.holdInput()
            self.connection.report(.inboxBytes, on: self.session)
        case .release: self.session.releaseInput()
        }
    }
}
