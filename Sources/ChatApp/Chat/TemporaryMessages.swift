/// The temporary messages of the last seconds.
import DequeModule
import SocketIO

/// Temporary messages, oldest first.
///
/// Bounded in number and bytes: the oldest go first.
struct TemporaryMessages: Sendable {
    private struct Entry: Sendable {
        var message: EncodedValue
        var expiry: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let countLimit: Int
    private let byteLimit: Int
    private var entries: Deque<Entry> = []
    private(set) var byteCount = 0

    init(lifetime: Duration, countLimit: Int = 10_000, byteLimit: Int = 8 << 20) {
        self.lifetime = lifetime
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    /// The messages, oldest first.
    var messages: [EncodedValue] { self.entries.map(\.message) }

    /// Keeps a message; one that is larger than all that may be kept is not.
    mutating func append(_ message: EncodedValue, at now: ContinuousClock.Instant) {
        guard message.byteCount <= self.byteLimit else { return }
        self.entries.append(Entry(message: message, expiry: now + self.lifetime))
        self.byteCount += message.byteCount
        while self.entries.count > self.countLimit || self.byteCount > self.byteLimit { self.removeFirst() }
    }

    /// Removes the messages whose time is over.
    mutating func purge(at now: ContinuousClock.Instant) {
        while let first = self.entries.first, first.expiry <= now { self.removeFirst() }
    }

    private mutating func removeFirst() {
        self.byteCount -= self.entries.removeFirst().message.byteCount
    }
}
