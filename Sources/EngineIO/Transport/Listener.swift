/// The listening socket, the event loops, and the pipeline of each connection.
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// There are as many connections as the configuration allows, or the server is shutting down.
private struct UnwantedConnection: Error {}

/// Accepts connections and gives each its handlers.
final class Listener: Sendable {
    /// How many connections may wait to be accepted.
    private static let backlog: CInt = 1024

    let core: EngineCore
    let group: MultiThreadedEventLoopGroup
    let contexts: [ObjectIdentifier: LoopContext]
    /// The listening socket; `nil` before the server listens, and from the moment it shuts down.
    let socket = Mutex<(any Channel)?>(nil)
    /// Loops that have been given something to do at the end, and have not done it.
    let busyLoops = Atomic(0)
    private let tap: ConnectionTap?

    init(core: EngineCore, threads: Int?, tap: ConnectionTap? = nil) {
        self.core = core
        self.tap = tap
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: threads ?? System.coreCount)
        let manualTime = core.environment.time.manual
        self.contexts = Dictionary(
            uniqueKeysWithValues: self.group.makeIterator().map { loop in
                (ObjectIdentifier(loop), LoopContext(eventLoop: loop, manualTime: manualTime))
            }
        )
    }

    /// Starts to listen.
    func bind(host: String, port: Int) async throws(EngineIOError) -> SocketAddress {
        do {
            let channel = try await self.bootstrap.bind(host: host, port: port).get()
            self.socket.withLock { $0 = channel }
            guard let address = channel.localAddress else {
                throw EngineIOError(.cannotBind, "\(host):\(port) has no address")
            }
            self.reopenWhenLost(channel, address)
            return address
        } catch {
            try? await self.group.shutdownGracefully()
            throw EngineIOError(.cannotBind, Self.explain(error, host: host, port: port), cause: error)
        }
    }

    /// Hands the listening socket over, to be closed.
    func takeSocket() -> (any Channel)? {
        self.socket.withLock { $0.take() }
    }

    private static func explain(_ error: any Error, host: String, port: Int) -> String {
        let reason =
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE: "the port is in use"
            case EADDRNOTAVAIL: "the address is not one of this machine's"
            case EACCES: "not permitted"
            case nil where error is SocketAddressError.UnknownHost: "there is no such host"
            default: "\(error)"
            }
        return "cannot listen on \(host):\(port): \(reason)"
    }

    var bootstrap: ServerBootstrap {
        let core = self.core
        return ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPauser(core: core))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { self.initialize($0) }
    }

    /// Takes a connection: counts it and gives it its handlers.
    ///
    /// Called on the connection's loop.
    func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let core = self.core
            guard let context = self.contexts[ObjectIdentifier(channel.eventLoop)],
                case .admitted = core.connections.insert(channel)
            else { throw UnwantedConnection() }
            try self.tap?(channel)
            switch ConnectionClient.arrive(on: channel, core: core) {
            case .unknown: try Self.addHandlers(to: channel, core: core, context: context)
            case .welcome(let client):
                try Self.addHandlers(to: channel, core: core, context: context, client: client)
            case .refused:
                core.environment.limits.reached(.connectionsPerAddress)
                throw UnwantedConnection()
            }
        }
    }

    /// The loop for the next connection.
    func nextLoop() -> any EventLoop { self.group.next() }

    /// What the loops have.
    var loopContexts: [LoopContext] { Array(self.contexts.values) }

    /// Adds the handlers of an HTTP connection.
    static func addHandlers(
        to channel: any Channel,
        core: EngineCore,
        context: LoopContext,
        client: ConnectionClient? = nil
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let limits = core.configuration.limits
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = limits.headerBytes
        decoding.maxHeaderFieldCount = limits.headerCount
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding)
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(HTTPConnectionHandler(core: core, loopContext: context, client: client))
    }
}
