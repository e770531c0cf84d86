/// Opening a session: what is answered, and what is refused with which words.
import EngineIO
import TestSupport
import Testing

/// A request that is refused, and how.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
    var method = "GET"
    /// Without the path.
    var query: String
    var code: Int

    var testDescription: String { "\(self.method) \(self.query.prefix(80))" }

    static let messages = [
        "Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden",
        "Unsupported protocol version",
    ]

    var body: String { #"{"code":\#(self.code),"message":"\#(Self.messages[self.code])"}"# }

    static let all = [
        RefusedRequest(query: "", code: 0),
        RefusedRequest(query: "?EIO=4", code: 0),
        RefusedRequest(query: "?EIO=4&transport", code: 0),
        RefusedRequest(query: "?EIO=4&transport=", code: 0),
        RefusedRequest(query: "?EIO=4&transport=tobi", code: 0),
        RefusedRequest(query: "?EIO=4&transport=Polling", code: 0),
        RefusedRequest(query: "?EIO=4&transport=webtransport", code: 0),
        RefusedRequest(query: "?EIO=4&transport=__proto__", code: 0),
        RefusedRequest(query: "?EIO=4&transport=constructor", code: 0),
        RefusedRequest(query: "?EIO=4&transport=polling&transport=tobi", code: 0),
        RefusedRequest(query: "?EIO=3&transport=tobi", code: 0),
        RefusedRequest(method: "POST", query: "?EIO=4&transport=tobi", code: 0),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=tobi", code: 1),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=__proto__", code: 1),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=constructor", code: 1),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=" + String(repeating: "A", count: 20), code: 1),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=" + String(repeating: "A", count: 8000), code: 1),
        RefusedRequest(query: "?EIO=4&transport=polling&sid=%00%FF%FE", code: 1),
        RefusedRequest(query: "?EIO=4&transport=websocket&sid=tobi", code: 1),
        RefusedRequest(query: "?EIO=3&transport=polling&sid=tobi", code: 1),
        RefusedRequest(method: "POST", query: "?EIO=4&transport=polling&sid=tobi", code: 1),
        RefusedRequest(method: "DELETE", query: "?EIO=4&transport=polling&sid=tobi", code: 1),
        RefusedRequest(method: "POST", query: "?EIO=4&transport=polling", code: 2),
        RefusedRequest(method: "PUT", query: "?EIO=4&transport=polling", code: 2),
        RefusedRequest(method: "DELETE", query: "?EIO=4&transport=polling", code: 2),
        RefusedRequest(method: "OPTIONS", query: "?EIO=4&transport=polling", code: 2),
        RefusedRequest(method: "POST", query: "?EIO=3&transport=polling", code: 2),
        RefusedRequest(method: "POST", query: "?EIO=4&transport=polling&sid=", code: 2),
        RefusedRequest(query: "?EIO=4&transport=websocket", code: 3),
        RefusedRequest(query: "?EIO=3&transport=websocket", code: 3),
        RefusedRequest(query: "?EIO=3&transport=polling", code: 5),
        RefusedRequest(query: "?transport=polling", code: 5),
        RefusedRequest(query: "?EIO=&transport=polling", code: 5),
        RefusedRequest(query: "?EIO=4&EIO=3&transport=polling", code: 5),
        RefusedRequest(query: "?EIO=04&transport=polling", code: 5),
        RefusedRequest(query: "?EIO=5&transport=polling", code: 5),
        RefusedRequest(query: "?EIO=4%20&transport=polling", code: 5),
    ]
}

extension LiveTests {
    @Suite struct HandshakeLiveTests {
        private let target = "/engine.io/?EIO=4&transport=polling"

