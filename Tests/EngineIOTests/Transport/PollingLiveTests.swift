/// Polling over real sockets: payloads, overlaps, bodies and their limits.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct PollingLiveTests {
        @Test(arguments: EngineIOTestClient.Transport.allCases)
        func `text and binary come back in order`(over transport: EngineIOTestClient.Transport) async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: transport)
                try await client.send("4hello", "4", "4€ 😀", "bAQIDBA==")
                #expect(try await client.receiveText() == "4hello")
                #expect(try await client.receiveText() == "4")
                #expect(try await client.receiveText() == "4€ 😀")
                #expect(try await client.receiveBinary() == [1, 2, 3, 4])
                try await client.send(binary: Array(0...255))
                #expect(try await client.receiveBinary() == Array(0...255))
            }
        }

        @Test func `the answers have the headers that clients and proxies need`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let post = try await client.posts.request("POST", client.target, body: "4a\u{1E}bAQIDBA==")
                #expect(post.status == 200)
                #expect(post.text == "ok")
                #expect(post["content-type"] == "text/html")
                #expect(post["cache-control"] == "no-store")
                let poll = try await client.polls.request("GET", client.target)
                #expect(poll.text == "4a\u{1E}bAQIDBA==")
                #expect(poll["content-type"] == "text/plain; charset=UTF-8")
                #expect(poll["cache-control"] == "no-store")
                #expect(poll["date"]?.hasSuffix(" GMT") == true)
            }
        }

        @Test func `a poll waits for something to send`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                try await client.post("4a")
                #expect(try await client.receivePoll() == ["4a"])
            }
        }

        @Test func `a poll holds sixteen packets at most`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let packets = (0..<40).map { "4\($0)" }
                try await client.post(packets.joined(separator: "\u{1E}"))
                #expect(try await client.poll() == Array(packets[..<16]))
                #expect(try await client.poll() == Array(packets[16..<32]))
                #expect(try await client.poll() == Array(packets[32...]))
            }
        }

        // MARK: Overlaps and aborted requests

        @Test func `a second poll is answered 400 and ends the session, the first gets the close packet`() async throws
        {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                let second = try await client.posts.request("GET", client.target)
                #expect(second.status == 400)
                #expect(second.body == [])
                #expect(try await client.receivePoll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                let later = try await client.polls.request("GET", client.target)
                #expect(later.status == 400)
                #expect(later.text == #"{"code":1,"message":"Session ID unknown"}"#)
            }
        }

        @Test func `a second post is answered 400 and ends the session`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                try await client.startPost(announcing: 2, sending: "4")
                try await eventually("the post is under way") { session.isPosting }
                let second = try await client.polls.request("POST", client.target, body: "4b")
                #expect(second.status == 400)
                #expect(second.body == [])
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                // The first is not left without an answer.
                try await client.posts.connection.send("a")
                #expect(try await client.posts.receive().status == 200)
                #expect(server.texts(of: client.sid) == [])
            }
        }

        @Test(arguments: [false, true])
        func `a poll given up ends the session`(withReset: Bool) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                if withReset {
                    try await client.polls.connection.reset()
                } else {
                    try await client.polls.connection.close()
                }
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a post given up ends the session`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                try await client.startPost(announcing: 100, sending: "4a")
                try await eventually("the post is under way") { session.isPosting }
                try await client.posts.connection.close()
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                #expect(server.texts(of: client.sid) == [])
            }
        }

        @Test func `a connection closed between requests costs the session nothing`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.post("4a")
                try await client.posts.connection.reset()
                try await client.polls.connection.close()
                let other = try await HTTPTestClient.connect(port: server.port)
                #expect(try await other.request("GET", client.target).text == "4a")
                #expect(server.server.sessionCount == 1)
            }
        }

        // MARK: Other methods and content

        @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
        func `other methods are answered 500 and leave the session alone`(method: String) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let response = try await client.posts.request(method, client.target)
                #expect(response.status == 500)
                #expect(response.body == [])
                try await client.post("4a")
                #expect(try await client.poll() == ["4a"])
            }
        }

        @Test func `a session on WebSocket takes no polling requests, and is not disturbed by them`() async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let other = try await HTTPTestClient.connect(port: server.port)
                let target = "/engine.io/?EIO=4&transport=polling&sid=\(client.open.sid)"
                for (method, body) in [("GET", nil), ("POST", "4stolen")] {
                    let response = try await other.request(method, target, body: body)
                    #expect(response.status == 400)
                    #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
                }
                try await client.send("4a")
                #expect(try await client.receiveText() == "4a")
                #expect(server.texts(of: client.open.sid) == ["a"])
            }
        }

        @Test func `a WebSocket's URL without an upgrade is refused`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let target = "/engine.io/?EIO=4&transport=websocket&sid=\(client.sid)"
                let response = try await client.posts.request("GET", target)
                #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
                try await client.post("4a")
            }
        }

        /// Bodies that end the session, and what of them is delivered before.
        @Test(arguments: [
            ("", [String]()), ("abc", []), ("4a\u{1E}", ["a"]), ("\u{1E}4a", []), ("4a\u{1E}7\u{1E}4b", ["a"]),
            ("4a\u{1E}b@@@\u{1E}4b", ["a"]), ("\u{1E}\u{1E}", []), (" 4a", []), ("{}", []),
        ])
        func `a malformed payload is answered ok and ends the session`(body: String, texts: [String]) async throws {
            try await withEngineServer(reaction: SessionRecorder.silent) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                try await client.post(body)
                #expect(try await client.receivePoll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .parseError)
                #expect(server.texts(of: client.sid) == texts)
            }
        }

        @Test func `a million separators cost their sender the session and nobody anything else`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 2_000_000
            try await withEngineServer(configuration, reaction: SessionRecorder.silent) { server in
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                for body in ["\u{1E}", "4\u{1E}", "6\u{1E}"] {
                    let client = try await PollingTestClient.connect(port: server.port)
                    try await client.post(String(repeating: body, count: 1_000_000))
                    #expect(try await server.closeReason(of: client.sid) == .parseError)
                }
                try await other.send("4alive")
                try await server.events.first("a message of the other") { $0.text == "alive" }
            }
        }

        @Test func `bytes that are no UTF-8 become replacement characters`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.posts.send(
                    "POST",
                    client.target,
                    bytes: [0x34, 0x61, 0xFF, 0x62, 0xC3, 0x1E, 0x34, 0xE2]
                )
                #expect(try await client.posts.receive().text == "ok")
                #expect(try await client.poll() == ["4a\u{FFFD}b\u{FFFD}", "4\u{FFFD}"])
            }
        }

        // MARK: The size of bodies

        @Test func `a body of exactly the limit is taken`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let packet = "4" + String(repeating: "x", count: 999_999)
                try await client.post(packet)
                #expect(try await client.poll() == [packet])
            }
        }

        /// Ways to send one byte more than the limit.
        enum Oversize: CaseIterable {
            case whole
            case announcedOnly
            case chunked
            case oneChunk
            case expecting
        }

        @Test(arguments: Oversize.allCases)
        func `a body over the limit is answered 413 and the session goes on`(by way: Oversize) async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 10_000
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let response = try await self.sendTooMuch(client, by: way)
                #expect(response.status == 413)
                #expect(response.body == [])
                // On the same connection, which is not out of step, if all of the body was sent.
                if way != .announcedOnly, way != .expecting { try await client.post("4a") }
                let other = try await HTTPTestClient.connect(port: server.port)
                #expect(try await other.request("POST", client.target, body: "4b").text == "ok")
                #expect(try await client.poll().last == "4b")
                #expect(server.events.all.compactMap(\.closeReason) == [])
            }
        }

        private func sendTooMuch(_ client: PollingTestClient, by way: Oversize) async throws -> HTTPTestResponse {
            let body = "4" + String(repeating: "x", count: 10_000)
            switch way {
            case .whole:
                try await client.posts.send("POST", client.target, body: body)
            case .announcedOnly:
                try await client.startPost(announcing: 10_001, sending: "4")
            case .chunked:
                let chunk = "3e8\r\n" + String(repeating: "x", count: 1000) + "\r\n"
                let chunks = "1\r\n4\r\n" + String(repeating: chunk, count: 10) + "0\r\n\r\n"
                try await client.startPost(headers: ["Transfer-Encoding: chunked"], sending: chunks)
            case .oneChunk:
                try await client.startPost(
                    headers: ["Transfer-Encoding: chunked"],
                    sending: "2711\r\n\(body)\r\n0\r\n\r\n"
                )
            case .expecting:
                let headers = ["Content-Length: 10001", "Expect: 100-continue"]
                try await client.startPost(headers: headers, sending: "")
            }
            return try await client.posts.receive()
        }

        @Test func `a client that never stops sending is cut off`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 10_000
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPost(headers: ["Transfer-Encoding: chunked"], sending: "")
                let chunk = "3e8\r\n" + String(repeating: "x", count: 1000) + "\r\n"
                try await eventually("the connection is cut") {
                    do {
                        try await client.posts.connection.send(chunk)
                        return false
                    } catch {
                        return true
                    }
                }
                #expect(server.server.sessionCount == 1)
                #expect(try await client.posts.receive().status == 413)
            }
        }

        @Test(arguments: [false, true])
        func `a body may come byte by byte, with a length or in chunks`(chunked: Bool) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let body = "4hello\u{1E}4world"
                let header = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
                try await client.startPost(headers: [header], sending: "")
                for byte in body.utf8 {
                    try await client.posts.connection.send(chunked ? [0x31, 13, 10, byte, 13, 10] : [byte])
                }
                if chunked { try await client.posts.connection.send("0\r\n\r\n") }
                #expect(try await client.posts.receive().text == "ok")
                #expect(try await client.poll() == ["4hello", "4world"])
            }
        }

        @Test func `a body that does not come is answered 408 and ends the session`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.bodyTimeout = .milliseconds(100)
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPost(announcing: 10, sending: "4abc")
                let response = try await client.posts.receive()
                #expect(response.status == 408)
                #expect(response["connection"] == "close")
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                try await client.posts.expectEnd()
            }
        }

        @Test func `a client that waits for it is told to go on`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPost(headers: ["Content-Length: 2", "Expect: 100-continue"], sending: "")
                #expect(try await client.posts.receive().status == 100)
                try await client.posts.connection.send("4a")
                #expect(try await client.posts.receive().text == "ok")
                #expect(try await client.poll() == ["4a"])
            }
        }
    }
}

extension PollingTestClient {
    /// Sends the head of a POST and part of its body.
    func startPost(announcing length: Int, sending body: String) async throws {
        try await self.startPost(headers: ["Content-Length: \(length)"], sending: body)
    }

    /// Sends the head of a POST with these headers, and part of its body.
    func startPost(headers: [String], sending body: String) async throws {
        let lines = ["POST \(self.target) HTTP/1.1", "Host: 127.0.0.1"] + headers
        try await self.posts.connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}
