/// The server that a crowd of clients, most of them ill-behaved, is let loose on.
import ArgumentParser
import EngineIO
import Logging
import ServiceLifecycle
import SocketIO
import UnixSignals

@main
struct SoakServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A chat with rooms, small limits and short times. What it keeps: GET /soak/counts."
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 3000

    @Option(help: "The number of event loops; as many as there are cores when left out.")
    var threads: Int?

    @Option(help: "The seconds for which clients can recover their connection; 0 for not at all.")
    var recoverySeconds = 0.0

    @Option(help: "The most connections of an address.")
    var connectionsPerAddress = 400

    @OptionGroup(title: "Faults, to see that they are found")
    var faults: SoakFaultOptions

    func run() async throws {
        var logger = Logger(label: "soak-server")
        logger.logLevel = .error
        let metrics = CountingMetrics()
        let control = SoakControl(metrics: metrics, recoverySeconds: self.recoverySeconds)
        let server = try SocketIOServer(
            configuration: self.serverConfiguration,
            logger: logger,
            metrics: metrics,
            responder: control.answer
        )
        SoakEvents(faults: SoakFaults(self.faults), living: control.living).add(to: server.namespace("/"))
        try await server.start()
        control.watch(server)
        try await ServiceGroup(
            services: [RunningServer(server: server)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }

    private var serverConfiguration: SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.threads = self.threads
        configuration.connectTimeout = .seconds(5)
        if self.recoverySeconds > 0 {
            var recovery = ConnectionStateRecovery()
            recovery.maximumDisconnectionDuration = .seconds(self.recoverySeconds)
            recovery.maximumBytes = 256 << 20
            configuration.connectionStateRecovery = recovery
        }
        configuration.engine.pingInterval = .seconds(10)
        configuration.engine.pingTimeout = .seconds(10)
        configuration.engine.upgradeTimeout = .seconds(6)
        configuration.engine.livenessPath = "/healthz"
        configuration.engine.limits = self.engineLimits
        return configuration
    }

    private var engineLimits: EngineIOConfiguration.Limits {
        var limits = EngineIOConfiguration.Limits()
        limits.outboxBytes = 256 << 10
        limits.headTimeout = .seconds(10)
        limits.closingTimeout = .seconds(5)
        limits.closeHandshakeTimeout = .seconds(5)
        limits.connectionsPerAddress = self.connectionsPerAddress
        limits.handshakesPerSecondPerAddress = 40
        limits.handshakeBurstPerAddress = 200
        return limits
    }
}

/// A server that was started already, for a group of services to end.
private struct RunningServer: Service {
    let server: SocketIOServer

    func run() async throws {
        try? await gracefulShutdown()
        await self.server.shutDown()
    }
}
