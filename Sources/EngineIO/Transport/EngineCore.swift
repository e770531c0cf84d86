/// What all connections of a server share, and how sessions are made.
import HTTPTypes
import Logging
import Metrics
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
    private let dates = HTTPDateCache()
    let path: String
    let idleTimeout: TimeAmount
    let bodyTimeout: TimeAmount
    let webSockets: WebSocketSettings
    let connections: ConnectionRegistry
    let life = ServerLife()
    let tasks: ApplicationTasks
    /// The limits of each address; `nil` when there are none.
    let addresses: AddressTable?
    let proxyTrust: ProxyTrust?
    /// The files that are served below the path, by name.
    let files: [String: ServedFile]
    /// The CORS headers when they are the same whoever asks.
    let corsHeadersForAll: HTTPHeaders?
    // What every request asks for stands here: to reach into the configuration would count references each time.
    let origins: OriginPolicy
    let answersPreflights: Bool
    let hasMiddlewares: Bool
    let hasHeaderHooks: Bool
    private let refusedOrigins = Mutex(LogRate())
    private let failedResponders = Mutex(LogRate())
    private let makeHandler: @Sendable () -> any SessionHandler

    init(
        configuration: EngineIOConfiguration,
        logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory,
        time: TimeSource = TimeSource(),
        responder: @escaping HTTPResponder,
        tasks: ApplicationTasks = ApplicationTasks(),
        makeHandler: @escaping @Sendable () -> any SessionHandler
    ) {
        self.configuration = configuration
        self.tasks = tasks
        self.environment = SessionEnvironment(
            configuration: configuration,
            logger: logger,
            metrics: metrics,
            time: time
        )
        self.logger = logger
        self.responder = responder
        self.makeHandler = makeHandler
        self.path = configuration.normalizedPath
        let cors = configuration.cors
        self.corsHeadersForAll = cors.namesOrigin ? nil : HTTPHeaders(cors.responseFields(origin: nil))
        self.origins = cors.origins
        self.answersPreflights = cors.answersPreflights
        self.hasMiddlewares = !configuration.requestMiddlewares.isEmpty
        self.hasHeaderHooks = configuration.hasHeaderHooks
        self.files = configuration.files
        self.addresses = AddressTable(limits: AddressLimits(configuration.limits))
        self.proxyTrust = configuration.proxyTrust
        self.connections = ConnectionRegistry(
            limits: configuration.limits,
            metrics: self.environment.metrics,
            reporter: self.environment.limits
        )
        self.idleTimeout = TimeAmount(configuration.limits.headTimeout)
        self.bodyTimeout = TimeAmount(configuration.limits.bodyTimeout)
        self.webSockets = WebSocketSettings(configuration, logger: logger, limits: self.environment.limits)
    }

    /// The `Date` header of an answer that is written now.
    var date: String { self.dates.text(at: self.environment.time.timeOfDay) }

    /// Says which origin was refused: whoever runs the server may have forgotten to allow it.
    func logRefused(origin: String) {
        let now = self.environment.time.now
        guard let omitted = self.refusedOrigins.withLock({ $0.admit(at: now) }) else { return }
        self.logger.notice(
            "origin refused",
            metadata: ["engineio.origin": "\(LogExcerpt.quoted(origin))", "engineio.omitted": "\(omitted)"]
        )
    }

    /// Says that the application has thrown instead of answering.
    func logFailed(_ error: any Error, path: String) {
        let now = self.environment.time.now
        guard let omitted = self.failedResponders.withLock({ $0.admit(at: now) }) else { return }
        self.logger.error(
            "responder failed",
            metadata: [
                "http.path": "\(LogExcerpt.quoted(path))", "error": "\(LogExcerpt.quoted("\(error)"))",
                "engineio.omitted": "\(omitted)",
            ]
        )
    }

    /// Makes a session and registers it.
    ///
    /// - Parameters:
    ///   - request: The request that asks for it.
    ///   - wire: How its packets are written.
    ///   - home: The loop of its deadlines.
    ///   - webSocket: Its transport; `nil` for polling.
    /// - Returns: The session, or `nil` when there are too many or the server is shutting down.
    func openSession(
        request: HandshakeRequest,
        wire: WireFormat = .revision4,
        home: LoopContext,
        webSocket: (any FrameSink)?
    ) -> Session? {
        guard !self.life.isDraining else { return nil }
        let environment = self.environment
        guard !environment.registry.isFull else {
            environment.limits.reached(.sessions)
            return nil
        }
        let session = Session(
            id: SessionID(),
            request: request,
            handler: self.makeHandler(),
            home: home,
            environment: environment,
            wire: wire,
            webSocket: webSocket
        )
        if webSocket != nil {
            session.send(MessageUnit(encodedPacket: self.openPacket(for: session, transport: .webSocket)))
            if let message = self.configuration.initialMessage { session.send(message) }
        }
        session.start()
        guard environment.registry.insert(session) else {
            session.close(reason: .forcedClose, mode: .discard)
            return nil
        }
        environment.metrics.sessionOpened(over: webSocket == nil ? .polling : .webSocket)
        // Its handler, or another thread, may have closed it before there was anything to remove.
        if session.hasEnded { environment.registry.remove(session.id) }
        return session
    }

    /// The payload that opens a session over polling.
    func openPayload(for session: Session) -> PollPayload {
        session.wire.opening(self.openPacket(for: session, transport: .polling), self.configuration.initialMessage)
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
