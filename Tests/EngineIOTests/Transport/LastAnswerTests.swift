/// A connection's last answer, when more has arrived behind its request.
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import EngineIO

@Suite struct LastAnswerTests {
    /// What a connection answers to bytes that all arrive before it can write anything.
    private func answers(to bytes: String) throws -> String {
        let channel = EmbeddedChannel()
        let core = EngineCore(
            configuration: EngineIOConfiguration(),
            logger: quietLogger(),
            responder: ApplicationResponse.notFound,
            makeHandler: { SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent) }
        )
        let context = LoopContext(eventLoop: channel.embeddedEventLoop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try Listener.addHandlers(to: channel, core: core, context: context)
        channel.isWritable = false
        channel.pipeline.fireChannelRead(ByteBuffer(string: bytes))
        channel.pipeline.fireChannelReadComplete()
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        var answers = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { answers += String(buffer: buffer) }
        channel.embeddedEventLoop.run()
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return answers
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{0}", "GET"])
    func `nothing is answered behind the last answer`(_ rest: String) throws {
        let answers = try self.answers(to: "GET /engine.io/ HTTP/1.0\r\n\r\n" + rest)
        #expect(answers.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answers.split(separator: "HTTP/1.1").count == 1)
        #expect(answers.hasSuffix(#"{"code":0,"message":"Transport unknown"}"#))
    }

    @Test func `a request behind one whose answer ends the connection is not looked at`() throws {
        let refused =
            "GET /engine.io/?transport=websocket HTTP/1.1\r\nHost: a\r\nConnection: \tUpgrade\r\nUpgrade: x\r\n\r\n"
        let answers = try self.answers(to: refused + "GET /engine.io/ HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(answers.split(separator: "HTTP/1.1").count == 1)
    }
}
