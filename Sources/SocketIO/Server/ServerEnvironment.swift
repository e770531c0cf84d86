/// What all namespaces and connections of a server share.
internal import EngineIO
internal import Logging
internal import Metrics
internal import Synchronization

/// The settings of a server, its logger and its running handlers.
final class ServerEnvironment: Sendable {
    let configuration: SocketIOConfiguration
    let packetLimits: PacketLimits
    /// Those of clients of Socket.IO 2.
    let revision3PacketLimits: PacketLimits
    let logger: Logger
    let time: TimeSource
    let limits: LimitReporter
    /// Makes the metrics, the engine's as well.
    let metricsFactory: any MetricsFactory
    let metrics: ServerMetrics
    let tasks = ApplicationTasks()
    /// Told of errors of handlers, besides `onError` or the log.
    let errorObserver = Mutex<(@Sendable (ReportedError) -> Void)?>(nil)

    init(
        configuration: SocketIOConfiguration,
        logger: Logger,
        metrics: any MetricsFactory,
        time: TimeSource = TimeSource()
    ) {
        self.configuration = configuration
        self.packetLimits = configuration.packetLimits
        var limits = configuration.packetLimits
        limits.maximumQueryLength = configuration.engine.limits.headerBytes
        self.revision3PacketLimits = limits
        self.logger = logger
        self.time = time
        self.metricsFactory = metrics
        self.limits = LimitReporter(
            label: "socketio",
            source: "SocketIO",
            logger: logger,
            time: time,
            factory: metrics
        )
        self.metrics = ServerMetrics(factory: metrics)
    }
}
