/// The server that foreign Socket.IO clients are tried against, written as a user of the library would.
import ArgumentParser
import EngineIO
import Logging
import SocketIO

@main
struct ClientTestServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves the features of Socket.IO to the clients that are tried against it."
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 3000

    @Option(help: "The seconds between two pings.")
    var pingInterval = 25.0

    @Option(help: "The seconds a client may take to answer a ping.")
    var pingTimeout = 20.0

    @Option(help: "The seconds a client may stay without joining a namespace.")
    var connectTimeout = 45.0

    func run() async throws {
        var logger = Logger(label: "client-test-server")
        logger.logLevel = .warning
        let server = try SocketIOServer(configuration: self.serverConfiguration, logger: logger)
        for name in ["/", "/custom", "/admin"] { Features.add(to: server.namespace(name)) }
        server.namespace("/admin").use(Features.admitAdministrators)
        print("listening on \(try await server.start())")
        try await Task.sleep(for: .seconds(86_400 * 365))
    }

    private var serverConfiguration: SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.connectTimeout = .seconds(self.connectTimeout)
        configuration.engine.pingInterval = .seconds(self.pingInterval)
        configuration.engine.pingTimeout = .seconds(self.pingTimeout)
        configuration.engine.cors.origins = .any
        return configuration
    }
}
