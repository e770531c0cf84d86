/// The listening socket, the event loops, and the pipeline of each connection.
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// There are as many connections as the configuration allows, or the server is shutting down.
private struct TooManyConnections: Error {}

/// Accepts connections and gives each its handlers.
final class Listener: Sendable {
    /// How many connections may wait to be accepted.
    private static let backlog: CInt = 1024

    private let core: EngineCore
    private let group: MultiThreadedEventLoopGroup
    private let contexts: [ObjectIdentifier: LoopContext]
    private let tap: ConnectionTap?
    private let socket = Mutex<(any Channel)?>(nil)

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
            return address
        } catch {
            try? await self.group.shutdownGracefully()
            throw EngineIOError(.cannotBind, Self.explain(error, host: host, port: port), cause: error)
        }
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

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { self.initialize($0) }
    }

    /// Takes a connection: counts it and gives it its handlers.
    ///
    /// Called on the connection's loop.
    func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            guard let context = self.contexts[ObjectIdentifier(channel.eventLoop)],
                self.core.connections.insert(channel)
            else {
                throw TooManyConnections()
            }
            try self.tap?(channel)
            try Self.addHandlers(to: channel, core: self.core, context: context)
        }
    }

    /// The loop for the next connection.
    func nextLoop() -> any EventLoop { self.group.next() }

    /// What the loops have.
    var loopContexts: [LoopContext] { Array(self.contexts.values) }

    /// Adds the handlers of an HTTP connection.
    static func addHandlers(to channel: any Channel, core: EngineCore, context: LoopContext) throws {
        let pipeline = channel.pipeline.syncOperations
        let limits = core.configuration.limits
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytes
        decoding.maxHeaderListSize = limits.headerBytes
        decoding.maxHeaderFieldCount = limits.headerCount
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding)
        try pipeline.addHandler(ByteToMessageHandler(decoder))
        try pipeline.addHandler(HTTPConnectionHandler(core: core, loopContext: context))
    }

    /// Stops to listen, and asks idle connections to end.
    ///
    /// - Returns: A future that completes when all connections have ended.
    func stopAccepting() async -> EventLoopFuture<Void> {
        // Connections hear of it before the port is free: whoever sees that may count on the rest.
        let drained = self.group.any().makePromise(of: Void.self)
        self.core.connections.quiesce(promise: drained)
        try? await self.socket.withLock { $0.take() }?.close().get()
        return drained.futureResult
    }

    /// Waits for the connections to end, cuts those that do not in time, and ends the event loops.
    ///
    /// No loop may end before the last connection has: a session's connections may live on several.
    func finish(after drained: EventLoopFuture<Void>, timeout: Duration) async {
        let connections = self.core.connections
        let cut = self.core.environment.time.after(timeout) { connections.closeAll() }
        try? await drained.get()
        cut.cancel()
        for context in self.contexts.values { context.retire() }
        try? await self.group.shutdownGracefully()
    }
}
