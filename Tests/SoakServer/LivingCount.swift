/// How many sockets are in memory, whoever keeps them.
import SocketIO
import Synchronization

/// Counts the sockets that have been made and not been freed.
final class LivingCount: Sendable {
    private let count = Atomic(0)

    var value: Int { self.count.load(ordering: .relaxed) }

    func add(_ change: Int) { self.count.add(change, ordering: .relaxed) }
}

/// Lives as long as the socket that it is a value of.
final class Life: Sendable {
    private let counted: LivingCount

    init(counted: LivingCount) {
        self.counted = counted
        counted.add(1)
    }

    deinit { self.counted.add(-1) }
}

/// The key of a socket's ``Life``.
enum LifeKey: SocketValueKey {
    typealias Value = Life
}
