/// Private messages between people who have signed in: a login over HTTP, a token in `auth`, a room for each person.
import EngineIO
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import SocketIO
import Synchronization

struct Login: Codable {
    var name: String
    var password: String
}
struct Authentication: Codable { var token: String }

let send = Event<String, String>("send").replying(with: Int.self)  // to, text; how many windows have got it
let message = Event<String, String>("message")  // from, text
let people = Event<[String]>("people")

enum NameKey: SocketValueKey { typealias Value = String }

// Who may sign in, and who has. A real one keeps hashes in a database, and forgets tokens after a while.
final class Accounts: Sendable {
    private let passwords = ["ada": "engine", "grace": "compiler", "lin": "kernel"]
    private let tokens = Mutex<[String: String]>([:])

    func token(for login: Login) -> String? {
        guard self.passwords[login.name] == login.password else { return nil }
        var generator = SystemRandomNumberGenerator()
        let token = (0..<4).map { _ in String(UInt32.random(in: 0...UInt32.max, using: &generator), radix: 36) }
        self.tokens.withLock { $0[token.joined()] = login.name }
        return token.joined()
    }

    func name(for token: String) -> String? { self.tokens.withLock { $0[token] } }
}

var configuration = SocketIOConfiguration()
configuration.port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 3000
let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "index.html")
let page = ByteBuffer(bytes: try Data(contentsOf: file))
let accounts = Accounts()
let logger = Logger(label: "private-messages")
let server = try SocketIOServer(configuration: configuration, logger: logger) { request, body in
    switch (request.method, request.path) {
    case (.get, "/"):
        return ApplicationResponse(headers: [.contentType: "text/html; charset=utf-8"], body: page)
    case (.post, "/login"):
        guard let login = try? JSONDecoder().decode(Login.self, from: Data(body.readableBytesView)),
            let token = accounts.token(for: login)
        else { return .text(status: .unauthorized, "wrong name or password\n") }
        return .text(token)
    default:
        return .text(status: .notFound, "Not Found\n")
    }
}
let main = server.namespace("/")

main.use { socket in
    let authentication = try? socket.handshake.auth(as: Authentication.self)
    guard let name = authentication.flatMap({ accounts.name(for: $0.token) }) else {
        throw ConnectRefusal("not signed in", data: ["code": 401])
    }
    socket[NameKey.self] = name
    socket.join(Room("person:\(name)"))
}
/// Tells everybody who is there.
@Sendable func tellPeople(in namespace: Namespace) throws {
    try namespace.emit(people, Set(namespace.sockets.compactMap { $0[NameKey.self] }).sorted())
}
main.onConnect { socket in try tellPeople(in: socket.namespace) }
main.onDisconnect { socket, _ in try tellPeople(in: socket.namespace) }
main.on(send) { socket, name, text in
    let windows = socket.namespace.to(Room("person:\(name)"))
    try windows.emit(message, socket[NameKey.self] ?? "?", text)
    return windows.socketCount
}

print("open http://localhost:\(configuration.port) and sign in as ada (engine), grace (compiler) or lin (kernel)")
try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
