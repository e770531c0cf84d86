/// All clients of a test and the bytes between them and the server.
import EngineIO
import NIOCore
import Synchronization

/// Knows when everything sent has arrived, and ends all clients.
final class TestNetwork: Sendable {
    private let entrance: TestEntrance
    private let traffic: Traffic
    private let patience: Duration
    private let connections = Mutex<[ClientConnection]>([])

    init(entrance: TestEntrance, traffic: Traffic, patience: Duration) {
        self.entrance = entrance
        self.traffic = traffic
        self.patience = patience
    }

    func add(_ connection: ClientConnection) {
        self.connections.withLock { $0.append(connection) }
    }

    func dropAll() {
        for connection in self.connections.withLock({ $0 }) { connection.drop() }
    }

    /// Waits until nothing is on its way and the event loops have nothing to do for it.
    ///
    /// - Throws: ``TestFailure`` when the patience is over, `CancellationError` when the task is cancelled.
    func settle() async throws {
        let deadline = ContinuousClock.now + self.patience
        while true {
            try Task.checkCancellation()
            let before = self.traffic.counts
            // Work on one loop may lead to work on another, and a flush comes at the end of a turn.
            for _ in 0..<2 { await self.turn() }
            let unread = await self.traffic.unread()
            if unread == nil, self.traffic.counts == before { return }
            guard ContinuousClock.now < deadline else {
                let what = unread ?? "there was always more to send"
                throw TestFailure("the connections did not come to rest within \(self.patience): \(what)")
            }
        }
    }

    /// Has all loops do what they have to do.
    private func turn() async {
        await self.entrance.turn()
        for connection in self.connections.withLock({ $0 }) { try? await connection.loop.submit {}.get() }
    }
}
