/// Until when a request counts among those that its client has open.
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import EngineIO

/// A client that is as quick as can be: it acts while the server is still writing its answer.
private final class QuickClient: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var act: (() throws -> Void)?

    init(act: @escaping () throws -> Void) {
        self.act = act
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        let act = self.act
        self.act = nil
        #expect(throws: Never.self) { try act?() }
    }
}

@Suite struct OpenRequestTests {
    private static let polling = "GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let webSocket =
        "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n"
        + WebSocketTestClient.headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"

    /// Gives a channel the handlers of a connection from an address that all of them have.
    private func connect(_ channel: EmbeddedChannel, core: EngineCore) throws {
        let context = LoopContext(eventLoop: channel.embeddedEventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "203.0.113.7", port: 1)).wait()
        guard case .welcome(let client) = ConnectionClient.arrive(on: channel, core: core) else {
            Issue.record("the connection was refused")
            return
        }
        try Listener.addHandlers(to: channel, core: core, context: context, client: client)
    }

    private func send(_ request: String, to channel: EmbeddedChannel) {
        channel.pipeline.fireChannelRead(ByteBuffer(string: request))
        channel.pipeline.fireChannelReadComplete()
    }

    /// The first line of the answer.
    private func status(of channel: EmbeddedChannel) throws -> Substring? {
        try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0).prefix { $0 != "\r\n" } }
    }

    /// A server that lets an address have one request open at a time.
    private func core(_ log: EventLog<SessionEvent> = EventLog()) -> EngineCore {
        var configuration = EngineIOConfiguration()
        configuration.limits.openRequestsPerAddress = 1
        return EngineCore(
            configuration: configuration,
            logger: quietLogger(),
            responder: ApplicationResponse.notFound,
            makeHandler: { SessionRecorder(log: log, reaction: SessionRecorder.silent) }
        )
    }

    @Test(arguments: [(Self.polling, "200 OK"), (Self.webSocket, "101 Switching Protocols")])
    func `a client that has its answer may ask on another connection`(_ request: String, _ status: String) throws {
        let (core, loop) = (self.core(), EmbeddedEventLoop())
        let other = EmbeddedChannel(loop: loop)
        try self.connect(other, core: core)
        let client = QuickClient { self.send(Self.polling, to: other) }
        let channel = EmbeddedChannel(handlers: [client], loop: loop)
        try self.connect(channel, core: core)
        self.send(request, to: channel)
        loop.run()
        #expect(try self.status(of: channel) == "HTTP/1.1 \(status)")
        #expect(try self.status(of: other) == "HTTP/1.1 200 OK")
        for channel in [channel, other] { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test func `a post with a broken body ends its session, and is open no more`() throws {
        let log = EventLog<SessionEvent>()
        let (core, loop) = (self.core(log), EmbeddedEventLoop())
        let (channel, other) = (EmbeddedChannel(loop: loop), EmbeddedChannel(loop: loop))
        for channel in [channel, other] { try self.connect(channel, core: core) }
        self.send(Self.polling, to: channel)
        #expect(try self.status(of: channel) == "HTTP/1.1 200 OK")
        let sid = try #require(log.all.first?.session.id)
        let head = "POST /engine.io/?EIO=4&transport=polling&sid=\(sid) HTTP/1.1\r\nHost: a\r\n"
        self.send(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", to: channel)
        loop.run()
        #expect(try self.status(of: channel) == "HTTP/1.1 400 Bad Request")
        #expect(!channel.isActive)
        #expect(log.all.compactMap(\.closeReason) == [.transportError])
        self.send(Self.polling, to: other)
        #expect(try self.status(of: other) == "HTTP/1.1 200 OK")
        for channel in [channel, other] { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }
}
