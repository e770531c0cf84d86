/// What an operator sees of the engine, through swift-metrics.
internal import Metrics
import Synchronization

/// The engine's counters and meters.
///
/// - `engineio.sessions`: the sessions there are.
/// - `engineio.connections`: the connections there are.
/// - `engineio.handshakes`: sessions opened, by `transport`.
/// - `engineio.upgrades`: sessions that went from polling to a WebSocket.
/// - `engineio.refusals`: requests refused before they reached a session, by `code`.
/// - `engineio.closes`: sessions closed, by `reason`.
/// - `engineio.limit_reached`: see ``LimitReporter``.
///
/// Messages and bytes are not counted: that would cost each of them something.
final class EngineMetrics: Sendable {
    private let sessions: Meter
    private let connections: Meter
    private let pollingHandshakes: Counter
    private let webSocketHandshakes: Counter
    private let upgrades: Counter
    private let refusals: [Counter]
    private let factory: any MetricsFactory
    /// Made when they are needed: the layers above have reasons of their own, of which there are few.
    private let closes = Mutex<[CloseReason: Counter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
        self.sessions = Meter(label: "engineio.sessions", factory: factory)
        self.connections = Meter(label: "engineio.connections", factory: factory)
        let handshakes = { (transport: TransportName) in
            Counter(label: "engineio.handshakes", dimensions: [("transport", transport.rawValue)], factory: factory)
        }
        self.pollingHandshakes = handshakes(.polling)
        self.webSocketHandshakes = handshakes(.webSocket)
        self.upgrades = Counter(label: "engineio.upgrades", factory: factory)
        self.refusals = RequestRejection.codes.map { code in
            Counter(label: "engineio.refusals", dimensions: [("code", "\(code)")], factory: factory)
        }
    }

    func connectionOpened() { self.connections.increment() }

    func connectionClosed() { self.connections.decrement() }

    func sessionOpened(over transport: TransportName) {
        self.sessions.increment()
        switch transport {
        case .polling: self.pollingHandshakes.increment()
        case .webSocket: self.webSocketHandshakes.increment()
        }
    }

    /// A session is no longer there: it was closed, and its client has had what waited for it.
    func sessionRemoved() { self.sessions.decrement() }

    func sessionClosed(_ reason: CloseReason) {
        self.counter(for: reason).increment()
    }

    private func counter(for reason: CloseReason) -> Counter {
        if let counter = self.closes.withLock({ $0[reason] }) { return counter }
        // Not under the lock: a backend has locks of its own. Two threads may both make one, which is the same to it.
        let made = Counter(
            label: "engineio.closes",
            dimensions: [("reason", reason.rawValue)],
            factory: self.factory
        )
        return self.closes.withLock { closes in
            let counter = closes[reason] ?? made
            closes[reason] = counter
            return counter
        }
    }

    func upgraded() { self.upgrades.increment() }

    func refused(_ rejection: RequestRejection) { self.refusals[rejection.code].increment() }
}
