/// What the server tells of its side: clients cannot see why a socket left, or what a handler threw.
import Logging
import SocketIO
import Synchronization

/// One thing that happened on the server.
struct Report: Codable, Sendable {
    /// What happened: `connect`, `disconnecting`, `disconnect`, `error`, `received`, `sent`, `unanswered`, `refused`.
    var kind: String
    var namespace: String?
    var socket: String?
    var reason: String?
    var rooms: [String]?
    var event: String?
    var arguments: [Value]?
    /// The code of an error of the library, the text of any other.
    var error: String?
    /// Where the error came from.
    var place: String?
    var code: Int?
    var message: String?
    var context: [String: String]?
}

/// Sends what happens to a client's sockets to whoever watches that client.
///
/// A client names itself by `key` in its query. Watchers join `/reports` with `{"about": key}`.
final class Reports: Sendable {
    private static let event = Event<Report>("report")
    private let watchers = Mutex<Namespace?>(nil)

    /// Lets watchers in, and observes every namespace that features are added to from now on.
    func open(on server: SocketIOServer, logger: Logger) {
        struct Interest: Decodable { var about: String }
        let namespace = server.namespace("/reports")
        namespace.use { socket in
            socket.join(Room(try socket.handshake.auth(as: Interest.self).about))
        }
        self.watchers.withLock { $0 = namespace }
        // When the server shuts down nobody is left to be told; the log says it.
        server.namespace("/").onDisconnect { socket, reason in
            guard reason == .serverShuttingDown, let key = socket.handshake.query("key") else { return }
            logger.notice("socket left", metadata: ["key": "\(key)", "reason": "\(reason)"])
        }
    }

    /// Tells of a client that has a key.
    func send(_ report: Report, about key: String?) {
        guard let key, let watchers = self.watchers.withLock({ $0 }) else { return }
        try? watchers.to(Room(key)).emit(Self.event, report)
    }

    /// Tells of a socket.
    func send(_ report: Report, about socket: Socket) {
        var report = report
        report.namespace = socket.namespace.name
        report.socket = socket.id.rawValue
        self.send(report, about: socket.handshake.query("key"))
    }

    /// Tells of the coming, the leaving and the errors of a namespace's sockets.
    func observe(_ registry: some HandlerRegistry) {
        registry.onConnect { socket in self.send(Report(kind: "connect"), about: socket) }
        registry.onDisconnecting { socket, reason in
            let rooms = socket.rooms.map(\.rawValue).sorted()
            self.send(Report(kind: "disconnecting", reason: reason.rawValue, rooms: rooms), about: socket)
        }
        registry.onDisconnect { socket, reason in
            let rooms = socket.rooms.map(\.rawValue).sorted()
            self.send(Report(kind: "disconnect", reason: reason.rawValue, rooms: rooms), about: socket)
        }
        registry.onError { socket, error, context in
            self.send(Report(kind: "error", error: errorText(error), place: "\(context)"), about: socket)
        }
    }
}

/// The code of an error of the library, the text of any other.
func errorText(_ error: any Error) -> String {
    (error as? SocketIOError)?.code.rawValue ?? "\(error)"
}
