/// Compressed WebSockets over real sockets: what is agreed on, sent and refused.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

/// A client that compresses, and sees what the server has compressed.
private final class DeflatingClient {
    static let target = "/engine.io/?EIO=4&transport=websocket"

    let client: WebSocketTestClient
    let answer: String?
    private let deflater = MessageInflaterTests.deflater()
    private let inflater = MessageInflater(windowBits: 15, keepsContext: true)

    private init(_ client: WebSocketTestClient) {
        self.client = client
        self.answer = client.response["sec-websocket-extensions"]
    }

    static func connect(
        port: Int,
        offering offer: String = "permessage-deflate; client_max_window_bits",
        to target: String = target
    ) async throws -> DeflatingClient {
        let headers = [("Sec-WebSocket-Extensions", offer)]
        return DeflatingClient(try await WebSocketTestClient.connect(port: port, target, headers: headers))
    }

    func frames(of text: String, pieces: Int = 1) -> [TestFrame] {
        let bytes = MessageInflaterTests.deflate([Array(text.utf8)], with: self.deflater)[0]
        let size = (bytes.count + pieces - 1) / pieces
        return (0..<pieces).map { number in
            let piece = Array(bytes.dropFirst(number * size).prefix(size))
            let frame = TestFrame(number == 0 ? .text : .continuation, piece, isFinal: number == pieces - 1)
            return number == 0 ? frame.with { $0.first |= 0x40 } : frame
        }
    }

    func send(_ text: String) async throws {
        try await self.client.connection.send(self.frames(of: text).flatMap(\.bytes))
    }

    /// Reads the next message.
    func receive() async throws -> (isCompressed: Bool, bytes: [UInt8]) {
        let (first, payload) = try await self.client.connection.read("a frame", within: RawConnection.patience) {
            buffer,
            _ -> (UInt8, [UInt8])? in
            guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
            var plain = buffer
            plain.setInteger(first & ~0x40, at: plain.readerIndex)
            guard let frame = try TestFrame.read(from: &plain) else { return nil }
            buffer.moveReaderIndex(to: plain.readerIndex)
            return (first, frame.payload)
        }
        guard first & 0x40 != 0 else { return (false, payload) }
        var output = ByteBuffer()
        try self.inflater.inflate(ByteBuffer(bytes: payload), into: &output, limit: 10_000_000)
        try self.inflater.endMessage(into: &output, limit: 10_000_000)
        return (true, Array(output.readableBytesView))
    }

    func receiveText() async throws -> (isCompressed: Bool, text: String) {
        let (isCompressed, bytes) = try await self.receive()
        return (isCompressed, String(decoding: bytes, as: UTF8.self))
    }

    func receiveOpen() async throws -> String {
        try OpenPacket(packet: try await self.receiveText().text).sid
    }
}

extension LiveTests {
    @Suite struct PerMessageDeflateLiveTests {
        private static func configuration(
            _ change: (inout PerMessageDeflate) -> Void = { _ in }
        ) -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.perMessageDeflate = .changed(change)
            return configuration
        }

        private static let large = String(repeating: "large ", count: 500)

        @Test func `large messages are compressed both ways, small ones are not`() async throws {
            try await withEngineServer(Self.configuration()) { server in
                let client = try await DeflatingClient.connect(port: server.port)
                #expect(client.answer == "permessage-deflate")
                let sid = try await client.receiveOpen()
                for text in [Self.large, "small", Self.large, Self.large + "end"] {
                    try await client.send("4" + text)
                    let (isCompressed, received) = try await client.receiveText()
                    #expect(received == "4" + text)
                    #expect(isCompressed == (text.count >= 1024))
                }
                let binary = ByteBuffer(repeating: 9, count: 100_000)
                try await server.session(sid).send(MessageUnit(binary: binary))
                let received = try await client.receive()
                #expect(received.isCompressed && received.bytes == Array(binary.readableBytesView))
                // Nobody has to compress.
                try await client.client.send("4plain")
                #expect(try await client.receiveText().text == "4plain")
                #expect(server.texts(of: sid) == [Self.large, "small", Self.large, Self.large + "end", "plain"])
            }
        }

        @Test func `a message in fragments with pings between them arrives, and pongs are never compressed`()
            async throws
        {
            let configuration = Self.configuration { $0.threshold = 0 }
            try await withEngineServer(configuration) { server in
                let client = try await DeflatingClient.connect(port: server.port)
                _ = try await client.receiveOpen()
                let ping = String(repeating: "p", count: 120)
                let frames = client.frames(of: "4" + Self.large, pieces: 3).flatMap { [TestFrame(.ping, ping), $0] }
                try await client.client.connection.send(frames.flatMap(\.bytes))
                for _ in 0..<3 {
                    #expect(try await client.client.receive() == .pong(Array(ping.utf8)))
                }
                let (isCompressed, text) = try await client.receiveText()
                #expect(isCompressed && text == "4" + Self.large)
                try await client.client.close()
            }
        }

        @Test func `messages that must not be compressed are sent as they are`() async throws {
            try await withEngineServer(Self.configuration()) { server in
                let client = try await DeflatingClient.connect(port: server.port)
                let session = try await server.session(try await client.receiveOpen())
                session.send(MessageUnit(text: Self.large).compress(false))
                session.send(MessageUnit(text: Self.large))
                session.send(MessageUnit(binary: ByteBuffer(string: Self.large)).compress(false))
                let received = [
                    try await client.receiveText(), try await client.receiveText(), try await client.receiveText(),
                ]
                #expect(received.map(\.isCompressed) == [false, true, false])
                #expect(received.map(\.text) == ["4" + Self.large, "4" + Self.large, Self.large])
            }
        }

