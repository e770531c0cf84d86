/// What all connections of a server share, and how sessions are made.
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Synchronization

/// The parts of a server that its connections use.
final class EngineCore: Sendable {
    let configuration: EngineIOConfiguration
    let environment: SessionEnvironment
    let logger: Logger
    let responder: HTTPResponder
    let dates = HTTPDateCache()
    let path: String
    let idleTimeout: TimeAmount
    let bodyTimeout: TimeAmount
    let webSockets: WebSocketSettings
    let connections: ConnectionRegistry
    let life = ServerLife()
    let tasks: ApplicationTasks
    /// The CORS headers when they are the same whoever asks.
    let corsHeadersForAll: HTTPHeaders?
    private let refusedOrigins = Mutex(LogRate())
    private let makeHandler: @Sendable () -> any SessionHandler

    init(
        configuration: EngineIOConfiguration,
        logger: Logger,
        time: TimeSource = TimeSource(),
        responder: @escaping HTTPResponder,
        tasks: ApplicationTasks = ApplicationTasks(),
        makeHandler: @escaping @Sendable () -> any SessionHandler
    ) {
        self.configuration = configuration
        self.tasks = tasks
        self.environment = SessionEnvironment(configuration: configuration, logger: logger, time: time)
        self.logger = logger
        self.responder = responder
        self.makeHandler = makeHandler
        self.path = configuration.normalizedPath
        let cors = configuration.cors
        self.corsHeadersForAll = cors.namesOrigin ? nil : HTTPHeaders(cors.responseFields(origin: nil))
        self.connections = ConnectionRegistry(maximumCount: configuration.limits.connections)
        self.idleTimeout = TimeAmount(configuration.limits.headTimeout)
        self.bodyTimeout = TimeAmount(configuration.limits.bodyTimeout)
        self.webSockets = WebSocketSettings(configuration, logger: logger)
    }

    /// Says which origin was refused: whoever runs the server may have forgotten to allow it.
    func logRefused(origin: String) {
        let now = self.environment.time.now
        guard let omitted = self.refusedOrigins.withLock({ $0.admit(at: now) }) else { return }
        self.logger.notice(
            "origin refused",
            metadata: ["engineio.origin": "\(origin.prefix(200).debugDescription)", "engineio.omitted": "\(omitted)"]
        )
    }

    /// Makes a session and registers it.
    ///
    /// - Returns: The session, or `nil` when there are too many or the server is shutting down.
    func openSession(request: HandshakeRequest, home: LoopContext, webSocket: (any FrameSink)?) -> Session? {
        guard !self.life.isDraining else { return nil }
        let session = Session(
            id: SessionID(),
            request: request,
            handler: self.makeHandler(),
            home: home,
            environment: self.environment,
            webSocket: webSocket
        )
        if webSocket != nil {
            session.send(MessageUnit(encodedPacket: self.openPacket(for: session, transport: .webSocket)))
        }
        session.start()
        guard self.environment.registry.insert(session) else {
            session.close(reason: .forcedClose, mode: .discard)
            return nil
        }
        return session
    }

    /// The packet that opens a session.
    func openPacket(for session: Session, transport: TransportName) -> ByteBuffer {
        let upgrades =
            transport == .polling && self.configuration.allowsUpgrades
                && self.configuration.transports.contains(.webSocket) ? [TransportName.webSocket.rawValue] : []
        let response = HandshakeResponse(
            sid: session.id,
            upgrades: upgrades,
            pingInterval: Int(self.environment.pingInterval.nanoseconds / 1_000_000),
            pingTimeout: Int(self.environment.pingTimeout.nanoseconds / 1_000_000),
            maxPayload: self.configuration.maximumPayloadBytes
        )
        var packet = ByteBufferAllocator().buffer(capacity: 128)
        response.write(into: &packet)
        return packet
    }
}
