/// Pages of other origins: who may come in, and what browsers are told.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

extension LiveTests {
    @Suite struct OriginLiveTests {
        private static let polling = "/engine.io/?EIO=4&transport=polling"
        private static let webSocket = "/engine.io/?EIO=4&transport=websocket"
        private static let refusal = #"{"code":3,"message":"Bad request"}"#

        private func configuration(_ cors: CORSConfiguration) -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.cors = cors
            return configuration
        }

        /// Asks for a WebSocket and returns the answer, whichever it is.
        private func upgrade(port: Int, headers: [(String, String)]) async throws -> HTTPTestResponse {
            let client = try await HTTPTestClient.connect(port: port)
            try await client.send("GET", Self.webSocket, headers: WebSocketTestClient.headers + headers)
            return try await client.receive()
        }

        // MARK: Same origin

        @Test(arguments: [
            ("http://chat.example", true), ("http://chat.example:80", false), ("https://chat.example", false),
            ("http://evil.example", false), ("http://chat.example.evil.example", false), ("null", false), ("", false),
            ("HTTP://CHAT.EXAMPLE", false),
        ])
        func `by default only pages of the same origin come in`(origin: String, isAllowed: Bool) async throws {
            try await withEngineServer { server in
                let headers = [("Host", "chat.example"), ("Origin", origin)]
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", Self.polling, headers: headers)
                #expect(response.status == (isAllowed ? 200 : 400))
                #expect(isAllowed || response.text == Self.refusal)
                #expect(response["access-control-allow-origin"] == nil)
                let upgrade = try await self.upgrade(port: server.port, headers: headers)
                #expect(upgrade.status == (isAllowed ? 101 : 400))
                #expect(isAllowed || upgrade.text == "Bad request")
            }
        }

        @Test func `a listed origin may be written in any case, and so may the field not`() async throws {
            try await withEngineServer(self.configuration(CORSConfiguration(origins: .list(["https://Page.Example"]))))
            {
                server in
                for (origin, status) in [("https://page.example", 200), ("HTTPS://page.example", 400)] {
                    let client = try await HTTPTestClient.connect(port: server.port)
                    let headers = [("Host", "chat.example"), ("Origin", origin)]
                    let response = try await client.request("GET", Self.polling, headers: headers)
                    #expect(response.status == status)
                }
            }
        }

        @Test func `programs that are no browsers name no origin and come in`() async throws {
            try await withEngineServer { server in
                _ = try await EngineIOTestClient.connect(port: server.port, over: .polling)
                _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
            }
        }

        @Test func `the port is part of the origin`() async throws {
            try await withEngineServer { server in
                let host = "127.0.0.1:\(server.port)"
                let client = try await HTTPTestClient.connect(port: server.port)
                let own = try await client.request(
                    "GET",
                    Self.polling,
                    headers: [("Host", host), ("Origin", "http://\(host)")]
                )
                #expect(own.status == 200)
                let headers = [("Host", host), ("Origin", "http://127.0.0.1:1")]
                #expect(try await client.request("GET", Self.polling, headers: headers).status == 400)
            }
        }

