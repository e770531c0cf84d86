/// The switch from polling to WebSocket (Engine.IO v4, Upgrade).
import NIOCore

/// Follows one candidate WebSocket through probe and upgrade.
///
/// States: no candidate; probing; upgrading, once the candidate has sent `5` while a POST of the client is still being
/// delivered (the switch waits for it, so that no message overtakes another); done.
/// The peer's faults (a message on a candidate, a second candidate) cost the candidate, never the session. A candidate
/// that is lost after the switch is the session's business, and an input that comes too late a legal race: ignored.
struct UpgradeStateMachine<Candidate> {
    /// What to do with a WebSocket that names a session.
    enum ArrivalAction: Equatable {
        case probe
        /// There is one already, or the session is on WebSocket: close the new one.
        case refuse
    }

    /// What to do about `5`.
    enum UpgradeAction {
        case complete(Candidate)
        /// A POST is under way: stop reading the candidate until ``endedPost()``.
        case waitForPost
        case ignore
    }

    /// What a deadline that was reached asks for.
    enum DeadlineAction {
        case abandon(Candidate)
        /// Answer the waiting poll with a noop, so that the client can pause polling.
        case releasePoll
    }

    /// How long a poll that arrives after the probe waits for its noop.
    static var releaseInterval: TimeAmount { .milliseconds(100) }

    fileprivate enum State {
        case idle
        case probing(Candidate, until: NIODeadline, nextRelease: NIODeadline?)
        case upgrading(Candidate)
        case upgraded
    }

    private var state: State = .idle

    /// A machine for a session that may be upgraded.
    init() {}

    /// When ``reachedDeadline(now:)`` has something to do.
    var deadline: NIODeadline? {
        guard case .probing(_, let until, let nextRelease) = self.state else { return nil }
        return nextRelease.map { min($0, until) } ?? until
    }

    /// The WebSocket that probes, or has been promised the switch.
    var candidate: Candidate? {
        switch self.state {
        case .probing(let candidate, _, _), .upgrading(let candidate): candidate
        case .idle, .upgraded: nil
        }
    }

    /// A WebSocket opened for this session.
    mutating func opened(_ candidate: Candidate, now: NIODeadline, timeout: TimeAmount) -> ArrivalAction {
        guard case .idle = self.state else { return .refuse }
        self.state = .probing(candidate, until: now + timeout, nextRelease: nil)
        return .probe
    }

    /// The candidate sent `2probe`; it may do so again.
    ///
    /// - Returns: Whether to answer `3probe` and to release the waiting poll.
    mutating func receivedProbe(now: NIODeadline) -> Bool {
        guard case .probing(let candidate, let until, _) = self.state else { return false }
        self.state = .probing(candidate, until: until, nextRelease: now + Self.releaseInterval)
        return true
    }

    /// The candidate sent `5`.
    mutating func receivedUpgrade(isPosting: Bool) -> UpgradeAction {
        guard case .probing(let candidate, _, _) = self.state else { return .ignore }
        self.state = isPosting ? .upgrading(candidate) : .upgraded
        return isPosting ? .waitForPost : .complete(candidate)
    }

    /// The POST under way is over.
    ///
    /// - Returns: The candidate to switch to, when one has waited for this.
    mutating func endedPost() -> Candidate? {
        guard case .upgrading(let candidate) = self.state else { return nil }
        self.state = .upgraded
        return candidate
    }

    /// The candidate closed, or broke the rules and was closed.
    ///
    /// The session goes on polling.
    mutating func lostCandidate() {
        if case .upgraded = self.state { return }
        self.state = .idle
    }

    /// The session closed.
    ///
    /// - Returns: The candidate to close with it.
    mutating func closed() -> Candidate? {
        defer { self.state = .upgraded }
        switch self.state {
        case .probing(let candidate, _, _), .upgrading(let candidate): return candidate
        case .idle, .upgraded: return nil
        }
    }

    /// The time has moved on; `nil` when nothing is due yet.
    mutating func reachedDeadline(now: NIODeadline) -> DeadlineAction? {
        guard case .probing(let candidate, let until, let nextRelease) = self.state else { return nil }
        if now >= until {
            self.state = .idle
            return .abandon(candidate)
        }
        guard let nextRelease, now >= nextRelease else { return nil }
        self.state = .probing(candidate, until: until, nextRelease: now + Self.releaseInterval)
        return .releasePoll
    }
}

extension UpgradeStateMachine: Sendable where Candidate: Sendable {}
extension UpgradeStateMachine.State: Sendable where Candidate: Sendable {}
