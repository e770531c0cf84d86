/// Everybody's cursor on one board: volatile events, dropped for whoever cannot take them at once.
import EngineIO
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import SocketIO

/// Positions are fractions of the board's width and height.
struct Cursor: Codable {
    var id: SocketID
    var x: Double
    var y: Double
}

let move = Event<Double, Double>("move")
let moved = Event<Cursor>("moved")
let gone = Event<SocketID>("gone")

var configuration = SocketIOConfiguration()
configuration.port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 3000
let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "index.html")
let page = ByteBuffer(bytes: try Data(contentsOf: file))
let logger = Logger(label: "cursor-board")
let server = try SocketIOServer(configuration: configuration, logger: logger) { request, _ in
    guard request.path == "/" else { return .text(status: .notFound, "Not Found\n") }
    return ApplicationResponse(headers: [.contentType: "text/html; charset=utf-8"], body: page)
}
let board = server.namespace("/")

board.on(move) { socket, x, y in
    guard (0...1).contains(x), (0...1).contains(y) else { return }
    // A client that lags behind misses positions that are old anyway, and has the next one when it can take it.
    try socket.broadcast.volatile.emit(moved, Cursor(id: socket.id, x: x, y: y))
}
// This must not get lost: the cursor would stay on everybody's board.
board.onDisconnect { socket, _ in try socket.namespace.emit(gone, socket.id) }

print("open http://localhost:\(configuration.port) in two windows and move the mouse")
try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
