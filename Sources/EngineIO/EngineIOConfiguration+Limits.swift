/// The limits of an Engine.IO server.

extension EngineIOConfiguration {
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

        /// The most connections that have not led to a session yet; with one more the oldest of them is closed.
        ///
        /// A connection has led to a session with its first request that one has taken. Those that serve the
        /// application alone count as well, and lose nothing when they are closed: it happens between requests, or
        /// behind the answer that is under way. So whoever opens connections and says nothing loses his own, not those
        /// of others. Default: 20,000.
        public var connectionsWithoutHandshake: Int = 20_000

        /// The most connections of one address; those beyond are closed at once.
        ///
        /// Of a trusted proxy only the WebSockets count, each for the client behind it; one beyond is refused with 429.
        /// A browser has up to six connections, and many people may share an address: on the open internet some hundreds
        /// are a good value. Default: `nil`, no limit.
        public var connectionsPerAddress: Int?

        /// The most requests of one address that are being received or wait for their answer, polls included.
        ///
        /// One beyond is answered 429, and the session it is for goes on. Each client over polling has one waiting
        /// request nearly all the time, and now and then a second one. Default: `nil`, no limit.
        public var openRequestsPerAddress: Int?

        /// How many sessions a second one address may open.
        ///
        /// A handshake beyond is refused with status 429, code 4, `Too many handshakes`, and a `Retry-After` header. The
        /// JavaScript client takes any status but 200 for a failed connection and tries again later. Fractions are fine:
        /// 0.5 is one each two seconds. Default: `nil`, no limit.
        public var handshakesPerSecondPerAddress: Double?

        /// How many sessions an address may open at once when it has opened none for a while.
        ///
        /// Each of them comes back after the time that ``handshakesPerSecondPerAddress`` gives. Default: 50.
        public var handshakeBurstPerAddress: Int = 50

        /// How many bits of an IPv6 address make one address for the limits.
        ///
        /// Who has one IPv6 address mostly has all that begin with the same 64 bits. Default: 64.
        public var ipv6PrefixLength: Int = 64

        /// The most packets in the body of one POST; one more is a parse error.
        ///
        /// Default: 100,000.
        public var packetsPerPayload: Int = 100_000

        /// The most packets in one answer to a poll.
        ///
        /// python-socketio's clients take no more than 16. Default: 16.
        public var packetsPerPoll: Int = 16

        /// The most bytes that wait for a slow client before ``EngineIOConfiguration/outboxPolicy`` applies.
        ///
        /// What its connection takes counts no more; it takes no more than this at once either. Default: 8 MiB. A single
        /// message may be larger: there is no other way to send it.
        public var outboxBytes: Int = 8 << 20

        /// The most fragments of one WebSocket message.
        ///
        /// Default: 131,072.
        public var fragmentsPerMessage: Int = 131_072

        /// The most bytes of a request's target and headers.
        ///
        /// Default: 16 KiB, answered 431.
        public var headerBytes: Int = 16 << 10

        /// The most headers of a request.
        ///
        /// Default: 256, answered 431.
        public var headerCount: Int = 256

        /// How long a connection may be without a request, or a request's head may take.
        ///
        /// The connection is closed then. Default: 60 s.
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
}
