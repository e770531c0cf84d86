/// A session's WebSocket on a channel that takes no more bytes.
import HTTPTypes
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

/// A WebSocket whose channel is as writable as the test says, on a loop that runs when the test says so.
///
/// To be made inside a test: its loop belongs to the test's thread.
private final class WebSocketStage {
    let channel = EmbeddedChannel()
    let context: LoopContext
    let events = EventLog<SessionEvent>()
    let core: EngineCore
    let webSocket: SessionWebSocket

    init() {
        self.context = LoopContext(eventLoop: self.channel.embeddedEventLoop)
        self.core = EngineCore(
            configuration: EngineIOConfiguration(),
            logger: quietLogger(),
            responder: ApplicationResponse.notFound,
            makeHandler: { [events] in SessionRecorder(log: events, reaction: SessionRecorder.silent) }
        )
        self.webSocket = SessionWebSocket(settings: self.core.webSockets, loopContext: self.context)
    }

    deinit {
        _ = try? self.channel.finish(acceptAlreadyClosed: true)
    }

    /// Opens a session, on the WebSocket or on polling.
    func openSession(onWebSocket: Bool) throws -> Session {
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/")
        let request = HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0)
        let webSocket = onWebSocket ? self.webSocket.link : nil
        return try #require(self.core.openSession(request: request, home: self.context, webSocket: webSocket))
    }

    /// Opens a session on polling, and the WebSocket as its candidate.
    func openCandidate() throws -> Session {
        let session = try self.openSession(onWebSocket: false)
        #expect(session.openedCandidate(self.webSocket.link))
        self.webSocket.role = .candidate(session)
        try self.addHandler()
        return session
    }

    func addHandler() throws {
        try self.channel.pipeline.syncOperations.addHandler(self.webSocket.connection)
    }

    func setWritable(_ isWritable: Bool) {
        self.channel.isWritable = isWritable
        self.channel.pipeline.fireChannelWritabilityChanged()
        self.channel.embeddedEventLoop.run()
    }

    func receive(_ frame: ClientFrame) throws {
        try self.channel.writeInbound(ByteBuffer(bytes: frame.bytes))
        self.channel.embeddedEventLoop.run()
    }

    /// The bytes written since the last look.
    func written() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }
}

/// The bytes of a frame as the server writes it.
private func frame(_ opcode: WebSocketOpcode, _ text: String = "") -> [UInt8] {
    ClientFrame(opcode, text).with { $0.key = nil }.bytes
}

@Suite struct SessionWebSocketTests {
    @Test func `a candidate that probes while it reads nothing is closed without an answer, and costs nothing else`()
        throws
    {
        let stage = WebSocketStage()
        let session = try stage.openCandidate()
        try stage.receive(ClientFrame(.text, "2probe"))
        #expect(try stage.written() == frame(.text, "3probe"))
        stage.setWritable(false)
        try stage.receive(ClientFrame(.text, "2probe"))
        #expect(try stage.written() == frame(.close))
        #expect(session.isOpen)
        #expect(session.state.withLock { $0.upgrade.candidate == nil })
        #expect(stage.events.all.compactMap(\.closeReason) == [])
        // There is room for another one, and this one's time is over.
        stage.setWritable(true)
        try stage.receive(ClientFrame(.text, "5"))
        #expect(session.transport == .polling)
        #expect(session.openedCandidate(FakeWebSocket(context: stage.context)))
    }

    @Test func `what waits for a candidate that becomes the transport while it reads nothing waits on`() throws {
        let stage = WebSocketStage()
        let session = try stage.openCandidate()
        session.send(MessageUnit(text: "before"))
        stage.setWritable(false)
        try stage.receive(ClientFrame(.text, "5"))
        #expect(session.transport == .webSocket)
        #expect(!session.state.withLock { $0.isSinkWritable })
        session.send(MessageUnit(text: "after"))
        stage.channel.embeddedEventLoop.run()
        #expect(try stage.written() == [])
        // Counted, so that the outbox's limit holds for it.
        #expect(session.outboxBytes == (frame(.text, "4before") + frame(.text, "4after")).count)
        stage.setWritable(true)
        #expect(try stage.written() == frame(.text, "4before") + frame(.text, "4after"))
        #expect(session.outboxBytes == 0)
    }

    @Test func `a session that begins on a WebSocket that takes nothing yet sends its first packet when it does`()
        throws
    {
        let stage = WebSocketStage()
        stage.setWritable(false)
        let session = try stage.openSession(onWebSocket: true)
        stage.webSocket.role = .transport(session)
        try stage.addHandler()
        stage.channel.embeddedEventLoop.run()
        #expect(!session.state.withLock { $0.isSinkWritable })
        #expect(try stage.written() == [])
        stage.setWritable(true)
        let packet = stage.core.openPacket(for: session, transport: .webSocket)
        #expect(try stage.written() == frame(.text, String(buffer: packet)))
    }

    @Test func `more than an outbox holds leaves in order, and once the connection is set up`() throws {
        let stage = WebSocketStage()
        let session = try stage.openSession(onWebSocket: true)
        stage.webSocket.role = .transport(session)
        try stage.addHandler()
        stage.channel.embeddedEventLoop.run()
        _ = try stage.written()
        let text = String(repeating: "x", count: 3 << 20)
        for number in 0..<4 { session.send(MessageUnit(text: "\(number)\(text)")) }
        #expect(try stage.written() == [])
        stage.channel.embeddedEventLoop.run()
        #expect(try stage.written() == (0..<4).flatMap { frame(.text, "4\($0)\(text)") })
        #expect(session.isOpen && session.outboxBytes == 0)
    }

    @Test func `nothing is written to a connection that is not set up, however much there is`() throws {
        let stage = WebSocketStage()
        let session = try stage.openSession(onWebSocket: true)
        stage.webSocket.role = .transport(session)
        let text = String(repeating: "x", count: 3 << 20)
        for _ in 0..<4 { session.send(MessageUnit(text: text)) }
        stage.channel.embeddedEventLoop.run()
        #expect(stage.events.all.compactMap(\.closeReason) == [.outboxOverflow])
    }

    @Test func `a connection that is read again asks for it through its pipeline`() throws {
        let (stage, reads) = (WebSocketStage(), ReadCounter())
        try stage.channel.pipeline.syncOperations.addHandler(reads)
        let session = try stage.openCandidate()
        // It stops reading at the client's last word as a candidate, and begins again as the transport.
        let before = reads.count
        try stage.receive(ClientFrame(.text, "2probe"))
        try stage.receive(ClientFrame(.text, "5"))
        #expect(session.transport == .webSocket)
        #expect(reads.count == before + 1)
    }

    @Test func `a ping is not answered while the pongs before it wait`() throws {
        let stage = WebSocketStage()
        let session = try stage.openCandidate()
        stage.setWritable(false)
        try stage.receive(ClientFrame(.ping, "dropped"))
        #expect(try stage.written() == [])
        stage.setWritable(true)
        try stage.receive(ClientFrame(.ping, "answered"))
        #expect(try stage.written() == frame(.pong, "answered"))
        #expect(session.isOpen)
    }
}
