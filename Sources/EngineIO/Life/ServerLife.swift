/// Whether a server takes clients, for whoever must know without a lock.
import Synchronization

/// How far a server is in its life; it only ever goes on.
final class ServerLife: Sendable {
    private enum Phase {
        static let starting = 0
        static let ready = 1
        /// It is going to shut down, and still takes clients that do not know yet.
        static let leaving = 2
        /// No more sessions are opened.
        static let draining = 3
    }

    private let phase = Atomic(Phase.starting)

    /// Whether the server takes clients and wants more.
    var isReady: Bool { self.phase.load(ordering: .acquiring) == Phase.ready }

    /// Whether no more sessions are opened.
    var isDraining: Bool { self.phase.load(ordering: .acquiring) == Phase.draining }

    /// The server listens.
    func started() {
        self.phase.max(Phase.ready, ordering: .acquiringAndReleasing)
    }

    func leave() { self.phase.max(Phase.leaving, ordering: .acquiringAndReleasing) }

    func drain() { self.phase.max(Phase.draining, ordering: .acquiringAndReleasing) }
}
