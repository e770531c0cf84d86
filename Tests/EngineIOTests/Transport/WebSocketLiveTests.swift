/// RFC 6455 over real sockets: what a server must take, refuse and say.
import EngineIO
import TestSupport
import Testing

/// Frames that break a rule, and the code the connection is closed with.
struct BrokenFrames: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var frames: [TestFrame]
    var code: UInt16

    init(_ description: String, _ frames: TestFrame..., code: UInt16) {
        self.testDescription = description
        self.frames = frames
        self.code = code
    }

    private static let text = TestFrame(.text, "4a")

    static let all = [
        BrokenFrames("unmasked", Self.text.with { $0.key = nil }, code: 1002),
        BrokenFrames("RSV1", Self.text.with { $0.first |= 0x40 }, code: 1002),
        BrokenFrames("RSV2", Self.text.with { $0.first |= 0x20 }, code: 1002),
        BrokenFrames("RSV3", Self.text.with { $0.first |= 0x10 }, code: 1002),
        BrokenFrames("opcode 3", Self.text.with { $0.first = 0x83 }, code: 1002),
        BrokenFrames("opcode 7", Self.text.with { $0.first = 0x87 }, code: 1002),
        BrokenFrames("opcode 11", Self.text.with { $0.first = 0x8B }, code: 1002),
        BrokenFrames("opcode 15", Self.text.with { $0.first = 0x8F }, code: 1002),
        BrokenFrames("continuation of nothing", TestFrame(.continuation, "a"), code: 1002),
        BrokenFrames("text inside a text", TestFrame(.text, "4", isFinal: false), Self.text, code: 1002),
        BrokenFrames(
            "binary inside a text",
            TestFrame(.text, "4", isFinal: false),
            TestFrame(.binary, [1]),
            code: 1002
        ),
        BrokenFrames("fragmented ping", TestFrame(.ping, "a", isFinal: false), code: 1002),
        BrokenFrames("fragmented close", TestFrame(.close, [], isFinal: false), code: 1002),
        BrokenFrames("ping of 126 bytes", TestFrame(.ping, [UInt8](repeating: 0, count: 126)), code: 1002),
        BrokenFrames("pong of 126 bytes", TestFrame(.pong, [UInt8](repeating: 0, count: 126)), code: 1002),
        BrokenFrames("close of 126 bytes", .close(1000, reason: [UInt8](repeating: 97, count: 124)), code: 1002),
        BrokenFrames("close of one byte", TestFrame(.close, [3]), code: 1002),
        BrokenFrames("close with 999", .close(999), code: 1002),
        BrokenFrames("close with 1004", .close(1004), code: 1002),
        BrokenFrames("close with 1005", .close(1005), code: 1002),
        BrokenFrames("close with 1006", .close(1006), code: 1002),
        BrokenFrames("close with 1015", .close(1015), code: 1002),
        BrokenFrames("close with 2999", .close(2999), code: 1002),
        BrokenFrames("close with 5000", .close(5000), code: 1002),
        BrokenFrames("close with a reason that is no UTF-8", .close(1000, reason: [0xFF]), code: 1007),
        BrokenFrames("text that is no UTF-8", TestFrame(.text, [0x34, 0xFF]), code: 1007),
        BrokenFrames("text with a surrogate", TestFrame(.text, [0x34, 0xED, 0xA0, 0x80]), code: 1007),
        BrokenFrames("text that ends inside a character", TestFrame(.text, [0x34, 0xE2, 0x82]), code: 1007),
        BrokenFrames(
            "a wrong fragment, before the message is complete",
            TestFrame(.text, [0x34, 0xC3], isFinal: false),
            TestFrame(.continuation, [0x28], isFinal: false),
            code: 1007
        ),
        BrokenFrames("message over the limit", TestFrame(.text, String(repeating: "4", count: 10_001)), code: 1009),
        BrokenFrames(
            "fragments over the limit",
            TestFrame(.binary, [UInt8](repeating: 0, count: 6000), isFinal: false),
            TestFrame(.continuation, [UInt8](repeating: 0, count: 4001), isFinal: false),
            code: 1009
        ),
        BrokenFrames("a length announced, nothing sent", Self.text.with { $0.announcedLength = 10_001 }, code: 1009),
        BrokenFrames("a length of 2^62", Self.text.with { $0.announcedLength = 1 << 62 }, code: 1009),
    ]
}

extension LiveTests {
    @Suite struct WebSocketLiveTests {
        private static let target = "/engine.io/?EIO=4&transport=websocket"

        private static var configuration: EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 10_000
            return configuration
        }

