/// Everything about an Engine.IO server that can be set.
public import HTTPTypes

/// The configuration of a server.
///
/// The defaults are those of Node's server.
public struct EngineIOConfiguration: Sendable {
    /// How often the server pings.
    ///
    /// Default: 25 s.
    public var pingInterval: Duration = .seconds(25)

    /// How long a client may take to answer a ping.
    ///
    /// Default: 20 s.
    public var pingTimeout: Duration = .seconds(20)

    /// How long a WebSocket that names a session may take to become its transport.
    ///
    /// Default: 10 s.
    public var upgradeTimeout: Duration = .seconds(10)

    /// The largest message, and the largest body of a POST, in bytes.
    ///
    /// Clients are told as `maxPayload`. Default: 1,000,000.
    public var maximumPayloadBytes: Int = 1_000_000

    /// The path that belongs to Engine.IO; other requests go to the application.
    ///
    /// Default: `/engine.io/`.
    public var path: String = "/engine.io/"

    /// The transports that clients may use.
    ///
    /// Default: both.
    public var transports: Set<TransportName> = [.polling, .webSocket]

    /// Whether polling sessions are offered WebSocket.
    ///
    /// Default: `true`.
    public var allowsUpgrades: Bool = true

    /// Whether large answers to polls are compressed when the client accepts it.
    ///
    /// Default: `true`.
    public var compressesResponses: Bool = true

    /// The size from which on an answer is compressed, in bytes.
    ///
    /// Default: 1,024.
    public var compressionThreshold: Int = 1024

    /// Who may use the server from a page of another origin.
    ///
    /// Default: nobody but the server's own origin.
    public var cors = CORSConfiguration()

    /// The cookie set by the first answer of a polling session.
    ///
    /// Default: none.
    public var cookie: CookieConfiguration?

    /// Decides about each handshake, before a session is made.
    ///
    /// Default: everybody is let in.
    ///
    /// A refusal is answered 403 with code 4; see ``HandshakeDecision``.
    public var allowRequest: (@Sendable (HandshakeRequest) async -> HandshakeDecision)?

    /// Look at each request to ``path``, in their order, before anything else does: polls, posts and upgrades too.
    ///
    /// Default: none. To decide about handshakes asynchronously use ``allowRequest``.
    public var requestMiddlewares: [RequestMiddleware] = []

    /// Headers for the answer to the first request of a session: the open packet over polling, or the answer 101.
    ///
    /// They replace headers of the same name, but for cookies, which are added, and for the headers that belong to the
    /// connection, which stay. Called on the event loop: it must not block. Default: none.
    public var initialHeaders: (@Sendable (HandshakeRequest) -> HTTPFields)?

    /// Headers for each answer of a session: to polls and posts, and 101; behind ``initialHeaders`` in the first.
    ///
    /// Default: none.
    public var headers: (@Sendable (HandshakeRequest) -> HTTPFields)?

    /// Told of each request that is refused before it reaches a session; see ``RefusedRequest``.
    ///
    /// Called on the event loop: it must not block. Clients can cause as many calls as they like. Default: none.
    public var onRefusedRequest: (@Sendable (RefusedRequest) -> Void)?

    /// The limits that bound what a peer can make the server store.
    public var limits = Limits()

    /// Creates a configuration with the defaults.
    public init() {}

    /// The limits that bound what a peer can make the server store or wait for.
    public struct Limits: Sendable {
        /// The most sessions at a time.
        ///
        /// A handshake beyond is refused with code 4, `Too many sessions`. Default: 1,000,000.
        public var sessions: Int = 1_000_000

        /// The most connections at a time; those beyond are closed at once.
        ///
        /// Default: 1,000,000.
        public var connections: Int = 1_000_000

        /// The most packets in the body of one POST; one more is a parse error.
        ///
        /// Default: 100,000.
        public var packetsPerPayload: Int = 100_000

        /// The most packets in one answer to a poll.
        ///
        /// python-socketio's clients take no more than 16. Default: 16.
        public var packetsPerPoll: Int = 16