        @Test(arguments: [true, false])
        func `what waited while polling keeps its setting on the WebSocket`(isOffered: Bool) async throws {
            try await withEngineServer(Self.configuration()) { server in
                let polling = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(polling.sid)
                session.send(MessageUnit(text: Self.large).compress(false))
                session.send(MessageUnit(text: Self.large))
                let target = DeflatingClient.target + "&sid=\(polling.sid)"
                let offer = isOffered ? "permessage-deflate" : "something-else"
                let client = try await DeflatingClient.connect(port: server.port, offering: offer, to: target)
                #expect((client.answer != nil) == isOffered)
                try await client.client.send("2probe")
                #expect(try await client.receiveText().text == "3probe")
                try await client.client.send("5")
                let received = [try await client.receiveText(), try await client.receiveText()]
                #expect(received.map(\.isCompressed) == [false, isOffered])
                #expect(received.map(\.text) == ["4" + Self.large, "4" + Self.large])
            }
        }

        @Test func `without context each message can be read alone`() async throws {
            let configuration = Self.configuration { options in
                options.serverNoContextTakeover = true
                options.clientNoContextTakeover = true
            }
            try await withEngineServer(configuration) { server in
                let client = try await DeflatingClient.connect(port: server.port)
                #expect(
                    client.answer == "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
                )
                let session = try await server.session(try await client.receiveOpen())
                for _ in 0..<2 {
                    session.send(MessageUnit(text: Self.large))
                    let frame = try await client.client.connection.read("a frame", within: RawConnection.patience) {
                        buffer,
                        _ -> TestFrame? in
                        var plain = buffer
                        guard plain.readableBytes > 0 else { return nil }
                        plain.setInteger(UInt8(0x81), at: plain.readerIndex)
                        let frame = try TestFrame.read(from: &plain)
                        if frame != nil { buffer.moveReaderIndex(to: plain.readerIndex) }
                        return frame
                    }
                    let bytes = try MessageInflaterTests.inflate([frame.payload], keepsContext: false)[0]
                    #expect(bytes == Array("4\(Self.large)".utf8))
                }
            }
        }

        // MARK: Offers

        @Test(arguments: ["permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=8", "other", ""])
        func `an offer that cannot be accepted is declined, and the WebSocket opens`(offer: String) async throws {
            try await withEngineServer(Self.configuration { $0.threshold = 0 }) { server in
                let client = try await DeflatingClient.connect(port: server.port, offering: offer)
                #expect(client.answer == nil)
                _ = try await client.receiveOpen()
                try await client.client.send("4" + Self.large)
                #expect(try await client.client.receiveText() == "4" + Self.large)
                try await client.client.send(TestFrame(.text, [0xF2, 0x48]).with { $0.first |= 0x40 })
                #expect(try await client.client.expectClose() == 1002)
            }
        }

        @Test(arguments: ["permessage-deflate;", "permessage-deflate; a=\"", "(", "permessage-deflate client"])
        func `a header that is none is refused, unless nothing is compressed anyway`(offer: String) async throws {
            try await withEngineServer(Self.configuration()) { server in
                let error = await #expect(throws: WebSocketTestError.self) {
                    try await DeflatingClient.connect(port: server.port, offering: offer)
                }
                #expect(error?.response?.status == 400)
                #expect(error?.response?.text == "Invalid or unacceptable Sec-WebSocket-Extensions header")
            }
            try await withEngineServer { server in
                let client = try await DeflatingClient.connect(port: server.port, offering: offer)
                #expect(client.answer == nil)
            }
        }

        // MARK: Violations

        @Test func `a bomb closes its connection with 1009 and is reported, others go on`() async throws {
            try await withEngineServer(Self.configuration()) { server in
                let other = try await DeflatingClient.connect(port: server.port)
                _ = try await other.receiveOpen()
                let client = try await DeflatingClient.connect(port: server.port)
                let sid = try await client.receiveOpen()
                let bomb = MessageInflaterTests.deflate([[UInt8](repeating: 0x30, count: 20_000_000)])[0]
                #expect(bomb.count < 50_000)
                try await client.client.send(TestFrame(.text, bomb).with { $0.first |= 0x40 })
                #expect(try await client.client.expectClose() == 1009)
                #expect(try await server.closeReason(of: sid) == .transportError)
                let limits = server.server.limits
                #expect(limits.count(of: .maximumPayloadBytes) == 1)
                try await other.send("4" + Self.large)
                #expect(try await other.receiveText().text == "4" + Self.large)
            }
        }

        @Test(
            arguments: [
                (0x41, [0x07, 0xFF], 1007), (0x49, [], 1002), (0x61, [], 1002), (0x40, [0], 1002),
            ] as [(UInt8, [UInt8], UInt16)]
        )
        func `whoever breaks a rule is told which`(bits: UInt8, payload: [UInt8], code: UInt16) async throws {
            try await withEngineServer(Self.configuration()) { server in
                let client = try await DeflatingClient.connect(port: server.port)
                _ = try await client.receiveOpen()
                try await client.client.send(TestFrame(.text, payload).with { $0.first = 0x80 | bits })
                #expect(try await client.client.expectClose() == code)
            }
        }
    }
}
