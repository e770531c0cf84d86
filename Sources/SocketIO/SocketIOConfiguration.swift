/// Everything about a Socket.IO server that can be set.
public import EngineIO

/// The configuration of a server.
///
/// The defaults are those of Node's server.
public struct SocketIOConfiguration: Sendable {
    /// The address or name to listen on.
    ///
    /// Default: `127.0.0.1`.
    public var host: String = "127.0.0.1"

    /// The port to listen on; 0 for any free one.
    ///
    /// Default: 3000.
    public var port: Int = 3000

    /// The number of event loops; `nil` for one a core.
    ///
    /// Default: `nil`.
    public var threads: Int?

    /// The transports: path, heartbeat, limits, origins, compression.
    ///
    /// The path's default is `/socket.io/`.
    public var engine: EngineIOConfiguration

    /// The folder with the JavaScript client, to be served below the path as Node's `serveClient` does.
    ///
    /// Those of `socket.io.js`, `socket.io.min.js`, `socket.io.esm.min.js`, `socket.io.msgpack.min.js` and their `.map`
    /// files that are there when the server is made are kept in memory. Pages load them by
    /// `<script src="/socket.io/socket.io.min.js">`. This package has no copy of the client, which is released on its own
    /// and under its own licence; its npm package has these files in `dist` of `socket.io-client`. Default: `nil`, none.
    public var clientFolder: String?

    /// How long a client may stay without joining a namespace.
    ///
    /// Default: 45 s.
    public var connectTimeout: Duration = .seconds(45)

    /// How long an acknowledgement may take when the call does not say.
    ///
    /// It holds for a socket's `emitWithAck` without `timeout`, and for each receiver of a broadcast whose operator has
    /// no ``BroadcastTarget/timeout(_:)``. Node waits for ever in the first case, and not at all in the second.
    ///
    /// Default: 60 s.
    public var acknowledgementTimeout: Duration = .seconds(60)

    /// Whether a socket may enter the room that another socket's id names.
    ///
    /// Whatever is sent to one socket by its id then reaches the other as well. Applications that let clients name the
    /// rooms they enter would let them listen to each other; so such a room is refused, and a warning logged. Node
    /// allows it.
    ///
    /// Default: `false`.
    public var allowsJoiningSocketRooms = false

    /// How packets are written: Node's `parser`.
    ///
    /// Clients must use the same one. Default: ``PacketParser/standard``.
    public var parser: PacketParser = .standard

    /// How sockets that lost their connection for a moment get back their rooms and missed events.
    ///
    /// Default: `nil`, they do not, as in Node.
    public var connectionStateRecovery: ConnectionStateRecovery?

    /// How long a server that shuts down still takes new clients.
    ///
    /// Readiness is off by then (`engine.readinessPath`): the time in which load balancers notice.
    /// Default: 0.
    public var shutdownNotice: Duration = .zero

    /// Over what time clients are told that the server shuts down, evenly.
    ///
    /// Clients come back by themselves as soon as they are told; a time here keeps a thousand of them from coming to the
    /// other servers at once. Those that have not been told are served meanwhile. Default: 0, all at once, as in Node.
    public var drainDuration: Duration = .zero

    /// How long connections and handlers may take to end once all clients have been told.
    ///
    /// After that connections are cut, and handlers cancelled. Default: 3 s.
    public var shutdownTimeout: Duration = .seconds(3)

    /// How long handlers may take to end once they are cancelled because of a shutdown.
    ///
    /// After that they are left behind, and ``SocketIOServer/run()`` throws. Default: 1 s.
    public var cancellationGrace: Duration = .seconds(1)

    /// Whether a namespace that was made for a client is removed when its last socket has left.
    ///
    /// Default: `false`, as in Node. Without it such namespaces stay until the server ends, and
    /// ``Limits/dynamicNamespaces`` bounds how many different names clients may ever ask for. It does not go together
    /// with ``connectionStateRecovery``, since what is kept of a namespace goes with it.
    public var removesEmptyNamespaces = false