        @Test func `over polling the answer is the open packet with the defaults`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", self.target)
                let open = try OpenPacket(packet: response.text)
                let expected =
                    #"0{"sid":"\#(open.sid)","upgrades":["websocket"],"#
                    + #""pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
                #expect(response.status == 200)
                #expect(response.text == expected)
                #expect(response["content-type"] == "text/plain; charset=UTF-8")
                #expect(response["cache-control"] == "no-store")
                #expect(response["set-cookie"] == nil)
                #expect(response["access-control-allow-origin"] == nil)
                #expect(open.sid.utf8.count == 20)
            }
        }

        @Test func `over a WebSocket the open packet comes at once and offers no upgrade`() async throws {
            try await withEngineServer { server in
                let client = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket"
                )
                let text = try await client.receiveText()
                let open = try OpenPacket(packet: text)
                let expected =
                    #"0{"sid":"\#(open.sid)","upgrades":[],"#
                    + #""pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
                #expect(text == expected)
                #expect(client.response.reason == "Switching Protocols")
                #expect(client.response["upgrade"] == "websocket")
                #expect(client.response["connection"]?.lowercased() == "upgrade")
                #expect(client.response["sec-websocket-extensions"] == nil)
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `the numbers are those of the configuration`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.pingInterval = .milliseconds(300)
            configuration.pingTimeout = .milliseconds(200)
            configuration.maximumPayloadBytes = 12_345
            configuration.allowsUpgrades = false
            try await withEngineServer(configuration) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .polling)
                #expect(client.open.pingInterval == 300)
                #expect(client.open.pingTimeout == 200)
                #expect(client.open.maxPayload == 12_345)
                #expect(client.open.upgrades == [])
            }
        }

        @Test func `every session has its own id`() async throws {
            try await withEngineServer { server in
                var ids: Set<String> = []
                let client = try await HTTPTestClient.connect(port: server.port)
                for _ in 0..<50 {
                    ids.insert(try OpenPacket(packet: await client.request("GET", self.target).text).sid)
                }
                #expect(ids.count == 50)
                #expect(server.server.sessionCount == 50)
            }
        }

        @Test(arguments: [
            "/engine.io/?EIO=4&transport=polling", "/engine.io/anything?EIO=4&transport=polling",
            "/engine.io/?transport=polling&EIO=4", "/engine.io/?EIO=3&EIO=4&transport=websocket&transport=polling",
            "/engine.io/?EIO=%34&transport=p%6Flling", "/engine.io/?EIO=4&transport=polling&sid=",
            "/engine.io/?EIO=4&transport=polling&b64=1&t=abc&__proto__=x&constructor=y&%00=%FF&&&=&==",
            "/engine.io/?EIO=4&transport=polling&x=" + String(repeating: "y", count: 8000),
            "http://127.0.0.1/engine.io/?EIO=4&transport=polling",
        ])
        func `these targets open a session`(target: String) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", target).status == 200)
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `what is wrong is refused with the code and the words of the table`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                for request in RefusedRequest.all {
                    let response = try await client.request(request.method, "/engine.io/" + request.query)
                    #expect(response.status == 400, "\(request.testDescription)")
                    #expect(response.text == request.body, "\(request.testDescription)")
                    #expect(response["content-type"] == "application/json")
                    #expect(response["set-cookie"] == nil)
                }
                #expect(server.server.sessionCount == 0)
                #expect(server.events.all.isEmpty)
            }
        }

        @Test func `HEAD is answered like other methods, without a body`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("HEAD", self.target)
                #expect(response.status == 400)
                #expect(response.body == [])
                // The connection is not out of step.
                #expect(try await client.request("GET", self.target).status == 200)
            }
        }

        @Test func `too many parameters are refused`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", self.target + String(repeating: "&a=b", count: 1000))
                #expect(response.status == 400)
                #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
            }
        }

        // MARK: Upgrades

        @Test func `refused upgrades are answered 400 with the words as text, and the connection ends`() async throws {
            let refusals = [
                ("?EIO=4&transport=tobi", "Transport unknown"),
                ("?EIO=4&transport=websocket&sid=tobi", "Session ID unknown"),
                ("?EIO=3&transport=websocket", "Unsupported protocol version"),
                ("?transport=websocket", "Unsupported protocol version"),
            ]
            try await withEngineServer { server in
                for (query, message) in refusals {
                    let response = try await refusedUpgrade(of: "/engine.io/" + query, port: server.port)
                    #expect(response.status == 400)
                    #expect(response.reason == "Bad Request")
                    #expect(response.text == message)
                    #expect(response["content-type"] == "text/html")
                    #expect(response["connection"] == "close")
                }
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test(arguments: [
            ("Upgrade", "tobi", 400, "Invalid Upgrade header"),
            ("Sec-WebSocket-Key", "short", 400, "Missing or invalid Sec-WebSocket-Key header"),
            ("Sec-WebSocket-Key", "", 400, "Missing or invalid Sec-WebSocket-Key header"),
            ("Sec-WebSocket-Version", "12", 400, "Missing or invalid Sec-WebSocket-Version header"),
            ("Sec-WebSocket-Protocol", "", 400, "Invalid Sec-WebSocket-Protocol header"),
            ("Sec-WebSocket-Protocol", "a,", 400, "Invalid Sec-WebSocket-Protocol header"),
            ("Sec-WebSocket-Protocol", ",a", 400, "Invalid Sec-WebSocket-Protocol header"),
            ("Sec-WebSocket-Protocol", "a b", 400, "Invalid Sec-WebSocket-Protocol header"),
            ("Sec-WebSocket-Protocol", "a, a", 400, "Invalid Sec-WebSocket-Protocol header"),
            ("Sec-WebSocket-Protocol", "a/b", 400, "Invalid Sec-WebSocket-Protocol header"),
        ])
        func `a malformed upgrade is refused`(name: String, value: String, status: Int, message: String) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = WebSocketTestClient.headers.filter { $0.0 != name } + [(name, value)]
                try await client.send("GET", "/engine.io/?EIO=4&transport=websocket", headers: headers)
                let response = try await client.receive()
                #expect(response.status == status)
                #expect(response.text == message)
                try await client.expectEnd()
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a refused upgrade leaves the session it names alone`() async throws {
            try await withEngineServer { server in
                let polling = try await PollingTestClient.connect(port: server.port)
                let client = try await HTTPTestClient.connect(port: server.port)
                let target = "/engine.io/?EIO=4&transport=websocket&sid=\(polling.sid)"
                try await client.send("GET", target, headers: [("Connection", "Upgrade"), ("Upgrade", "websocket")])
                #expect(try await client.receive().status == 400)
                try await polling.post("4a")
                #expect(try await polling.poll() == ["4a"])
            }
        }

        // MARK: Options

        @Test func `the path is an option, with or without a slash at its end`() async throws {
            for path in ["/chat/socket", "/chat/socket/"] {
                var configuration = EngineIOConfiguration()
                configuration.path = path
                try await withEngineServer(configuration) { server in
                    _ = try await PollingTestClient.connect(port: server.port, path: "/chat/socket/")
                    let client = try await HTTPTestClient.connect(port: server.port)
                    for other in ["/engine.io/", "/chat/socket", "/", "/chat/socketx/"] {
                        let response = try await client.request("GET", other + "?EIO=4&transport=polling")
                        #expect(response.status == 404, "\(other)")
                    }
                }
            }
        }

        @Test func `transports can be left out`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.transports = [.webSocket]
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", self.target)
                #expect(response.text == #"{"code":0,"message":"Transport unknown"}"#)
                _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
            }
            configuration.transports = [.polling]
            try await withEngineServer(configuration) { server in
                let polling = try await EngineIOTestClient.connect(port: server.port, over: .polling)
                #expect(polling.open.upgrades == [])
                let response = try await refusedUpgrade(of: "/engine.io/?EIO=4&transport=websocket", port: server.port)
                #expect(response.text == "Transport unknown")
            }
        }

        @Test func `the cookie is set by the first answer of a polling session, and by no other`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.cookie = CookieConfiguration()
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", self.target)
                let sid = try OpenPacket(packet: response.text).sid
                #expect(response["set-cookie"] == "io=\(sid); Path=/; HttpOnly; SameSite=Lax")
                let post = try await client.request("POST", self.target + "&sid=\(sid)", body: "4a")
                #expect(post["set-cookie"] == nil)
                let poll = try await client.request("GET", self.target + "&sid=\(sid)")
                #expect(poll.text == "4a")
                #expect(poll["set-cookie"] == nil)
                let webSocket = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket"
                )
                #expect(webSocket.response["set-cookie"] == nil)
            }
        }

        @Test func `sessions beyond the limit are refused until one has gone`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.sessions = 2
            try await withEngineServer(configuration) { server in
                let first = try await PollingTestClient.connect(port: server.port)
                let second = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let client = try await HTTPTestClient.connect(port: server.port)
                let refused = try await client.request("GET", self.target)
                #expect(refused.status == 403)
                #expect(refused.text == #"{"code":4,"message":"Too many sessions"}"#)
                let upgrade = try await refusedUpgrade(of: "/engine.io/?EIO=4&transport=websocket", port: server.port)
                #expect(upgrade.status == 400)
                #expect(upgrade.text == "Too many sessions")
                try await first.post("1")
                #expect(try await client.request("GET", self.target).status == 200)
                try await second.close()
            }
        }
    }
}

/// Asks for a WebSocket, which must be refused.
func refusedUpgrade(of target: String, port: Int) async throws -> HTTPTestResponse {
    let client = try await HTTPTestClient.connect(port: port)
    try await client.send("GET", target, headers: WebSocketTestClient.headers)
    let response = try await client.receive()
    try await client.expectEnd()
    return response
}
