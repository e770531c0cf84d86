/// Finds sessions by their id.
import Synchronization

/// The open sessions of a server.
final class SessionRegistry: Sendable {
    private struct State {
        var sessions: [SessionID: Session] = [:]
        var isClosed = false
        /// Called once when no session is left.
        var emptied: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let maximumSessions: Int
    private let metrics: EngineMetrics

    init(maximumSessions: Int, metrics: EngineMetrics) {
        self.maximumSessions = maximumSessions
        self.metrics = metrics
    }

    /// The number of sessions.
    var count: Int { self.state.withLock { $0.sessions.count } }

    /// Whether there are as many sessions as there may be.
    var isFull: Bool { self.state.withLock { !$0.isClosed && $0.sessions.count >= self.maximumSessions } }

    /// Adds a session.
    ///
    /// - Returns: Whether there was room for it; `false` as well once the server is shutting down.
    func insert(_ session: Session) -> Bool {
        self.state.withLock { state in
            guard !state.isClosed, state.sessions.count < self.maximumSessions else { return false }
            state.sessions[session.id] = session
            return true
        }
    }

    /// Finds a session.
    func session(for id: SessionID) -> Session? {
        self.state.withLock { $0.sessions[id] }
    }

    /// Forgets a session.
    func remove(_ id: SessionID) {
        let (session, emptied) = self.state.withLock { state in
            let session = state.sessions.removeValue(forKey: id)
            return (session, state.isClosed && state.sessions.isEmpty ? state.emptied.take() : nil)
        }
        // The last reference may be this one: it goes outside the lock.
        if session != nil { self.metrics.sessionRemoved() }
        emptied?()
    }

    // MARK: The end

    /// Refuses new sessions from now on.
    ///
    /// - Returns: The ids of those there are.
    func close() -> [SessionID] {
        self.state.withLock { state in
            state.isClosed = true
            return Array(state.sessions.keys)
        }
    }

    /// Calls back once there is no session any more, at once when there is none.
    ///
    /// The registry is closed before.
    func whenEmpty(_ action: @escaping @Sendable () -> Void) {
        let isEmpty = self.state.withLock { state in
            if !state.sessions.isEmpty { state.emptied = action }
            return state.sessions.isEmpty
        }
        if isEmpty { action() }
    }
}
