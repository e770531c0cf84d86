/// The arithmetic of a rate with a burst; the time is an argument.
import NIOCore

/// Tokens that are spent, and come again at a steady rate up to a number.
///
/// What arrives is taken as long as one token is left, however much it costs, so that something larger than the burst
/// can pass at all. The debt it leaves is paid before anything else passes.
struct TokenBucket: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var level: Double
    /// When it was last filled; `nil` before anything has passed.
    private var time: NIODeadline?

    /// A full bucket.
    init(perSecond: Double, burst: Int) {
        self.perSecond = perSecond
        self.burst = Double(burst)
        self.level = self.burst
    }

    /// Whether anything may pass.
    mutating func hasRoom(at now: NIODeadline) -> Bool {
        self.refill(now)
        return self.level >= 1
    }

    /// Spends tokens, more than there are if need be.
    mutating func spend(_ count: Int) {
        self.level -= Double(count)
    }

    /// How long it takes until anything may pass; nothing when it may now.
    mutating func delay(at now: NIODeadline) -> TimeAmount? {
        guard !self.hasRoom(at: now) else { return nil }
        let seconds = (1 - self.level) / self.perSecond
        // Rounded up, and bounded: an integer of nanoseconds holds no more than some centuries.
        return .nanoseconds(Int64(min(seconds, Self.longestDelay) * 1e9) + 1)
    }

    private static let longestDelay = 86_400.0 * 365

    private mutating func refill(_ now: NIODeadline) {
        guard let time = self.time else {
            self.time = now
            return
        }
        // Two threads may have read the clock in the other order.
        guard now > time else { return }
        let seconds = Double((now - time).nanoseconds) / 1e9
        self.level = min(self.burst, self.level + seconds * self.perSecond)
        self.time = now
    }
}