        /// The most bytes that wait for a slow client before its session is closed.
        ///
        /// Default: 8 MiB.
        public var outboxBytes: Int = 8 << 20

        /// The most fragments of one WebSocket message.
        ///
        /// Default: 131,072.
        public var fragmentsPerMessage: Int = 131_072

        /// The most bytes of a request's headers.
        ///
        /// Default: 16 KiB, answered 431.
        public var headerBytes: Int = 16 << 10

        /// The most headers of a request.
        ///
        /// Default: 256, answered 431.
        public var headerCount: Int = 256

        /// How long a connection may be quiet before a request's head is complete.
        ///
        /// Default: 60 s.
        public var headTimeout: Duration = .seconds(60)

        /// How long the body of a request may take.
        ///
        /// Default: 30 s, answered 408.
        public var bodyTimeout: Duration = .seconds(30)

        /// How long a closed polling session waits for the poll that fetches the rest.
        ///
        /// Default: 30 s.
        public var closingTimeout: Duration = .seconds(30)

        /// How long the client may take to answer a WebSocket close frame.
        ///
        /// Default: 30 s.
        public var closeHandshakeTimeout: Duration = .seconds(30)

        /// Creates the default limits.
        public init() {}
    }

    /// Checks the values.
    ///
    /// - Throws: ``EngineIOError`` with the code ``EngineIOError/Code/invalidConfiguration`` for a value without sense.
    public func validate() throws(EngineIOError) {
        let durations = [
            ("pingInterval", self.pingInterval), ("pingTimeout", self.pingTimeout),
            ("upgradeTimeout", self.upgradeTimeout), ("limits.headTimeout", self.limits.headTimeout),
            ("limits.bodyTimeout", self.limits.bodyTimeout), ("limits.closingTimeout", self.limits.closingTimeout),
            ("limits.closeHandshakeTimeout", self.limits.closeHandshakeTimeout),
        ]
        for (name, value) in durations where value <= .zero || value > .seconds(86_400 * 365) {
            throw .invalid(name, found: "\(value)", expected: "more than 0 and at most a year")
        }
        let counts = [
            ("maximumPayloadBytes", self.maximumPayloadBytes), ("limits.sessions", self.limits.sessions),
            ("limits.connections", self.limits.connections),
            ("limits.packetsPerPayload", self.limits.packetsPerPayload),
            ("limits.packetsPerPoll", self.limits.packetsPerPoll - 1), ("limits.outboxBytes", self.limits.outboxBytes),
            ("limits.fragmentsPerMessage", self.limits.fragmentsPerMessage),
            ("limits.headerBytes", self.limits.headerBytes), ("limits.headerCount", self.limits.headerCount),
        ]
        for (name, value) in counts where value < 1 || value > 1 << 30 {
            throw .invalid(name, found: "\(value)", expected: "at least 1 (packetsPerPoll: 2) and at most 2^30")
        }
        guard self.path.hasPrefix("/") else { throw .invalid("path", found: self.path, expected: "a leading slash") }
        guard !self.transports.isEmpty else { throw .invalid("transports", found: "none", expected: "at least one") }
        guard self.compressionThreshold >= 0 else {
            throw .invalid("compressionThreshold", found: "\(self.compressionThreshold)", expected: "0 or more")
        }
    }

    /// Whether the application adds headers to answers.
    var hasHeaderHooks: Bool { self.initialHeaders != nil || self.headers != nil }

    /// The path with exactly one slash at its end, as requests are compared with it.
    package var normalizedPath: String { self.path.hasSuffix("/") ? self.path : self.path + "/" }
}

/// How a session's packets travel.
public enum TransportName: String, Sendable, Hashable {
    /// HTTP long polling.
    case polling
    /// A WebSocket.
    case webSocket = "websocket"
}

/// What the application says to a handshake.
public enum HandshakeDecision: Sendable {
    /// A session is made.
    case allow
    /// The handshake is refused with code 4 and this message; `nil` stands for `Forbidden`.
    case refuse(message: String?)
}
