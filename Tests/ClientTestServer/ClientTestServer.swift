/// The server that foreign Socket.IO clients are tried against, written as a user of the library would.
import ArgumentParser
import EngineIO
import Logging
import ServiceLifecycle
import SocketIO
import UnixSignals

@main
struct ClientTestServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves the features of Socket.IO to the clients that are tried against it."
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 3000

    @Option(help: "The number of event loops; as many as there are cores when left out.")
    var threads: Int?

    @OptionGroup(title: "What clients notice")
    var options: NoticedOptions

    @Option(help: "The seconds between two pings.")
    var pingInterval = 25.0

    @Option(help: "The seconds a client may take to answer a ping.")
    var pingTimeout = 20.0

    @Option(help: "The seconds a client may stay without joining a namespace.")
    var connectTimeout = 45.0

    @Option(help: "The most namespaces of one connection.")
    var namespacesPerConnection = 1000

    @Option(help: "The most namespaces at a time that are made for clients.")
    var dynamicNamespaces = 10_000

    @Flag(name: .customLong("allow-eio3"), help: "Whether clients of Socket.IO 2 may connect.")
    var allowsEIO3 = false

    @Option(help: "The size from which on WebSocket messages are compressed; they are not when left out.")
    var deflateThreshold: Int?

    @Flag(help: "Compress each WebSocket message by itself.")
    var deflateWithoutContext = false

    func run() async throws {
        var logger = Logger(label: "client-test-server")
        logger.logLevel = .notice
        let reports = Reports()
        let server = try SocketIOServer(
            configuration: self.serverConfiguration(reports),
            logger: logger,
            responder: EngineFeatures.answer
        )
        reports.open(on: server, logger: logger)
        for name in ["/", "/custom", "/admin"] { Features.add(to: server.namespace(name), reports) }
        server.namespace("/admin").use(Features.admitAdministrators)
        server.onShuttingDown { server in try server.emit("maintenance", "back soon") }
        ListenerFeatures.addNamespaces(to: server, reports)
        try DynamicFeatures.addNamespaces(to: server, reports)
        try await ServiceGroup(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
    }

    private func serverConfiguration(_ reports: Reports) -> SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.threads = self.threads
        self.options.change(&configuration)
        configuration.connectTimeout = .seconds(self.connectTimeout)
        // Those of sockets that are away would be empty.
        configuration.removesEmptyNamespaces = self.options.recovery == nil
        configuration.limits.namespacesPerConnection = self.namespacesPerConnection
        configuration.limits.dynamicNamespaces = self.dynamicNamespaces
        configuration.engine.pingInterval = .seconds(self.pingInterval)
        configuration.engine.pingTimeout = .seconds(self.pingTimeout)
        configuration.engine.allowsEIO3 = self.allowsEIO3
        // Those clients send credentials with every request of a page.
        configuration.engine.cors.allowsCredentials = self.allowsEIO3
        if let deflateThreshold {
            var deflate = PerMessageDeflate()
            deflate.threshold = deflateThreshold
            deflate.serverNoContextTakeover = self.deflateWithoutContext
            deflate.clientNoContextTakeover = self.deflateWithoutContext
            configuration.engine.perMessageDeflate = deflate
        }
        EngineFeatures.add(to: &configuration.engine, reports)
        return configuration
    }
}
