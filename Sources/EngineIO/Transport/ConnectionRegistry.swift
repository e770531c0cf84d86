/// The connections of a server: counted, and within reach when it shuts down or has too many of them.
import NIOCore
import Synchronization

/// A connection that has not led to a session is to make room for others.
struct ConnectionShouldYieldEvent: Sendable {}

/// The open connections of a server, whatever became of them.
final class ConnectionRegistry: Sendable {
    /// What becomes of a new connection.
    enum Admission {
        case admitted
        /// There are as many as the configuration allows.
        case full
        /// The server is shutting down.
        case closed
    }

    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Those that have not led to a session yet.
        var strangers = AgeQueue<ObjectIdentifier>()
        /// Kept when the last connection has ended; set once no more are taken.
        var drained: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())
    private let maximumCount: Int
    private let maximumStrangers: Int
    private let metrics: EngineMetrics
    private let limits: LimitReporter

    init(limits: EngineIOConfiguration.Limits, metrics: EngineMetrics, reporter: LimitReporter) {
        self.maximumCount = limits.connections
        self.maximumStrangers = limits.connectionsWithoutHandshake
        self.metrics = metrics
        self.limits = reporter
    }

    /// Adds a connection until it ends.
    ///
    /// When there are too many that have not led to a session, the oldest of them is asked to end.
    func insert(_ channel: any Channel) -> Admission {
        let id = ObjectIdentifier(channel)
        let (admission, oldest) = self.state.withLock { state -> (Admission, (any Channel)?) in
            guard state.drained == nil else { return (.closed, nil) }
            guard state.channels.count < self.maximumCount else { return (.full, nil) }
            state.channels[id] = channel
            state.strangers.append(id)
            guard state.strangers.count > self.maximumStrangers else { return (.admitted, nil) }
            return (.admitted, state.strangers.popOldest().flatMap { state.channels[$0] })
        }
        switch admission {
        case .closed: return .closed
        case .full:
            self.limits.reached(.connections)
            return .full
        case .admitted: break
        }
        self.metrics.connectionOpened()
        channel.closeFuture.whenComplete { _ in self.remove(id) }
        if let oldest {
            self.limits.reached(.connectionsWithoutHandshake)
            Self.askToYield(oldest)
        }
        return .admitted
    }

    /// A connection has led to a session.
    func ledToSession(_ channel: any Channel) {
        _ = self.state.withLock { $0.strangers.remove(ObjectIdentifier(channel)) }
    }

    /// Asks some of the connections that have not led to a session to end, the oldest first.
    func makeRoom(for count: Int) {
        let channels = self.state.withLock { state in
            (0..<count).compactMap { _ in state.strangers.popOldest().flatMap { state.channels[$0] } }
        }
        for channel in channels { Self.askToYield(channel) }
    }

    private static func askToYield(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldYieldEvent())
    }

    private func remove(_ id: ObjectIdentifier) {
        let drained = self.state.withLock { state in
            state.channels.removeValue(forKey: id)
            state.strangers.remove(id)
            return state.channels.isEmpty ? state.drained : nil
        }
        self.metrics.connectionClosed()
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
