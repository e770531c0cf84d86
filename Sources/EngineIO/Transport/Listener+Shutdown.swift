/// How listening ends, then the connections, then the event loops.
import NIOCore
import NIOPosix
import Synchronization

extension Listener {
    /// Stops to listen, and asks connections that serve no session to end.
    func stopAccepting() async {
        // Connections hear of it before the port is free: whoever sees that may count on the rest.
        self.core.life.drain()
        self.core.connections.drain()
        try? await self.takeSocket()?.close().get()
    }

    /// Waits until what the loops are at now has returned, handlers that run on them included.
    func finishTurns() async {
        for context in self.contexts.values { try? await context.submit {}?.get() }
    }

    /// Ends the event loops.
    ///
    /// No loop may end before the last connection has: a session's connections may live on several.
    func endLoops() async {
        self.probeLoops()
        for context in self.contexts.values { context.retire() }
        try? await self.group.shutdownGracefully()
    }

    /// Leaves work on each loop, so that it is known afterwards which of them still work.
    private func probeLoops() {
        for loop in self.group.makeIterator() {
            self.busyLoops.add(1, ordering: .relaxed)
            loop.execute { self.busyLoops.subtract(1, ordering: .relaxed) }
        }
    }

    /// How many loops have not come to work since ``endLoops()`` was called.
    var busyLoopCount: Int { self.busyLoops.load(ordering: .relaxed) }
}