    /// The limits that bound what a peer can make the server store.
    public var limits = Limits()

    /// Creates a configuration with the defaults.
    public init() {
        self.engine = EngineIOConfiguration()
        self.engine.path = "/socket.io/"
    }

    /// The limits that bound what a peer can make the server store or wait for.
    public struct Limits: Sendable {
        /// The most attachments of one packet; more end the connection.
        ///
        /// Default: 10.
        public var attachmentsPerPacket: Int = 10

        /// The most bytes of one packet's attachments; more end the connection.
        ///
        /// Default: 10,000,000.
        public var attachmentBytes: Int = 10_000_000

        /// How long the attachments of a packet may take to arrive.
        ///
        /// Default: 45 s.
        public var attachmentTimeout: Duration = .seconds(45)

        /// How deep arrays and objects may be nested.
        ///
        /// Default: 512.
        public var nestingDepth: Int = 512

        /// The most bytes of a namespace's name.
        ///
        /// Default: 512. The query that clients of Socket.IO 2 put behind it may have `engine.limits.headerBytes`.
        public var namespaceBytes: Int = 512

        /// The most bytes of an event's name.
        ///
        /// Default: 512.
        public var eventNameBytes: Int = 512

        /// The most digits of an acknowledgement's id, at most 19.
        ///
        /// Default: 19.
        public var acknowledgementDigits: Int = 19

        /// The most namespaces of one connection; CONNECT to one more is refused.
        ///
        /// Default: 1,000.
        public var namespacesPerConnection: Int = 1000

        /// The most namespaces at a time that are made because clients ask for them; CONNECT to one more is refused.
        ///
        /// Default: 10,000.
        public var dynamicNamespaces: Int = 10_000

        /// The most events of a socket that wait for its handlers before its connection is no longer read.
        ///
        /// Default: 128.
        ///
        /// The packets of a POST under way are still delivered. While a connection is not read, its acknowledgements
        /// are not read either: a handler that awaits one must not let its client send this many events meanwhile.
        public var eventsPerInbox: Int = 128

        /// The bytes of events that handlers have before them, over all namespaces of a connection, from which on it is no
        /// longer read.
        ///
        /// Default: 16 MiB, more than one packet can have by default; read again when half of it is left. Texts and
        /// attachments of events count that wait, also for the middlewares to let their socket in, and of those that
        /// asynchronous handlers are at work on, until they have ended. The packet that goes beyond it is kept, however
        /// large it is. While a connection is not read, its acknowledgements are not read either: where handlers await
        /// them, this has to be more than the events that they are at work on meanwhile.
        public var inboxBytes: Int = 16 << 20

        /// How many events a connection may send in a second, over all its namespaces; `nil` for any number.
        ///
        /// Default: `nil`. A packet that joins a namespace counts as an event, an acknowledgement does not. Checked before
        /// the packet is decoded.
        public var eventsPerSecond: RateLimit?

        /// How many bytes a connection may send in a second, texts and attachments together; `nil` for any number.
        ///
        /// Default: `nil`. What arrives while there is any room is taken whole, however large it is, and made up for
        /// before more is. The attachments of a packet that was taken are taken too.
        public var bytesPerSecond: RateLimit?

        /// The most rooms of a socket, its own not counted; to enter one more is refused, see ``Socket/join(_:)-(Room...)``.
        ///
        /// Default: 10,000.
        public var roomsPerSocket: Int = 10_000

        /// The most bytes of a room's name; to enter one with more is refused.
        ///
        /// Default: 512.
        public var roomNameBytes: Int = 512

        /// The most acknowledgements of one client that are awaited at a time.
        ///
        /// One more fails with ``SocketIOError/Code/limitReached``, and the event is not sent: a client that never
        /// answers must not have the server keep all it is waited for. Default: 10,000.
        public var acknowledgementsPerSocket: Int = 10_000

        /// Creates the default limits.
        public init() {}
    }
}
