/// The server that benchmarks and client tests talk to, written as a user of the library would.
import ArgumentParser
import Logging
import SocketIO

/// What the event `typed` carries.
struct Note: Codable, Sendable {
    var text: String
    var kind: String
    var number: Int
    var time: Double
    var isLast: Bool
}

@main
struct EchoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Echoes and broadcasts: the server that load generators talk to."
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 3000

    @Option(help: "The number of event loops.")
    var threads = 1

    func run() async throws {
        var configuration = SocketIOConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.threads = self.threads
        configuration.engine.cors.origins = .any
        var logger = Logger(label: "echo")
        logger.logLevel = .warning

        let server = try SocketIOServer(configuration: configuration, logger: logger)
        let io = server.namespace("/")
        // Arguments stay encoded: what is only passed on needs no decoding.
        let message = Event<EncodedValue>("msg")
        io.acknowledge("echo") { _, arguments in arguments }
        io.acknowledge("async") { _, arguments async in arguments }
        io.on(Event<Note>("typed").replying(with: Note.self)) { _, note in note }
        io.on(message) { _, data in
            try io.emit(message, data)
        }
        io.on(Event<String>("join")) { socket, room in
            socket.join(Room(room))
        }
        io.on(Event<String, EncodedValue>("roommsg")) { _, room, data in
            try io.to(Room(room)).emit(message, data)
        }
        let port = try await server.start()
        print("listening on \(port)")
        try await Task.sleep(for: .seconds(86_400 * 365))
    }
}
