/// What clients send ahead of its turn: bounded, whatever the requests are.
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import EngineIO

@Suite struct RequestQueueTests {
    private static let piece = ByteBuffer(repeating: 0x78, count: 16 << 10)

    @Test(arguments: [(1_000_000, 4), (40_000, 3), (1, 1), (.max, 4)])
    func `a queue is full of bytes when a body of the largest size would be`(maximum: Int, pieces: Int) {
        var queue = RequestQueue(maximumPayloadBytes: maximum)
        for _ in 0..<pieces {
            #expect(!queue.isFull)
            queue.append(.body(Self.piece))
        }
        #expect(queue.isFull)
        #expect(queue.popFirst() == .body(Self.piece))
        #expect(!queue.isFull)
        queue.append(.body(Self.piece))
        queue.removeAll()
        #expect(queue.isEmpty && !queue.isFull)
        #expect(queue.byteCount == 0)
    }

    @Test func `a queue is full of parts without a body, too`() {
        var queue = RequestQueue(maximumPayloadBytes: 1_000_000)
        for _ in 0..<RequestQueue.partLimit {
            #expect(!queue.isFull)
            queue.append(.end(nil))
        }
        #expect(queue.isFull)
    }

    @Test func `a body behind a poll that waits is not read beyond a limit, and is when its turn has come`() throws {
        let (channel, reads) = (EmbeddedChannel(), ReadCounter())
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        let context = LoopContext(eventLoop: channel.embeddedEventLoop)
        let core = EngineCore(
            configuration: EngineIOConfiguration(),
            logger: quietLogger(),
            responder: ApplicationResponse.notFound,
            makeHandler: { SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent) }
        )
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/")
        let request = HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0)
        let session = try #require(core.openSession(request: request, home: context, webSocket: nil))
        try channel.pipeline.syncOperations.addHandlers(reads, HTTPConnectionHandler(core: core, loopContext: context))
        let send = { (part: HTTPServerRequestPart) in _ = try channel.writeInbound(part) }
        let target = "/engine.io/?EIO=4&transport=polling&sid=\(session.id)"
        try send(.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: ["Host": "localhost"])))
        try send(.end(nil))
        #expect(session.holdsPoll)
        let length = HTTPHeaders([("Host", "localhost"), ("Content-Length", "1000000")])
        try send(.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: length)))
        for _ in 0..<3 { try send(.body(Self.piece)) }
        channel.read()
        #expect(reads.count == 1)
        try send(.body(Self.piece))
        channel.read()
        #expect(reads.count == 1)
        session.send(MessageUnit(text: "a"))
        channel.embeddedEventLoop.run()
        #expect(!session.holdsPoll)
        #expect(reads.count == 2)
    }
}
