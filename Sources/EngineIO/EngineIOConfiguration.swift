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
    /// Paths are compared as they are sent: nothing is decoded, and `..` is not resolved. Default: `/engine.io/`.
    public var path: String = "/engine.io/"

    /// Whether ``path`` must be followed by a slash.
    ///
    /// Without it, `/engine.io?EIO=4` is Engine.IO's as well. Default: `true`.
    public var addsTrailingSlash: Bool = true

    /// The transports that clients may use.
    ///
    /// Default: both.
    public var transports: Set<TransportName> = [.polling, .webSocket]

    /// Whether polling sessions are offered WebSocket.
    ///
    /// Default: `true`.
    public var allowsUpgrades: Bool = true

    /// Whether clients of Socket.IO 1 and 2 may connect, which speak revision 3 of the protocol: Node's `allowEIO3`.
    ///
    /// Otherwise they are refused with code 5, `Unsupported protocol version`. Clients of revision 3 that poll by script
    /// elements (JSONP) are served only when ``CORSConfiguration/origins`` is `.any`. Default: `false`.
    public var allowsEIO3: Bool = false

    /// Whether large answers to polls are compressed when the client accepts it: Node's `httpCompression`.
    ///
    /// Default: `true`.
    public var compressesResponses: Bool = true

    /// The size from which on an answer is compressed, in bytes.
    ///
    /// Default: 1,024.
    public var compressionThreshold: Int = 1024

    /// Whether and how WebSocket messages are compressed when the client offers it.
    ///
    /// As in Node it costs memory and time that only large messages are worth; see ``PerMessageDeflate``. Default: none.
    public var perMessageDeflate: PerMessageDeflate?

    /// Who may use the server from a page of another origin.
    ///
    /// Default: nobody but the server's own origin.
    public var cors = CORSConfiguration()

    /// The cookie set by the first answer of a polling session.
    ///
    /// `CookieConfiguration()` is what `cookie: true` is in Node. Default: none.
    public var cookie: CookieConfiguration?

    /// Messages that each session is sent first, with the packet that opens it.
    ///
    /// Default: none.
    public var initialMessage: MessageUnit?

    /// What becomes of requests to upgrade that lie outside of ``path``.
    ///
    /// Default: ``ForeignUpgrades/answer``.
    public var foreignUpgrades: ForeignUpgrades = .answer

    /// The addresses of the proxies before this server, each as `10.0.0.1` or as a block, `10.0.0.0/8` or `fd00::/8`.
    ///
    /// Only what such a peer says of the client behind it is believed: the address counts for the limits and in
    /// ``HandshakeRequest/remoteAddress``, whether its connection is encrypted in ``HandshakeRequest/isSecure``, and both
    /// that and the host for ``OriginPolicy/sameOrigin``. The proxy has to set all of ``proxyHeaders``, or to remove those
    /// it does not set: what it passes on of a client's own would be believed, too. Default: none.
    public var trustedProxies: [String] = []

    /// The headers in which ``trustedProxies`` tell of the client.
    ///
    /// One kind or the other, since a proxy that sets the one mostly passes on the other as the client has sent it.
    /// Default: ``ProxyHeaders/xForwarded``.
    public var proxyHeaders: ProxyHeaders = .xForwarded

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

    /// What happens when more waits for a slow client than ``Limits/outboxBytes``.
    ///
    /// Default: its session is closed.
    public var outboxPolicy = OutboxPolicy.close

    /// From how many waiting bytes on ``Session/sendWhenWritable(_:)`` waits, and all that is built on it.
    ///
    /// Default: 256 KiB. More than ``Limits/outboxBytes`` counts as that.
    public var outboxHighWaterMark: Int = 256 << 10

    /// To how many waiting bytes an outbox has to shrink before what waits for room goes on.
    ///
    /// Default: 64 KiB. At most ``outboxHighWaterMark``.
    public var outboxLowWaterMark: Int = 64 << 10

    /// The path that tells whether the process lives: 200 as long as it answers at all.
    ///
    /// Asked by GET or HEAD, answered before the application's responder, without CORS headers and without a line in
    /// the log. It may not lie below ``path``. Usual: `/healthz`. Default: none.
    public var livenessPath: String?

    /// The path that tells whether the server takes clients: 200 when it does, 503 while it starts and from the
    /// moment it begins to shut down.
    ///
    /// Otherwise like ``livenessPath``. Usual: `/readyz`. Default: none.
    public var readinessPath: String?

    /// The limits that bound what a peer can make the server store.
    public var limits = Limits()

    /// Files that are served below ``path``, by their names.
    package var files: [String: ServedFile] = [:]

    /// Creates a configuration with the defaults.
    public init() {}

    /// Whether the application adds headers to answers.
    var hasHeaderHooks: Bool { self.initialHeaders != nil || self.headers != nil }

    /// The path as requests are compared with it: with exactly one slash at its end, or with none.
    package var normalizedPath: String {
        let path = self.path.hasSuffix("/") ? String(self.path.dropLast()) : self.path
        return self.addsTrailingSlash ? path + "/" : path
    }

    /// The proxies that are trusted; `nil` when there are none.
    var proxyTrust: ProxyTrust? {
        let blocks = self.trustedProxies.compactMap { AddressBlock($0) }
        return blocks.isEmpty ? nil : ProxyTrust(proxies: blocks, headers: self.proxyHeaders)
    }
}

/// What becomes of requests to upgrade a connection that are not Engine.IO's: Node's `destroyUpgrade`.
///
/// Node waits a second whether another part of the program takes the connection over. Nothing but Engine.IO can here, so
/// there is nothing to wait for.
public enum ForeignUpgrades: Sendable, Hashable {
    /// The application answers them like any request, and the connection ends with the answer.
    case answer
    /// The connection is closed without an answer.
    case close
}

/// What happens to a session for which more waits than ``EngineIOConfiguration/Limits/outboxBytes``.
public enum OutboxPolicy: Sendable, Hashable {
    /// The session is closed, with the reason ``CloseReason/outboxOverflow``.
    ///
    /// Volatile messages never wait.
    case close
    /// Volatile messages that wait are dropped, the oldest first; when there are none left the session is closed.
    ///
    /// Volatile messages wait while there is room for them, in their place among the others.
    case dropOldestVolatile
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
