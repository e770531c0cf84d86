/// Clients of revision 3, byte by byte over real sockets.
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

/// A session of revision 3 over polling.
private struct Revision3Client {
    let open: OpenPacket
    let target: String
    let polls: HTTPTestClient
    let posts: HTTPTestClient

    static func connect(port: Int, query: String = "EIO=3&transport=polling") async throws -> Self {
        let polls = try await HTTPTestClient.connect(port: port)
        let response = try await polls.request("GET", "/engine.io/?\(query)")
        guard response.status == 200, let colon = response.text.firstIndex(of: ":") else {
            throw HTTPTestError(description: "\(response.status) \(response.text)")
        }
        let packet = String(response.text[response.text.index(after: colon)...])
        guard response.text == "\(packet.utf16.count):\(packet)" else {
            throw HTTPTestError(description: response.text)
        }
        let open = try OpenPacket(packet: packet)
        return Self(
            open: open,
            target: "/engine.io/?\(query)&sid=\(open.sid)",
            polls: polls,
            posts: try await HTTPTestClient.connect(port: port)
        )
    }

    /// Polls once.
    func poll() async throws -> HTTPTestResponse { try await self.polls.request("GET", self.target) }

    func post(_ body: String) async throws {
        let response = try await self.posts.request("POST", self.target, body: body)
        guard response.status == 200, response.text == "ok" else {
            throw HTTPTestError(description: "\(response.status) \(response.text)")
        }
    }

    func post(binary: [UInt8], contentType: String = "application/octet-stream") async throws {
        try await self.posts.send("POST", self.target, headers: [("Content-Type", contentType)], bytes: binary)
        let response = try await self.posts.receive()
        guard response.status == 200 else { throw HTTPTestError(description: "\(response.status)") }
    }
}

extension LiveTests {
    @Suite struct Revision3LiveTests {
        private var allowing: EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.allowsEIO3 = true
            return configuration
        }

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

        // MARK: The heartbeat

        @Test func `the client pings, and the server answers without data`() async throws {
            try await withEngineServer(self.allowing) { server in
                let polling = try await Revision3Client.connect(port: server.port)
                try await polling.post("1:26:2probe")
                #expect(try await polling.poll().text == "1:31:3")
                let target = "/engine.io/?EIO=3&transport=websocket"
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                _ = try await webSocket.receiveText()
                try await webSocket.send("2")
                #expect(try await webSocket.receiveText() == "3")
            }
        }

        @Test func `a client that pings lives on, and one that only talks is given up`() async throws {
            var configuration = self.allowing
            configuration.pingInterval = .milliseconds(200)
            configuration.pingTimeout = .milliseconds(400)
            try await withEngineServer(configuration) { server in
                let target = "/engine.io/?EIO=3&transport=websocket"
                let pinging = try await WebSocketTestClient.connect(port: server.port, target)
                let talking = try await WebSocketTestClient.connect(port: server.port, target)
                _ = try await pinging.receiveText()
                let sid = try OpenPacket(packet: try await talking.receiveText()).sid
                let start = ContinuousClock.now
                try await talking.send("4a")
                #expect(try await talking.receiveText() == "4a")
                while server.events.all.allSatisfy({ $0.session.id.description != sid || $0.closeReason == nil }) {
                    try await pinging.send("2")
                    #expect(try await pinging.receiveText() == "3")
                    guard ContinuousClock.now - start < .seconds(10) else { break }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(ContinuousClock.now - start >= .milliseconds(590))
                #expect(try await talking.expectClose() == nil)
                #expect(try await server.closeReason(of: sid) == .pingTimeout)
                try await pinging.send("4alive")
                #expect(try await pinging.receiveText() == "4alive")
            }
        }

        @Test func `a silent client is given up after an upgrade as well`() async throws {
            var configuration = self.allowing
            configuration.pingInterval = .milliseconds(100)
            configuration.pingTimeout = .milliseconds(300)
            try await withEngineServer(configuration) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let target = "/engine.io/?EIO=3&transport=websocket&sid=\(client.open.sid)"
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                try await webSocket.send("2probe")
                try await webSocket.send("5")
                #expect(try await webSocket.receiveText() == "3probe")
                #expect(try await webSocket.expectClose() == nil)
                #expect(try await server.closeReason(of: client.open.sid) == .pingTimeout)
            }
        }

        @Test(arguments: ["1:3", "1:2"]) func `the server's part is not the client's`(body: String) async throws {
            try await withEngineServer(self.allowing) { server in
                let isPing = body == "1:2"
                if isPing {
                    let client = try await PollingTestClient.connect(port: server.port)
                    try await client.post("2")
                    #expect(try await server.closeReason(of: client.sid) == .transportError)
                } else {
                    let client = try await Revision3Client.connect(port: server.port)
                    try await client.post(body)
                    #expect(try await server.closeReason(of: client.open.sid) == .transportError)
                }
            }
        }

        @Test func `answers to pings that nobody reads are bounded`() async throws {
            var configuration = self.allowing
            configuration.limits.outboxBytes = 1000
            try await withEngineServer(configuration) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.post(String(repeating: "1:2", count: 1000))
                #expect(try await server.closeReason(of: client.open.sid) == .outboxOverflow)
            }
        }

        // MARK: JSONP

        private var allowingEverybody: EngineIOConfiguration {
            var configuration = self.allowing
            configuration.cors.origins = .any
            return configuration
        }

        @Test func `a page polls by scripts and posts by forms`() async throws {
            try await withEngineServer(self.allowingEverybody) { server in
                let polls = try await HTTPTestClient.connect(port: server.port)
                let query = "/engine.io/?EIO=3&transport=polling&j=3x"
                let response = try await polls.request("GET", query)
                #expect(response["content-type"] == "text/plain; charset=UTF-8")
                let text = response.text
                #expect(text.hasPrefix(#"___eio[3]("1"#) && text.hasSuffix(#"}");"#))
                let sid = try #require(text.split(separator: #"\"sid\":\""#).last?.prefix(20))
                let form = [("Content-Type", "application/x-www-form-urlencoded")]
                let body = #"d=9%3A4a%22%E2%82%AC%5C%5Cn%5Cn%F0%9F%98%808%3Ab4AQIDBA"#
                let posted = try await polls.request("POST", query + "&sid=\(sid)", headers: form, body: body)
                #expect(posted.text == "ok")
                // The index is that of the first request.
                let script = try await polls.request("GET", "/engine.io/?EIO=3&transport=polling&j=4&sid=\(sid)")
                #expect(script.text == #"___eio[3]("9:4a\"€\\n\n😀10:b4AQIDBA==");"#)
                #expect(try await polls.request("POST", query + "&sid=\(sid)", body: "e=1").text == "ok")
                #expect(server.texts(of: String(sid)) == ["a\"€\\n\n😀"])
            }
        }

        @Test(arguments: ["", "x"]) func `a callback without a number is refused`(index: String) async throws {
            try await withEngineServer(self.allowingEverybody) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/?EIO=3&transport=polling&j=\(index)")
                #expect(response.status == 400)
                #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
            }
        }

        /// Scripts name no origin: they would let every page in.
        @Test func `scripts are served only where every page may come`() async throws {
            var listing = self.allowing
            listing.cors.origins = .list(["https://example.com"])
            for configuration in [self.allowing, listing] {
                try await withEngineServer(configuration) { server in
                    let client = try await HTTPTestClient.connect(port: server.port)
                    let response = try await client.request("GET", "/engine.io/?EIO=3&transport=polling&j=0")
                    #expect(response.status == 400)
                }
            }
        }
    }
}
