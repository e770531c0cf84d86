/// Decides what becomes of each message of a connection that sends too much.
import NIOCore

/// The rates of one connection; pure, behind a lock.
struct RateMeter: Sendable {
    /// The limit that was exceeded.
    enum Limit {
        case events
        case bytes
    }

    /// What becomes of a message.
    enum Action: Equatable {
        case admit
        /// It is taken, and nothing more until there is room again.
        case admitAndHold(Limit)
        case drop(Limit)
        case close(Limit)
    }

    private struct Rate: Sendable {
        var bucket: TokenBucket
        let excess: RateLimit.Excess

        init(_ limit: RateLimit) {
            self.bucket = TokenBucket(perSecond: limit.perSecond, burst: limit.burst)
            self.excess = limit.excess
        }
    }

    private var events: Rate?
    private var bytes: Rate?

    /// Makes a meter with full bursts.
    ///
    /// - Returns: `nil` when nothing is limited.
    init?(events: RateLimit?, bytes: RateLimit?) {
        guard events != nil || bytes != nil else { return nil }
        self.events = events.map(Rate.init)
        self.bytes = bytes.map(Rate.init)
    }

    /// A message arrived.
    ///
    /// - Parameters:
    ///   - size: Its bytes.
    ///   - isEvent: Whether it counts as an event.
    ///   - isDroppable: Whether it may be left out; attachments may not be when their packet was taken.
    mutating func receive(_ size: Int, isEvent: Bool, isDroppable: Bool, now: NIODeadline) -> Action {
        var action = Action.admit
        if let excess = Self.charge(size, to: &self.bytes, isDroppable: isDroppable, now: now) {
            action = Self.action(for: excess, of: .bytes)
        }
        guard isEvent, action == .admit || action == .admitAndHold(.bytes) else { return action }
        if let excess = Self.charge(1, to: &self.events, isDroppable: isDroppable, now: now) {
            action = Self.action(for: excess, of: .events)
        }
        return action
    }

    /// How long nothing more may be taken; nothing when it may be now.
    mutating func delay(at now: NIODeadline) -> TimeAmount? {
        let delays = [Self.delay(of: &self.events, at: now), Self.delay(of: &self.bytes, at: now)]
        return delays.compactMap(\.self).max()
    }

    private static func delay(of rate: inout Rate?, at now: NIODeadline) -> TimeAmount? {
        rate?.excess == .delay ? rate?.bucket.delay(at: now) : nil
    }

    /// Pays for a message that is taken.
    ///
    /// - Returns: What has to happen when the rate is exceeded.
    private static func charge(
        _ cost: Int,
        to rate: inout Rate?,
        isDroppable: Bool,
        now: NIODeadline
    ) -> RateLimit.Excess? {
        guard let excess = rate?.excess, let hasRoom = rate?.bucket.hasRoom(at: now) else { return nil }
        if hasRoom || excess == .delay || (excess == .drop && !isDroppable) { rate?.bucket.spend(cost) }
        guard !hasRoom, excess != .drop || isDroppable else { return nil }
        return excess
    }

    private static func action(for excess: RateLimit.Excess, of limit: Limit) -> Action {
        switch excess {
        case .delay: .admitAndHold(limit)
        case .drop: .drop(limit)
        case .close: .close(limit)
        }
    }
}
