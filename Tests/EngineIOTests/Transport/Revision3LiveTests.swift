/// Clients of revision 3, byte by byte over real sockets.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct Revision3LiveTests {
        private let allowing = EngineIOConfiguration.allowingEIO3

        // MARK: Handshakes

        @Test(arguments: ["EIO=3&transport=polling", "transport=polling", "EIO=2&transport=polling"])
        func `whatever is not 4 is revision 3`(query: String) async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port, query: query)
                #expect(client.open.upgrades == ["websocket"])
                #expect((client.open.pingInterval, client.open.pingTimeout) == (25_000, 20_000))
                #expect(client.open.maxPayload == 1_000_000)
                let session = try await server.session(client.open.sid)
                #expect(session.revision == .three)
                #expect(session.request.revision == .three)
            }
        }

        @Test func `revision 4 is served beside it`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                #expect(try await server.session(client.sid).revision == .four)
                try await client.post("4€", "bAQID")
                #expect(try await client.poll() == ["4€", "bAQID"])
            }
        }

        @Test(arguments: ["polling", "websocket"]) func `it is refused unless it is allowed`(
            transport: String
        ) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = transport == "websocket" ? WebSocketTestClient.headers : []
                let target = "/engine.io/?EIO=3&transport=\(transport)"
                let response = try await client.request("GET", target, headers: headers)
                #expect(response.status == 400)
                let text = "Unsupported protocol version"
                #expect(response.text == (headers.isEmpty ? #"{"code":5,"message":"\#(text)"}"# : text))
            }
        }

        @Test func `the initial message follows the open packet`() async throws {
            var configuration = self.allowing
            configuration.initialMessage = MessageUnit(text: "wel😀")
            try await withEngineServer(configuration) { server in
                let polls = try await HTTPTestClient.connect(port: server.port)
                let response = try await polls.request("GET", "/engine.io/?EIO=3&transport=polling")
                #expect(response.text.hasSuffix("}6:4wel😀"))
            }
        }

        // MARK: Polling

        @Test func `text is counted in UTF-16 code units both ways`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.post("6:4hello2:4€3:4😀")
                let response = try await client.poll()
                #expect(response.text == "6:4hello2:4€3:4😀")
                #expect(response["content-type"] == "text/plain; charset=UTF-8")
            }
        }

        @Test func `a body with a binary message is bytes both ways`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let body: [UInt8] = [0, 4, 255, 0x34, 0xE2, 0x82, 0xAC, 1, 5, 255, 4, 1, 2, 3, 4]
                try await client.post(binary: body)
                let response = try await client.poll()
                #expect(response.body == body)
                #expect(response["content-type"] == "application/octet-stream")
                // And text again.
                try await client.post("2:4a")
                #expect(try await client.poll().text == "2:4a")
            }
        }

        @Test func `a client that asks for base64 gets it`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(
                    port: server.port,
                    query: "EIO=3&transport=polling&b64=1"
                )
                try await client.post("6:4hello10:b4AQIDBA==")
                #expect(try await client.poll().text == "6:4hello10:b4AQIDBA==")
                #expect(server.events.all.contains { if case .binary(_, [1, 2, 3, 4]) = $0 { true } else { false } })
            }
        }

        @Test func `another content type is text`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let contentType = "application/octet-stream; charset=UTF-8"
                try await client.post(binary: Array("2:4a".utf8), contentType: contentType)
                #expect(try await client.poll().text == "2:4a")
            }
        }

        @Test(arguments: ["abc", "5:4hi", "", "3:4hi3:9zz", "-1:4"])
        func `a malformed body ends the session, and is answered`(body: String) async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.polls.send("GET", client.target)
                try await eventually("the poll waits") { try await server.session(client.open.sid).holdsPoll }
                try await client.post(body)
                #expect(try await server.closeReason(of: client.open.sid) == .parseError)
                // What is answered to the packets before the bad one may have left already.
                let farewell = try await client.polls.receive().text
                #expect(farewell == "1:1" || body.hasPrefix("3:4hi") && farewell == "3:4hi")
            }
        }

        @Test func `a second poll ends the session, and the first hears of it`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.polls.send("GET", client.target)
                try await eventually("the first poll waits") {
                    try await server.session(client.open.sid).holdsPoll
                }
                #expect(try await client.posts.request("GET", client.target).status == 400)
                #expect(try await client.polls.receive().text == "1:1")
                #expect(try await server.closeReason(of: client.open.sid) == .transportError)
            }
        }

        @Test func `a client that leaves has its poll released`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.polls.send("GET", client.target)
                try await eventually("the poll waits") { try await server.session(client.open.sid).holdsPoll }
                try await client.post("1:1")
                #expect(try await client.polls.receive().text == "1:6")
                #expect(try await server.closeReason(of: client.open.sid) == .transportClose)
            }
        }

        @Test func `large answers are compressed in either form`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let gzip = [("Accept-Encoding", "gzip")]
                try await client.post("2001:4" + String(repeating: "x", count: 2000))
                let text = try await client.polls.request("GET", client.target, headers: gzip)
                try await client.post(binary: [1, 2, 0, 0, 1, 255, 4] + [UInt8](repeating: 7, count: 2000))
                let bytes = try await client.polls.request("GET", client.target, headers: gzip)
                #expect([text, bytes].allSatisfy { $0["content-encoding"] == "gzip" && $0.body.count < 200 })
                #expect(bytes["content-type"] == "application/octet-stream")
            }
        }

        // MARK: WebSocket

        @Test func `binary messages of a WebSocket have their type in front`() async throws {
            try await withEngineServer(self.allowing) { server in
                let target = "/engine.io/?EIO=3&transport=websocket"
                let client = try await WebSocketTestClient.connect(port: server.port, target)
                let open = try OpenPacket(packet: try await client.receiveText())
                #expect(open.upgrades.isEmpty)
                try await client.send("4€")
                try await client.send(binary: [4, 1, 2, 3])
                try await client.send("b4AQID")
                #expect(try await client.receive() == .text("4€"))
                #expect(try await client.receive() == .binary([4, 1, 2, 3]))
                #expect(try await client.receive() == .binary([4, 1, 2, 3]))
                // Of no known type: ignored.
                try await client.send(binary: [9, 1])
                try await client.send(binary: [])
                try await client.send("4still")
                #expect(try await client.receive() == .text("4still"))
                try await client.send("9")
                #expect(try await client.expectClose() == nil)
                #expect(try await server.closeReason(of: open.sid) == .parseError)
            }
        }

        @Test func `a WebSocket that asks for base64 gets text`() async throws {
            try await withEngineServer(self.allowing) { server in
                let target = "/engine.io/?EIO=3&transport=websocket&b64=1"
                let client = try await WebSocketTestClient.connect(port: server.port, target)
                _ = try await client.receiveText()
                try await client.send(binary: [4, 1, 2, 3])
                #expect(try await client.receive() == .text("b4AQID"))
            }
        }

        @Test(arguments: [false, true]) func `a polling session upgrades`(usesBase64: Bool) async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let query = "EIO=3&transport=websocket&sid=\(client.open.sid)" + (usesBase64 ? "&b64=1" : "")
                let webSocket = try await WebSocketTestClient.connect(port: server.port, "/engine.io/?\(query)")
                try await client.polls.send("GET", client.target)
                try await webSocket.send("2probe")
                #expect(try await webSocket.receiveText() == "3probe")
                #expect(try await client.polls.receive().text == "1:6")
                // What comes before the upgrade waits for it.
                try await client.post("2:4a8:b4AQIDBA")
                try await webSocket.send("5")
                #expect(try await webSocket.receive() == .text("4a"))
                #expect(try await webSocket.receive() == (usesBase64 ? .text("b4AQIDBA==") : .binary([4, 1, 2, 3, 4])))
                #expect(try await client.polls.request("GET", client.target).status == 400)
            }
        }

        @Test func `a probe of bytes is none`() async throws {
            try await withEngineServer(self.allowing) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let target = "/engine.io/?EIO=3&transport=websocket&sid=\(client.open.sid)"
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                try await webSocket.send(binary: [2] + Array("probe".utf8))
                #expect(try await webSocket.expectClose() == nil)
                try await client.post("2:4a")
                #expect(try await client.poll().text == "2:4a")
            }
        }

        @Test func `units that many clients get are read in each one's revision`() async throws {
            try await withEngineServer(self.allowing, reaction: SessionRecorder.silent) { server in
                let old = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=3&transport=websocket"
                )
                let new = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket"
                )
                let polling = try await Revision3Client.connect(port: server.port)
                let ids = [
                    try OpenPacket(packet: try await old.receiveText()).sid,
                    try OpenPacket(packet: try await new.receiveText()).sid, polling.open.sid,
                ]
                var sessions: [Session] = []
                for id in ids { sessions.append(try await server.session(id)) }
                let large = [UInt8](repeating: 7, count: 5000)
                let unit = MessageUnit([
                    (true, ByteBuffer(string: "😀")), (false, ByteBuffer(bytes: [1])), (false, ByteBuffer(bytes: large)),
                ])
                Session.send(unit, to: sessions.count) { [sessions] in sessions[$0] }
                #expect(try await old.receive() == .text("4😀"))
                #expect(try await old.receive() == .binary([4, 1]))
                #expect(try await old.receive() == .binary([4] + large))
                #expect(try await new.receive() == .text("4😀"))
                #expect(try await new.receive() == .binary([1]))
                #expect(try await new.receive() == .binary(large))
                let head: [UInt8] = [0, 5, 255] + Array("4😀".utf8) + [1, 2, 255, 4, 1, 1, 5, 0, 0, 1, 255, 4]
                #expect(try await polling.poll().body == head + large)
            }
        }
    }
}
