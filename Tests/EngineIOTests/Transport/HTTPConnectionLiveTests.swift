/// HTTP/1 itself: connections that stay, requests sent ahead, limits, and what is no HTTP at all.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

extension LiveTests {
    @Suite struct HTTPConnectionLiveTests {
        private static let handshake = "/engine.io/?EIO=4&transport=polling"

        // MARK: Staying open

        @Test func `a connection serves one request after the other`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                for _ in 0..<20 {
                    let response = try await client.request("GET", Self.handshake)
                    #expect(response.status == 200)
                    #expect(response["connection"] == nil)
                    #expect(try await client.request("POST", "/nowhere", body: "ignored").status == 404)
                }
            }
        }

        @Test func `a client that wants the connection closed gets its answer first`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", Self.handshake, headers: [("Connection", "close")])
                #expect(response.status == 200)
                #expect(response["connection"] == "close")
                try await client.expectEnd()
            }
        }

        @Test(arguments: [false, true])
        func `HTTP 1.0 is served, and the connection kept only on demand`(isKept: Bool) async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                let header = isKept ? "Connection: keep-alive\r\n" : ""
                try await client.connection.send("GET \(Self.handshake) HTTP/1.0\r\n\(header)\r\n")
                let response = try await client.receive()
                #expect(response.status == 200)
                #expect(response["connection"] == (isKept ? "keep-alive" : "close"))
                #expect(response["transfer-encoding"] == nil)
                if isKept {
                    #expect(try await client.request("GET", "/").status == 404)
                } else {
                    try await client.expectEnd()
                }
            }
        }

        // MARK: Requests sent ahead

        @Test func `requests sent ahead are answered in their order`() async throws {
            let responder: HTTPResponder = { request, _ in
                // The later ones would be ready first.
                for _ in 0..<(request.path == "/0" ? 50 : 0) { await Task.yield() }
                return .text(request.path ?? "")
            }
            try await withEngineServer(responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let requests = (0..<200).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
                try await client.connection.send(requests.joined())
                for index in 0..<200 { #expect(try await client.receive().text == "/\(index)") }
            }
        }

        @Test func `a poll and what is sent behind it are answered in order`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                // Two polls at once would overlap; sent ahead, the second is looked at when the first is answered.
                for _ in 0..<2 { try await client.startPoll() }
                try await client.polls.send("GET", "/page")
                try await client.post("4a")
                #expect(try await client.receivePoll() == ["4a"])
                try await client.post("4b")
                #expect(try await client.receivePoll() == ["4b"])
                #expect(try await client.polls.receive().status == 404)
                #expect(server.events.all.compactMap(\.closeReason) == [])
            }
        }

        @Test func `posts sent ahead are delivered in order`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                for index in 0..<50 { try await client.posts.send("POST", client.target, body: "4\(index)") }
                for _ in 0..<50 { #expect(try await client.posts.receive().text == "ok") }
                #expect(server.texts(of: client.sid) == (0..<50).map(String.init))
            }
        }

        @Test func `an upgrade may be any request of a connection`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", "/page").status == 404)
                #expect(try await client.request("POST", "/form", body: "a=b").status == 404)
                let webSocket = try await WebSocketTestClient.open(on: client, "/engine.io/?EIO=4&transport=websocket")
                _ = try OpenPacket(packet: try await webSocket.receiveText())
                try await webSocket.send("4a")
                #expect(try await webSocket.receiveText() == "4a")
            }
        }

        @Test func `an upgrade may be sent ahead, with frames behind it`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = WebSocketTestClient.headers.map { "\($0.0): \($0.1)\r\n" }.joined()
                let upgrade = "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n\(headers)\r\n"
                let page = "GET /page HTTP/1.1\r\nHost: a\r\n\r\n"
                try await client.connection.send(Array((page + upgrade).utf8) + TestFrame(.text, "4early").bytes)
                #expect(try await client.receive().status == 404)
                #expect(try await client.receive().status == 101)
                try await server.events.first("the early message") { $0.text == "early" }
            }
        }

        @Test func `an upgrade that is no WebSocket's is answered as a request`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")]
                try await client.send("GET", Self.handshake, headers: headers)
                let response = try await client.receive()
                #expect(response.status == 200)
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `an upgrade outside of the path is the application's`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/other", headers: WebSocketTestClient.headers)
                #expect(try await client.receive().status == 404)
                try await client.expectEnd()
            }
        }

        // MARK: Half-closed connections

        @Test func `a client that sends no more still gets its answers`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let requests = ["GET \(Self.handshake)", "GET /page"].map { "\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
                try await client.connection.send(requests.joined())
                try await client.connection.closeOutput()
                #expect(try await client.receive().status == 200)
                #expect(try await client.receive().status == 404)
                try await client.expectEnd()
            }
        }

        @Test func `a client that sends no more cannot poll`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                try await client.polls.connection.closeOutput()
                #expect(try await server.closeReason(of: client.sid) == .transportError)
                #expect(try await client.polls.connection.readToEnd() == [])
            }
        }

        // MARK: Limits

        @Test func `headers over the limit are answered 431`() async throws {
            try await withEngineServer { server in
                let large = try await HTTPTestClient.connect(port: server.port)
                let header = ("X-Large", String(repeating: "x", count: 17 << 10))
                #expect(try await large.request("GET", Self.handshake, headers: [header]).status == 431)
                try await large.expectEnd()
                let many = try await HTTPTestClient.connect(port: server.port)
                let headers = (0..<300).map { ("X-\($0)", "x") }
                #expect(try await many.request("GET", Self.handshake, headers: headers).status == 431)
                try await many.expectEnd()
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a target over the limit is refused`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let target = Self.handshake + "&x=" + String(repeating: "x", count: 200_000)
                let response = try await client.request("GET", target)
                #expect((400..<500).contains(response.status))
                try await client.expectEnd()
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test(arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
        func `a head that does not come whole ends the connection`(sent: String) async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(80)
            try await withEngineServer(configuration) { server in
                let client = try await RawConnection.connect(port: server.port)
                try await client.send(sent)
                #expect(try await client.readToEnd() == [])
            }
        }

        @Test func `a head that trickles does not gain time`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(150)
            try await withEngineServer(configuration) { server in
                let client = try await RawConnection.connect(port: server.port)
                let start = ContinuousClock.now
                try await client.send("GET / HTTP/1.1\r\nX-Slow: ")
                try await eventually("the connection is cut") {
                    do {
                        try await client.send("x")
                        return false
                    } catch {
                        return true
                    }
                }
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }

        @Test func `a connection between requests is given up after the same time`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(300)
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", "/page").status == 404)
                try await client.expectEnd()
            }
        }

        @Test func `a poll may wait longer than a head or a body may take`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(400)
            configuration.limits.bodyTimeout = .milliseconds(400)
            configuration.pingInterval = .milliseconds(900)
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                #expect(try await client.poll() == ["2"])
            }
        }

        @Test func `connections beyond the limit are closed, until there is room`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.connections = 3
            try await withEngineServer(configuration) { server in
                var clients: [HTTPTestClient] = []
                for _ in 0..<3 {
                    clients.append(try await HTTPTestClient.connect(port: server.port))
                    #expect(try await clients.last?.request("GET", "/").status == 404)
                }
                let fourth = try await RawConnection.connect(port: server.port)
                #expect(try await fourth.readToEnd() == [])
                try await clients.removeFirst().connection.close()
                try await eventually("there is room") {
                    let client = try await HTTPTestClient.connect(port: server.port)
                    return (try? await client.request("GET", "/").status) == 404
                }
            }
        }

        // MARK: No HTTP

        @Test(arguments: [
            "\r\n\r\nnonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ])
        func `what is no HTTP is answered 400, and the connection ends`(bytes: String) async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                try await client.connection.send(bytes)
                let response = try await client.receive()
                #expect(response.status == 400)
                #expect(response["connection"] == "close")
                try await client.expectEnd()
            }
        }

        @Test func `a request before the nonsense is answered first`() async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                try await client.connection.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
                #expect(try await client.receive().status == 404)
                #expect(try await client.receive().status == 400)
                try await client.expectEnd()
            }
        }

        @Test func `nonsense behind a poll costs the connection when the poll is answered`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                try await client.polls.connection.send("nonsense\r\n\r\n")
                try await client.post("4a")
                #expect(try await client.receivePoll() == ["4a"])
                #expect(try await client.polls.receive().status == 400)
            }
        }

        @Test func `nonsense inside a post's body ends its session`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPost(headers: ["Transfer-Encoding: chunked"], sending: "1\r\n4\r\nnonsense\r\n")
                #expect(try await client.posts.receive().status == 400)
                #expect(try await server.closeReason(of: client.sid) == .transportError)
            }
        }

        @Test func `random bytes cost nobody else anything`() async throws {
            try await withEngineServer { server in
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                var generator = SeededGenerator(seed: 7)
                for _ in 0..<50 {
                    let client = try await RawConnection.connect(port: server.port)
                    let bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    // The server may have closed before all is sent.
                    try? await client.send(bytes)
                    try? await client.closeOutput()
                    _ = try await client.readToEnd()
                }
                try await other.send("4alive")
                #expect(try await other.receiveText() == "4alive")
                #expect(server.server.sessionCount == 1)
            }
        }
    }
}