        private func connect(_ server: EngineTestServer) async throws -> (client: WebSocketTestClient, sid: String) {
            let client = try await WebSocketTestClient.connect(port: server.port, Self.target)
            return (client, try OpenPacket(packet: try await client.receiveText()).sid)
        }

        @Test(arguments: BrokenFrames.all)
        func `whoever breaks a rule is told which`(broken: BrokenFrames) async throws {
            try await withEngineServer(Self.configuration) { server in
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let (client, sid) = try await self.connect(server)
                try await client.connection.send(broken.frames.flatMap(\.bytes))
                #expect(try await client.expectClose() == broken.code)
                let reason = try await server.closeReason(of: sid)
                #expect(reason == .transportError)
                try await other.send("4alive")
                #expect(try await other.receiveText() == "4alive")
            }
        }

        @Test func `messages before the fault are delivered, those behind it are not`() async throws {
            try await withEngineServer { server in
                let (client, sid) = try await self.connect(server)
                let broken = TestFrame(.text, "4c").with { $0.first |= 0x40 }
                try await client.send(TestFrame(.text, "4a"), TestFrame(.text, "4b"), broken, TestFrame(.text, "4d"))
                _ = try await server.closeReason(of: sid)
                #expect(server.texts(of: sid) == ["a", "b"])
            }
        }

        @Test(arguments: ["", "7", "x", "b!", "é", " 4a"])
        func `a message that is no packet closes the session without a code`(packet: String) async throws {
            try await withEngineServer { server in
                let (client, sid) = try await self.connect(server)
                try await client.send(TestFrame(.text, "4a"), TestFrame(.text, packet), TestFrame(.text, "4b"))
                _ = try? await client.receiveText()
                #expect(try await server.closeReason(of: sid) == .parseError)
                #expect(server.texts(of: sid) == ["a"])
            }
        }

        @Test func `packets that mean nothing here are ignored`() async throws {
            try await withEngineServer { server in
                let (client, _) = try await self.connect(server)
                for packet in ["0", "5", "6", "3", "4a"] { try await client.send(packet) }
                #expect(try await client.receiveText() == "4a")
            }
        }

        @Test func `a message of exactly the limit is taken`() async throws {
            try await withEngineServer(Self.configuration) { server in
                let (client, _) = try await self.connect(server)
                let text = "4" + String(repeating: "x", count: 9999)
                try await client.send(text)
                #expect(try await client.receiveText() == text)
                let bytes = [UInt8](repeating: 7, count: 10_000)
                try await client.send(binary: bytes)
                #expect(try await client.receive() == .binary(bytes))
            }
        }

        @Test(arguments: [0, 124, 125, 126, 65_535, 65_536, 900_000])
        func `messages of every length come back whole`(length: Int) async throws {
            try await withEngineServer { server in
                let (client, _) = try await self.connect(server)
                let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
                try await client.send(binary: bytes)
                #expect(try await client.receive() == .binary(bytes))
            }
        }

        @Test func `fragments become one message, and control frames may stand between them`() async throws {
            try await withEngineServer { server in
                let (client, sid) = try await self.connect(server)
                try await client.send(
                    TestFrame(.text, "4he", isFinal: false),
                    TestFrame(.ping, "one"),
                    TestFrame(.continuation, "", isFinal: false),
                    TestFrame(.pong, "nobody asked"),
                    TestFrame(.continuation, "ll", isFinal: false),
                    TestFrame(.ping, ""),
                    TestFrame(.continuation, "o")
                )
                #expect(try await client.receive() == .pong(Array("one".utf8)))
                #expect(try await client.receive() == .pong([]))
                #expect(try await client.receiveText() == "4hello")
                #expect(server.texts(of: sid) == ["hello"])
            }
        }

        @Test func `a character may be cut by a fragment`() async throws {
            try await withEngineServer { server in
                let (client, _) = try await self.connect(server)
                let bytes = Array("4😀".utf8)
                for index in 1..<bytes.count {
                    try await client.send(
                        TestFrame(.text, Array(bytes[..<index]), isFinal: false),
                        TestFrame(.continuation, Array(bytes[index...]))
                    )
                    #expect(try await client.receiveText() == "4😀")
                }
            }
        }

        @Test func `frames may come byte by byte`() async throws {
            try await withEngineServer { server in
                let (client, _) = try await self.connect(server)
                let frames = [TestFrame(.text, "4hello"), TestFrame(.ping, "p"), TestFrame(.binary, [1, 2])]
                for byte in frames.flatMap(\.bytes) { try await client.connection.send([byte]) }
                #expect(try await client.receiveText() == "4hello")
                #expect(try await client.receive() == .pong(Array("p".utf8)))
                #expect(try await client.receive() == .binary([1, 2]))
            }
        }