        @Test func `a stranger can neither poll nor post into a session it knows the id of`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let other = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Origin", "http://evil.example")]
                #expect(try await other.request("GET", client.target, headers: headers).text == Self.refusal)
                let post = try await other.request("POST", client.target, headers: headers, body: "4forged")
                #expect(post.text == Self.refusal)
                try await client.post("4a")
                #expect(try await client.poll() == ["4a"])
                #expect(server.texts(of: client.sid) == ["a"])
            }
        }

        // MARK: CORS

        @Test func `any origin: everybody comes in and reads a star`() async throws {
            try await withEngineServer(self.configuration(CORSConfiguration(origins: .any))) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Origin", "http://other.example")]
                let response = try await client.request("GET", Self.polling, headers: headers)
                #expect(response.status == 200)
                #expect(response["access-control-allow-origin"] == "*")
                #expect(response["vary"] == nil)
                let target = Self.polling + "&sid=\(try OpenPacket(packet: response.text).sid)"
                let answers = [
                    try await client.request("POST", target, headers: headers, body: "4a"),
                    try await client.request("GET", target, headers: headers),
                    try await client.request("PUT", target, headers: headers),
                    try await client.request("GET", Self.polling + "&sid=unknown", headers: headers),
                    try await self.upgrade(port: server.port, headers: headers),
                ]
                #expect(answers.map(\.status) == [200, 200, 500, 400, 101])
                #expect(answers.map { $0["access-control-allow-origin"] } == Array(repeating: "*", count: 5))
            }
        }

        @Test func `a list: its members are named, others are refused, caches are told`() async throws {
            let cors = CORSConfiguration(
                origins: .list(["http://one.example", "http://two.example"]),
                allowsCredentials: true,
                exposedHeaders: [.eTag]
            )
            try await withEngineServer(self.configuration(cors)) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Origin", "http://two.example")]
                for response in [
                    try await client.request("GET", Self.polling, headers: headers),
                    try await self.upgrade(port: server.port, headers: headers),
                ] {
                    #expect(response["access-control-allow-origin"] == "http://two.example")
                    #expect(response["access-control-allow-credentials"] == "true")
                    #expect(response["access-control-expose-headers"]?.lowercased() == "etag")
                    #expect(response["vary"] == "Origin")
                }
                let refused = try await client.request(
                    "GET",
                    Self.polling,
                    headers: [("Origin", "http://three.example")]
                )
                #expect(refused.text == Self.refusal)
                #expect(refused["access-control-allow-origin"] == nil)
                #expect(refused["vary"] == "Origin")
            }
        }

        @Test func `a rule of the application decides`() async throws {
            let cors = CORSConfiguration(origins: .custom { $0.hasSuffix(".example") })
            try await withEngineServer(self.configuration(cors)) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let allowed = try await client.request("GET", Self.polling, headers: [("Origin", "https://a.example")])
                #expect(allowed["access-control-allow-origin"] == "https://a.example")
                let refused = try await client.request("GET", Self.polling, headers: [("Origin", "https://a.test")])
                #expect(refused.status == 400)
            }
        }

        @Test func `a preflight is answered 204 with what the page may do`() async throws {
            let cors = CORSConfiguration(origins: .list(["http://one.example"]), maxAge: .seconds(600))
            try await withEngineServer(self.configuration(cors)) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [
                    ("Origin", "http://one.example"), ("Access-Control-Request-Method", "POST"),
                    ("Access-Control-Request-Headers", "x-custom, content-type"),
                ]
                for target in [Self.polling, Self.polling + "&sid=unknown", "/engine.io/"] {
                    let response = try await client.request("OPTIONS", target, headers: headers)
                    #expect(response.status == 204)
                    // RFC 9110 §8.6 forbids a length here, which Node sends.
                    #expect(response["content-length"] == nil)
                    #expect(response["access-control-allow-origin"] == "http://one.example")
                    #expect(response["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE")
                    #expect(response["access-control-allow-headers"] == "x-custom, content-type")
                    #expect(response["access-control-max-age"] == "600")
                    #expect(response["vary"] == "Origin, Access-Control-Request-Headers")
                }
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a preflight of a stranger allows nothing`() async throws {
            let cors = CORSConfiguration(origins: .list(["http://one.example"]))
            try await withEngineServer(self.configuration(cors)) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")]
                let response = try await client.request("OPTIONS", Self.polling, headers: headers)
                #expect(response["access-control-allow-origin"] == nil)
            }
        }

        @Test func `the application's own paths are none of this server's business`() async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/page", headers: [("Origin", "http://evil.example")])
                #expect(response.status == 404)
            }
        }
    }
}
