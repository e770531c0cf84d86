/// What a server tells a metrics backend.
internal import Metrics
internal import Synchronization

/// The server's counters: of what happens to sockets, nothing of what happens to messages.
///
/// | name | kind | dimension |
/// |---|---|---|
/// | `socketio.sockets` | meter | |
/// | `socketio.connects` | counter | |
/// | `socketio.refusals` | counter | `cause`: `application`, `namespace`, `limit`, `error` |
/// | `socketio.disconnects` | counter | `reason` |
/// | `socketio.handler_errors` | counter | `context` |
/// | `socketio.limit_reached` | counter | `limit`; counted by ``LimitReporter`` |
///
/// No dimension takes a value that clients choose: there would be as many time series.
final class ServerMetrics: Sendable {
    /// A counter by its name and the value of its dimension.
    private struct Key: Hashable {
        var label: String
        var value: String
    }

    private let factory: any MetricsFactory
    private let sockets: Meter
    private let connects: Counter
    /// Made when they are needed.
    private let counters = Mutex<[Key: Counter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
        self.sockets = Meter(label: "socketio.sockets", factory: factory)
        self.connects = Counter(label: "socketio.connects", factory: factory)
    }

    /// A socket has been let in.
    func connected() {
        self.connects.increment()
        self.sockets.increment()
    }

    /// A socket that had been let in has left.
    func disconnected(_ reason: DisconnectReason) {
        self.count("socketio.disconnects", "reason", reason.rawValue)
        self.sockets.decrement()
    }

    /// A client was not let in.
    func refused(_ refusal: ConnectRefusal) {
        self.count("socketio.refusals", "cause", refusal.cause.rawValue)
    }

    /// A handler, or something like one, has thrown.
    func failed(in context: ErrorContext) {
        self.count("socketio.handler_errors", "context", context.kind)
    }

    private func count(_ label: String, _ dimension: String, _ value: String) {
        self.counter(label, dimension, value).increment()
    }

    private func counter(_ label: String, _ dimension: String, _ value: String) -> Counter {
        let key = Key(label: label, value: value)
        if let counter = self.counters.withLock({ $0[key] }) { return counter }
        // Not under the lock: a backend has locks of its own. Two threads may both make one, which is the same to it.
        let made = Counter(label: label, dimensions: [(dimension, value)], factory: self.factory)
        return self.counters.withLock { counters in
            let counter = counters[key] ?? made
            counters[key] = counter
            return counter
        }
    }
}

extension ErrorContext {
    /// The context without the names of events, which clients choose.
    fileprivate var kind: String {
        switch self {
        case .event: "event"
        case .connect: "connect"
        case .middleware: "middleware"
        case .interceptor: "interceptor"
        case .join: "join"
        case .disconnecting: "disconnecting"
        case .disconnect: "disconnect"
        }
    }
}
