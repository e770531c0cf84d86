/// What becomes of a session when one of its deadlines has come, and the deadlines of what is built on it.
package import NIOCore
import Synchronization

extension Session: DeadlineTarget {
    package func deadlineReached(now: NIODeadline) {
        var limit: LimitName?
        let effects = self.state.withLock { state -> SessionEffects in
            state.timer = nil
            let effects = self.reachedDeadline(&state, now: now, limit: &limit)
            self.updateTimer(&state)
            return effects
        }
        if let limit { self.environment.limits.reached(limit) }
        self.perform(effects)
    }

    private func reachedDeadline(
        _ state: inout SessionState,
        now: NIODeadline,
        limit: inout LimitName?
    ) -> SessionEffects {
        switch state.phase {
        case .closed:
            return SessionEffects()
        case .draining(let until):
            guard now >= until else { return SessionEffects() }
            limit = .closingTimeout
            return self.close(&state, reason: .forcedServerClose, mode: .discard)
        case .open:
            break
        }
        var effects = SessionEffects()
        switch state.heartbeat.reachedDeadline(now: now, timeout: self.environment.pingTimeout) {
        case .timeOut where state.isInputHeld:
            // The pong may be among what is not read, or the client's ping: it has another interval.
            state.heartbeat.extend(
                now: now,
                interval: self.environment.pingInterval,
                patience: self.environment.patience
            )
        case .timeOut: return self.close(&state, reason: .pingTimeout, mode: .discard)
        case .sendPing: state.outbox.append(.ping)
        case nil: break
        }
        switch state.upgrade.reachedDeadline(now: now) {
        case .abandon(let candidate):
            effects.abandonedCandidate = candidate
            limit = .upgradeTimeout
        case .releasePoll: state.isPollReleaseDue = state.polling.poll != nil
        case nil: break
        }
        effects.flush = state.scheduleFlush()
        return effects
    }
}

extension Session {
    /// Sets a deadline on the session's wheel.
    package func schedule(
        _ target: any DeadlineTarget,
        in duration: Duration
    ) -> DeadlineWheel<any DeadlineTarget>.Token {
        self.home.schedule(target, at: self.home.now + TimeAmount(min(duration, .seconds(86_400 * 365))))
    }

    /// Cancels a deadline.
    package func cancel(_ token: DeadlineWheel<any DeadlineTarget>.Token) {
        self.home.cancel(token)
    }
}
