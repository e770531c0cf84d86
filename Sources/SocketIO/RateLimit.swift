/// How much a client may send in a time, and what happens beyond.

/// A rate, with a burst, and what happens to a client that exceeds it.
///
/// <!-- example: given configuration -->
/// ```swift
/// configuration.limits.eventsPerSecond = RateLimit(50, burst: 200)
/// configuration.limits.bytesPerSecond = RateLimit(100_000, beyond: .close)
/// ```
/// It is a token bucket: ``burst`` may come at once, after that as much as ``perSecond`` says.
public struct RateLimit: Sendable, Hashable {
    /// What happens to a client that exceeds the rate.
    public enum Excess: Sendable, Hashable {
        /// The client's connection is not read until the rate has room for more; nothing is lost.
        ///
        /// What has been read already is still delivered, such as the rest of a POST under way, and the pause is as long
        /// as it takes to make up for it.
        case delay
        /// What exceeds the rate is dropped, never decoded, and not acknowledged.
        ///
        /// A packet that a client joins a namespace with is refused with `Too many requests` instead.
        case drop
        /// The connection is closed, with the reason ``DisconnectReason/rateExceeded``.
        case close
    }

    /// How many may come in a second, on average; more than 0, at most 2^30.
    ///
    /// One every ten seconds is 0.1.
    public var perSecond: Double

    /// How many may come at once; 1 to 2^30.
    public var burst: Int

    /// What happens to what is too much.
    public var excess: Excess

    /// Creates a rate.
    ///
    /// - Parameters:
    ///   - perSecond: How many may come in a second, on average.
    ///   - burst: How many may come at once; `nil` for as many as in a second.
    ///   - excess: What happens to a client that exceeds the rate; by default it is made to wait.
    public init(_ perSecond: Double, burst: Int? = nil, beyond excess: Excess = .delay) {
        self.perSecond = perSecond
        // Values without sense are refused when the server starts, and must not trap before.
        self.burst = burst ?? Int(exactly: perSecond.rounded(.up)).map { max(1, $0) } ?? 1
        self.excess = excess
    }
}
