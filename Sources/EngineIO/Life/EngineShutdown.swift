/// The shutdown of a server, step by step: notice, farewell, the end of connections, of handlers, of event loops.
import Logging
import NIOCore
import Synchronization

/// Shuts a running server down.
///
/// 1. Readiness is off by the time this is made. During the notice new clients are still taken.
/// 2. Nobody is taken any more: the listening socket closes, and so do connections without a session. New handshakes on
///    the others are answered 503.
/// 3. The sessions are closed, a few at a time. Polling clients hear of it with the poll that waits, or the next.
/// 4. Connections and handlers end, or are cut and cancelled.
/// 5. The event loops end, unless a handler does not give one back.
package final class EngineShutdown: Sendable {
    private struct State {
        var farewell: Task<Void, Never>?
        var isHurried = false
    }

    private let core: EngineCore
    private let listener: Listener
    private let timeline: ShutdownTimeline
    private let state = Mutex(State())

    init(core: EngineCore, listener: Listener) {
        self.core = core
        self.listener = listener
        self.timeline = ShutdownTimeline(core.environment.time)
        core.life.leave()
    }

    /// Gives up spreading: clients that have not been told yet are told at once.
    package func hurry() {
        self.state.withLock { state in
            state.isHurried = true
            return state.farewell
        }?.cancel()
    }

    /// Shuts down.
    ///
    /// - Parameters:
    ///   - options: The time for each part.
    ///   - finishing: What remains to be done when the handlers have ended; it has until the timeout, and the grace at
    ///     least, and is left behind then.
    package func run(
        _ options: ShutdownOptions,
        finishing: @escaping @Sendable () async -> Void = {}
    ) async -> ShutdownOutcome {
        await self.sayFarewell(options)
        let deadline = self.timeline.elapsed + options.timeout
        async let connectionsCut = self.endConnections(until: deadline, grace: options.grace)
        var outcome = await self.core.tasks.settle(until: deadline, grace: options.grace, on: self.timeline) {
            await self.core.connections.waitUntilEmpty()
            await self.listener.finishTurns()
        }
        outcome.connectionsCut = await connectionsCut
        let end = max(deadline, self.timeline.elapsed + options.grace)
        await self.timeline.wait(until: end, for: finishing)
        self.forgetSessions()
        outcome.handlersAbandoned += await self.endLoops(grace: options.grace)
        return outcome
    }

    // MARK: The steps

    /// Runs in a task of its own, so that hurrying cancels nothing else.
    private func sayFarewell(_ options: ShutdownOptions) async {
        let farewell = Task {
            await self.timeline.sleep(until: options.notice)
            // The listening socket lives on a loop that a handler may never give back.
            let patience = self.timeline.elapsed + options.grace
            await self.timeline.wait(until: patience) { await self.listener.stopAccepting() }
            await self.closeSessions(over: options.drain)
        }
        let isHurried = self.state.withLock { state in
            state.farewell = farewell
            return state.isHurried
        }
        if isHurried { farewell.cancel() }
        await farewell.value
    }

    /// Closes the sessions, evenly over a time.
    private func closeSessions(over duration: Duration) async {
        let registry = self.core.environment.registry
        // Ids, not sessions: those that end by themselves meanwhile are not kept.
        let ids = registry.close()
        let start = self.timeline.elapsed
        for batch in DrainSchedule(count: ids.count, duration: duration).batches {
            await self.timeline.sleep(until: start + batch.time)
            for id in ids[batch.sessions] {
                registry.session(for: id)?.close(reason: .serverShuttingDown, mode: .drain)
            }
        }
    }

    /// Waits for the connections to end; cuts those that have not by the deadline.
    ///
    /// - Returns: How many were cut.
    private func endConnections(until deadline: Duration, grace: Duration) async -> Int {
        let connections = self.core.connections
        // Until then a polling client may still come and fetch its farewell.
        self.core.environment.registry.whenEmpty { connections.quiesce() }
        if await self.timeline.wait(until: deadline, for: { await connections.waitUntilEmpty() }) { return 0 }
        let count = connections.count
        connections.closeAll()
        await self.timeline.wait(until: deadline + grace) { await connections.waitUntilEmpty() }
        return count
    }

    /// Forgets the sessions whose clients have not come for their farewell: nobody will come any more.
    private func forgetSessions() {
        let registry = self.core.environment.registry
        for id in registry.close() {
            registry.session(for: id)?.close(reason: .serverShuttingDown, mode: .discard)
        }
    }

    /// Ends the event loops.
    ///
    /// - Returns: How many do not end, because a handler does not return.
    private func endLoops(grace: Duration) async -> Int {
        let listener = self.listener
        let end = self.timeline.elapsed + grace
        if await self.timeline.wait(until: end, for: { await listener.endLoops() }) { return 0 }
        return listener.busyLoopCount
    }
}
