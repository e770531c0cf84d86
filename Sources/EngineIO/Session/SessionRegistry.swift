/// Finds sessions by their id.
import Synchronization

/// The open sessions of a server.
final class SessionRegistry: Sendable {
    private struct State {
        var sessions: [SessionID: Session] = [:]
        var isClosed = false
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
        // The last reference may be this one: let it go outside the lock.
        let session = self.state.withLock { $0.sessions.removeValue(forKey: id) }
        if session != nil { self.metrics.sessionRemoved() }
    }

    /// Refuses new sessions from now on and returns those there are.
    func close() -> [Session] {
        self.state.withLock { state in
            state.isClosed = true
            return Array(state.sessions.values)
        }
    }
}
