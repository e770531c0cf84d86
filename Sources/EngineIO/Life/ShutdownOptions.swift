/// How much time each part of a shutdown may take.

/// The times of a shutdown, in the order in which they pass.
package struct ShutdownOptions: Sendable {
    /// How long clients are still taken after readiness has turned off.
    package var notice: Duration
    /// Over what time the sessions are closed.
    package var drain: Duration
    /// How long connections and handlers may take to end after that.
    package var timeout: Duration
    /// How long handlers may take to end once they are cancelled.
    package var grace: Duration

    package init(
        notice: Duration = .zero,
        drain: Duration = .zero,
        timeout: Duration = .seconds(3),
        grace: Duration = .seconds(1)
    ) {
        self.notice = Self.bounded(notice)
        self.drain = Self.bounded(drain)
        self.timeout = Self.bounded(timeout)
        self.grace = Self.bounded(grace)
    }

    /// No step takes longer than a year, so that their sums and parts stay within their numbers.
    private static func bounded(_ duration: Duration) -> Duration {
        max(.zero, min(duration, .seconds(86_400 * 365)))
    }
}
