/// Rooms that people open, enter and leave: joining, talking to a room, watching rooms come and go.
import EngineIO
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import SocketIO

struct RoomInfo: Codable {
    var name: String
    var people: Int
}

let enter = Event<String, String>("enter").replying(with: Int.self)  // room, name; how many are there
let leave = Event<String>("leave")
let say = Event<String, String>("say")  // room, text
let said = Event<String, String, String>("said")  // room, name, text
let rooms = Event<[RoomInfo]>("rooms")

enum NameKey: SocketValueKey { typealias Value = String }

var configuration = SocketIOConfiguration()
configuration.port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 3000
let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "index.html")
let page = ByteBuffer(bytes: try Data(contentsOf: file))
let logger = Logger(label: "rooms")
let server = try SocketIOServer(configuration: configuration, logger: logger) { request, _ in
    guard request.path == "/" else { return .text(status: .notFound, "Not Found\n") }
    return ApplicationResponse(headers: [.contentType: "text/html; charset=utf-8"], body: page)
}
let main = server.namespace("/")

/// The rooms as everybody's list shows them.
@Sendable func list(in namespace: Namespace) -> [RoomInfo] {
    namespace.rooms.map { RoomInfo(name: $0.rawValue, people: namespace.to($0).socketCount) }
        .sorted { $0.name < $1.name }
}

main.onConnect { socket in try socket.emit(rooms, list(in: socket.namespace)) }
main.on(enter) { socket, room, name in
    guard !room.isEmpty, room.count <= 30, name.count <= 30, socket.rooms.count <= 10 else { return 0 }
    socket[NameKey.self] = name
    // Nobody can enter the room of another socket: such a name is refused by the library.
    socket.join(Room(room))
    try socket.to(Room(room)).emit(said, room, "", "\(name) came in")
    return socket.namespace.to(Room(room)).socketCount
}
main.on(leave) { socket, room in
    guard socket.rooms.contains(Room(room)) else { return }
    socket.leave(Room(room))
    try socket.to(Room(room)).emit(said, room, "", "\(socket[NameKey.self] ?? "somebody") went away")
}
main.on(say) { socket, room, text in
    // What a client says it is in, it may not be in.
    guard socket.rooms.contains(Room(room)) else { return }
    try socket.namespace.to(Room(room)).emit(said, room, socket[NameKey.self] ?? "?", text)
}
main.onDisconnecting { socket, _ in
    for room in socket.rooms {
        try socket.to(room).emit(said, room.rawValue, "", "\(socket[NameKey.self] ?? "somebody") has gone")
    }
}
main.onRoomEvent { event in
    switch event {
    // Each socket's own room is nobody's business.
    case .joined(let room, let id), .left(let room, let id):
        if room != Room(id) { try? main.emit(rooms, list(in: main)) }
    case .created, .deleted: break
    }
}

print("open http://localhost:\(configuration.port) in two windows")
try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
