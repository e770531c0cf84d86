import EngineIO
import Logging
import ServiceLifecycle
import SocketIO

struct User: Codable, Sendable { var name: String }
struct Login: Codable { var token: String }
enum UserKey: SocketValueKey { typealias Value = User }

// The wire contract: names, argument types, and what is acknowledged.
let say = Event<String, String>("say")
let move = Event<String>("move").replying(with: [String].self)
let ready = Signal("ready").replying(with: Bool.self)
let refresh = Signal("refresh")

var configuration = SocketIOConfiguration()
configuration.host = "0.0.0.0"
configuration.engine.cors.origins = .sameOrigin(and: ["http://localhost:8080"])
let logger = Logger(label: "tour")
let server = try SocketIOServer(configuration: configuration, logger: logger) { request, _ in
    // Requests that are not Socket.IO's, in and out as swift-http-types.
    request.path == "/health" ? .text("fine\n") : .text(status: .notFound, "Not Found\n")
}

let members = server.namespace("/members")
members.use { socket in
    guard let login = try? socket.handshake.auth(as: Login.self), login.token == "secret" else {
        throw ConnectRefusal("not signed in", data: ["code": 401])
    }
    socket[UserKey.self] = User(name: "Ada")
}
members.onConnect { socket async in
    let isReady = try? await socket.emitWithAck(ready, timeout: .seconds(5))
    if isReady == true { try? socket.broadcast.emit(refresh) }
}
members.on(say) { socket, room, text in
    try socket.to(Room(room)).emit(say, socket[UserKey.self]?.name ?? "?", text)
}
members.on(move) { socket, room in
    socket.join(Room(room))
    return socket.rooms.map(\.rawValue)
}
members.on("anything") { _, arguments in logger.info("\(arguments.count) arguments") }
members.acknowledge("echo") { _, arguments in arguments }
members.onDisconnect { socket, reason in logger.info("\(socket) left: \(reason)") }
members.onError { socket, error, context in logger.error("\(socket), \(context): \(error)") }

// Ends on SIGTERM and SIGINT: clients are told, handlers finish.
try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
