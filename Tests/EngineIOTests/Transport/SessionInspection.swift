/// What live tests must know of a session before they go on.
import Synchronization

@testable import EngineIO

extension Session {
    /// Whether a poll waits.
    var holdsPoll: Bool { self.state.withLock { $0.polling.poll != nil } }

    /// Whether a POST is under way.
    var isPosting: Bool { self.state.withLock { $0.polling.isPosting } }

    /// Whether a WebSocket probes.
    var hasCandidate: Bool { self.state.withLock { $0.upgrade.deadline != nil } }
}
