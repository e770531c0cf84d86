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
        /// Whether no more connections are taken.
        var isClosed = false
        /// Whoever waits for the last connection to end.
        var waiters: [CheckedContinuation<Void, Never>] = []
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
            guard !state.isClosed else { return (.closed, nil) }
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
    ///
    /// The younger half stays: who has just come has not had the time to say anything.
    func makeRoom(for count: Int) {
        let channels = self.state.withLock { state in
            (0..<min(count, state.strangers.count / 2)).compactMap { _ in
                state.strangers.popOldest().flatMap { state.channels[$0] }
            }
        }
        for channel in channels { Self.askToYield(channel) }
    }

    private static func askToYield(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ConnectionShouldYieldEvent())
    }

    private func remove(_ id: ObjectIdentifier) {
        let waiters = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.channels.removeValue(forKey: id)
            state.strangers.remove(id)
            guard state.isClosed, state.channels.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        self.metrics.connectionClosed()
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
