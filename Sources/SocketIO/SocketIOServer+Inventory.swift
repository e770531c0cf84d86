/// What a server keeps at the moment, for those who look for what is left behind.
package import EngineIO
internal import Synchronization

/// How much of everything there is.
package struct ServerInventory: Sendable {
    /// What the engine keeps; empty before the server has started.
    package var engine = EngineInventory()
    package var namespaces = 0
    package var sockets = 0
    /// Rooms with sockets, without those that a socket's id names.
    package var rooms = 0
    /// The entries in all tables of the adapters.
    package var adapterEntries = 0
    /// Acknowledgements that are awaited from clients.
    package var pendingAcknowledgements = 0
    /// Tasks that run code of the application.
    package var tasks = 0
    /// Events that are kept for sockets that may come back.
    package var keptEvents = 0
    /// Sockets that may come back.
    package var absentSockets = 0

    /// Nothing.
    package init() {}
}

extension SocketIOServer {
    /// Counts everything.
    package var inventory: ServerInventory {
        var inventory = ServerInventory()
        inventory.engine = self.state.withLock { $0.engine }?.inventory ?? EngineInventory()
        inventory.tasks = self.environment.tasks.count
        for namespace in self.directory.all { inventory.add(namespace) }
        return inventory
    }
}

extension ServerInventory {
    fileprivate mutating func add(_ namespace: Namespace) {
        let sockets = namespace.sockets
        self.namespaces += 1
        self.sockets += sockets.count
        self.rooms += namespace.rooms.count
        self.adapterEntries += (namespace.adapter as? InMemoryAdapter)?.entryCount ?? 0
        for socket in sockets { self.pendingAcknowledgements += socket.state.withLock { $0.acks.count } }
        if let counts = namespace.recovery?.counts {
            self.keptEvents += counts.events
            self.absentSockets += counts.sockets
        }
    }
}
