/// What an engine keeps at the moment, for those who look for what is left behind.
package import NIOCore

/// How much of everything there is.
package struct EngineInventory: Sendable {
    /// The sessions, those included that wait for a last poll.
    package var sessions = 0
    /// The open connections.
    package var connections = 0
    /// The deadlines that are set on all loops: heartbeats, timeouts.
    package var deadlines = 0
    /// The addresses that are remembered for their limits.
    package var addresses = 0
    /// The event loops; empty while the server does not listen.
    package var loops: [any EventLoop] = []

    /// Nothing.
    package init() {}
}

extension EngineIOServer {
    /// Counts everything.
    package var inventory: EngineInventory {
        var inventory = EngineInventory()
        inventory.sessions = self.sessionCount
        inventory.connections = self.core.connections.count
        inventory.addresses = self.core.addresses?.count ?? 0
        for context in self.listener?.loopContexts ?? [] {
            inventory.deadlines += context.deadlineCount
            inventory.loops.append(context.eventLoop)
        }
        return inventory
    }
}
