/// What all sessions of a server share.
import Logging
import Metrics
import NIOCore

/// The times and limits of sessions, in NIO's units, and where they are registered.
final class SessionEnvironment: Sendable {
    let configuration: EngineIOConfiguration
    let registry: SessionRegistry
    let logger: Logger
    let time: TimeSource
    let limits: LimitReporter
    let metrics: EngineMetrics
    let pingInterval: TimeAmount
    let pingTimeout: TimeAmount
    /// How long a client that pings itself may be silent: revision 3.
    let patience: TimeAmount
    let upgradeTimeout: TimeAmount
    let closingTimeout: TimeAmount
    let outboxLimit: Int
    let outboxMarks: OutboxMarks
    /// Whether any message may be compressed on its way.
    let compresses: Bool
    /// Whether volatile messages wait, and are dropped first.
    let keepsVolatile: Bool

    init(
        configuration: EngineIOConfiguration,
        logger: Logger,
        metrics factory: any MetricsFactory = MetricsSystem.factory,
        time: TimeSource = TimeSource()
    ) {
        self.configuration = configuration
        self.metrics = EngineMetrics(factory: factory)
        self.registry = SessionRegistry(maximumSessions: configuration.limits.sessions, metrics: self.metrics)
        self.logger = logger
        self.time = time
        self.limits = LimitReporter(label: "engineio", logger: logger, time: time, factory: factory)
        self.pingInterval = TimeAmount(configuration.pingInterval)
        self.pingTimeout = TimeAmount(configuration.pingTimeout)
        self.patience = self.pingInterval + self.pingTimeout
        self.upgradeTimeout = TimeAmount(configuration.upgradeTimeout)
        self.closingTimeout = TimeAmount(configuration.limits.closingTimeout)
        self.outboxLimit = configuration.limits.outboxBytes
        self.outboxMarks = OutboxMarks(configuration)
        self.compresses = configuration.compressesResponses || configuration.perMessageDeflate != nil
        self.keepsVolatile = configuration.outboxPolicy == .dropOldestVolatile
    }

    /// The heartbeat of a session that opens now.
    func heartbeat(of revision: ProtocolRevision, now: NIODeadline) -> HeartbeatStateMachine {
        switch revision {
        case .four: HeartbeatStateMachine(now: now, interval: self.pingInterval)
        case .three: HeartbeatStateMachine(now: now, patience: self.patience)
        }
    }
}
