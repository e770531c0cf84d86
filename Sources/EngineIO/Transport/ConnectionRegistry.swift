/// The connections of a server: counted, and within reach when it shuts down.
import NIOCore
import Synchronization

/// The open connections of a server, whatever became of them.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Kept when the last connection has ended; set once no more are taken.
        var drained: EventLoopPromise<Void>?
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
            guard state.drained == nil, state.channels.count < self.maximumCount else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isInserted else { return false }
        let id = ObjectIdentifier(channel)
        channel.closeFuture.whenComplete { _ in self.remove(id) }
        return true
    }

    private func remove(_ id: ObjectIdentifier) {
        let drained = self.state.withLock { state in
            state.channels.removeValue(forKey: id)
            return state.channels.isEmpty ? state.drained : nil
        }
        drained?.succeed()
    }

    /// Takes no more connections, and asks those there are to end with the request under way.
    ///
    /// - Parameter drained: Kept when all have ended.
    func quiesce(promise drained: EventLoopPromise<Void>) {
        let channels = self.state.withLock { state in
            state.drained = drained
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        if channels.isEmpty { drained.succeed() }
    }

    /// Cuts all connections.
    func closeAll() {
        for channel in self.state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}
