/// A connection's last answer: when it comes, and that nothing follows it.
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import EngineIO

@Suite struct LastAnswerTests {
    /// Gives a channel the handlers of a connection.
    private func connect(_ channel: EmbeddedChannel) throws {
        var configuration = EngineIOConfiguration()
        configuration.maximumPayloadBytes = 10
        let core = EngineCore(
            configuration: configuration,
            logger: quietLogger(),
            responder: ApplicationResponse.notFound,
            makeHandler: { SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent) }
        )
        let context = LoopContext(eventLoop: channel.embeddedEventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try Listener.addHandlers(to: channel, core: core, context: context)
    }

    /// What a connection answers to bytes that all arrive before it can write anything.
    private func answers(to reads: String...) throws -> String {
        let channel = EmbeddedChannel()
        try self.connect(channel)
        channel.isWritable = false
        for bytes in reads {
            channel.pipeline.fireChannelRead(ByteBuffer(string: bytes))
            channel.pipeline.fireChannelReadComplete()
        }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        let answers = try self.written(to: channel)
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return answers
    }

    private func written(to channel: EmbeddedChannel) throws -> String {
        channel.embeddedEventLoop.run()
        var bytes = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += String(buffer: buffer) }
        return bytes
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{0}", "GET"])
    func `nothing is answered behind the last answer`(_ rest: String) throws {
        let answers = try self.answers(to: "GET /engine.io/ HTTP/1.0\r\n\r\n" + rest)
        #expect(answers.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answers.split(separator: "HTTP/1.1").count == 1)
        #expect(answers.hasSuffix(#"{"code":0,"message":"Transport unknown"}"#))
    }

    private static let brokenBody = "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n"

    @Test func `a request with a broken body is refused at once, behind the answers before it`() throws {
        let first = "GET /engine.io/ HTTP/1.1\r\nHost: a\r\n\r\n"
        let answers = try self.answers(to: first + "POST / HTTP/1.1\r\n" + Self.brokenBody, "more", "and more")
        #expect(answers.split(separator: "HTTP/1.1").map { $0.prefix(5) } == [" 400 ", " 400 "])
    }

    @Test func `a broken body behind its request's own answer is not answered again`() throws {
        let target = "/engine.io/?EIO=4&transport=polling&sid=unknown"
        let answers = try self.answers(to: "POST \(target) HTTP/1.1\r\nExpect: 100-continue\r\n" + Self.brokenBody)
        #expect(answers.split(separator: "HTTP/1.1").count == 1)
        #expect(answers.hasSuffix(#"{"code":1,"message":"Session ID unknown"}"#))
    }

    @Test func `a broken body that was too large before it broke is not answered again`() throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let answers = try self.answers(to: head + "B\r\nabcdefghijk\r\nx\r\n")
        #expect(answers.split(separator: "HTTP/1.1").map { $0.prefix(5) } == [" 413 "])
    }

    @Test func `a request behind one whose answer ends the connection is not looked at`() throws {
        let refused = "GET /engine.io/ HTTP/1.1\r\nHost: a\r\nConnection: \tUpgrade\r\nUpgrade: x\r\n\r\n"
        let answers = try self.answers(to: refused + "GET /engine.io/ HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answers.split(separator: "HTTP/1.1").count == 1)
    }

    @Test func `an upgrade whose body comes later than its head is answered when the body has come`() throws {
        let (channel, counter) = (EmbeddedChannel(), ReadCounter())
        try channel.pipeline.syncOperations.addHandler(counter)
        try self.connect(channel)
        let head = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n"
        channel.pipeline.fireChannelRead(ByteBuffer(string: head))
        channel.pipeline.fireChannelReadComplete()
        let readsBefore = counter.count
        channel.pipeline.read()
        #expect(counter.count == readsBefore + 1)
        channel.pipeline.fireChannelRead(ByteBuffer(string: "abc"))
        channel.pipeline.fireChannelReadComplete()
        // There is no host.
        #expect(try self.written(to: channel).hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}