        @Test func `endless fragments are cut off`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.fragmentsPerMessage = 100
            try await withEngineServer(configuration) { server in
                let (client, sid) = try await self.connect(server)
                let fragment = TestFrame(.continuation, [], isFinal: false).bytes
                let bytes =
                    TestFrame(.text, "4", isFinal: false).bytes + Array(repeatElement(fragment, count: 200).joined())
                try await client.connection.send(bytes)
                #expect(try await client.expectClose() == 1008)
                #expect(try await server.closeReason(of: sid) == .transportError)
            }
        }

        @Test func `compression is not offered, whatever the client asks for`() async throws {
            try await withEngineServer { server in
                let offer = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
                let client = try await WebSocketTestClient.connect(port: server.port, Self.target, headers: [offer])
                #expect(client.response["sec-websocket-extensions"] == nil)
                _ = try await client.receiveText()
                try await client.send("4a")
                #expect(try await client.receiveText() == "4a")
            }
        }

        @Test(arguments: [(["x"], "x"), (["x, y"], "x"), (["\t!z ,y"], "!z"), (["x", "y"], "x")])
        func `the first protocol that the client asks for is chosen, as in Node`(
            values: [String],
            chosen: String
        ) async throws {
            try await withEngineServer { server in
                let wishes = values.map { ("Sec-WebSocket-Protocol", $0) }
                let client = try await WebSocketTestClient.connect(port: server.port, Self.target, headers: wishes)
                #expect(client.response["sec-websocket-protocol"] == chosen)
                _ = try await client.receiveText()
                try await client.send("4a")
                #expect(try await client.receiveText() == "4a")
            }
        }

        @Test func `no protocol is chosen for a client that asks for none`() async throws {
            try await withEngineServer { server in
                let client = try await WebSocketTestClient.connect(port: server.port, Self.target)
                #expect(client.response["sec-websocket-protocol"] == nil)
            }
        }

        @Test(arguments: [("&b64=1", true), ("&b64=", false), ("&b64=1&b64=", false), ("", false)])
        func `a client that cannot read bytes gets base64`(wish: String, isText: Bool) async throws {
            try await withEngineServer { server in
                let client = try await WebSocketTestClient.connect(port: server.port, Self.target + wish)
                _ = try await client.receiveText()
                try await client.send(binary: [1, 2, 3, 4])
                #expect(try await client.receive() == (isText ? .text("bAQIDBA==") : .binary([1, 2, 3, 4])))
                try await client.send("4text")
                #expect(try await client.receiveText() == "4text")
            }
        }

        @Test(arguments: [false, true])
        func `the request to upgrade says whether bytes are sent as text`(usesBase64: Bool) async throws {
            try await withEngineServer { server in
                // What the first request says is for polling, where bytes are always text.
                let polling = try await PollingTestClient.connect(port: server.port)
                let target = "\(Self.target)&sid=\(polling.sid)" + (usesBase64 ? "&b64=1" : "")
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                try await webSocket.send("2probe")
                #expect(try await webSocket.receiveText() == "3probe")
                try await webSocket.send("5")
                try await webSocket.send(binary: [1, 2, 3, 4])
                #expect(try await webSocket.receive() == (usesBase64 ? .text("bAQIDBA==") : .binary([1, 2, 3, 4])))
            }
        }

        @Test func `header names and values of the handshake may have any case`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [
                    ("connection", "keep-alive, UPGRADE"), ("UPGRADE", "WebSocket"), ("sec-websocket-version", "13"),
                    ("SEC-WEBSOCKET-KEY", "dGhlIHNhbXBsZSBub25jZQ=="),
                ]
                try await client.send("GET", Self.target, headers: headers)
                #expect(try await client.receive().status == 101)
            }
        }

        @Test func `a client that half-closes its connection is gone`() async throws {
            try await withEngineServer { server in
                let (client, sid) = try await self.connect(server)
                try await client.connection.closeOutput()
                #expect(try await server.closeReason(of: sid) == .transportClose)
                #expect(try await client.connection.readToEnd() == [])
            }
        }

        @Test func `a thousand pings in one piece are answered or dropped, and cost nothing`() async throws {
            try await withEngineServer { server in
                let (client, _) = try await self.connect(server)
                let ping = TestFrame(.ping, [UInt8](repeating: 1, count: 125)).bytes
                try await client.connection.send(Array(repeatElement(ping, count: 1000).joined()))
                try await client.send("4a")
                var message = try await client.receive()
                while case .pong(let payload) = message {
                    #expect(payload.count == 125)
                    message = try await client.receive()
                }
                #expect(message == .text("4a"))
            }
        }
    }
}
