/// The connections of a server: counted, and within reach when it shuts down.
import NIOCore
import Synchronization

/// The open connections of a server, whatever became of them.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Whether no more connections are taken.
        var isClosed = false
        /// Whoever waits for the last connection to end.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    /// Adds a connection until it ends.
    ///
    /// - Returns: Whether there was room for it; `false` as well once the server is shutting down.
    func insert(_ channel: any Channel) -> Bool {
        let isInserted = self.state.withLock { state in
            guard !state.isClosed, state.channels.count < self.maximumCount else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isInserted else { return false }
        let id = ObjectIdentifier(channel)
        channel.closeFuture.whenComplete { _ in self.remove(id) }
        return true
    }

    private func remove(_ id: ObjectIdentifier) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.channels.removeValue(forKey: id)
            guard state.isClosed, state.channels.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The number of open connections.
    var count: Int { self.state.withLock { $0.channels.count } }

    // MARK: The end

    /// Takes no more connections, and asks those that serve no session to end.
    func drain() {
        let channels = self.state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldDrainEvent()) }
    }

    /// Asks all connections to end with the request under way.
    func quiesce() {
        for channel in self.channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Waits until the last connection has ended; the registry takes no more by then.
    ///
    /// No future, since a future's event loop may be one that a handler does not give back.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = self.state.withLock { state in
                guard !state.channels.isEmpty else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Cuts all connections.
    func closeAll() {
        for channel in self.channels { channel.close(promise: nil) }
    }

    private var channels: [any Channel] { self.state.withLock { Array($0.channels.values) } }
}

/// The server takes no more clients: a connection that serves none ends, with the request under way if there is one.
struct ConnectionShouldDrainEvent: Sendable {}
