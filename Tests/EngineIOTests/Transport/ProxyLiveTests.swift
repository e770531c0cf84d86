/// Servers behind a proxy: what they believe of its headers, and what of anybody else's.
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct ProxyLiveTests {
        private static let handshake = "/engine.io/?EIO=4&transport=polling"

        private func configuration(
            trusting proxies: [String] = ["127.0.0.0/8"],
            _ change: (inout EngineIOConfiguration) -> Void = { _ in }
        ) -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.trustedProxies = proxies
            change(&configuration)
            return configuration
        }

        /// The handshake that a request with these headers makes.
        private func request(
            _ configuration: EngineIOConfiguration,
            over transport: EngineIOTestClient.Transport = .polling,
            headers: [(String, String)]
        ) async throws -> HandshakeRequest {
            try await withEngineServer(configuration) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: transport, headers: headers)
                return try await server.session(client.open.sid).request
            }
        }

        private static let xForwarded = [
            ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "chat.example"),
        ]

        @Test(arguments: [EngineIOTestClient.Transport.polling, .webSocket])
        func `a trusted proxy is believed`(transport: EngineIOTestClient.Transport) async throws {
            let request = try await self.request(self.configuration(), over: transport, headers: Self.xForwarded)
            #expect(request.remoteAddress?.ipAddress == "203.0.113.7")
            #expect(request.isSecure)
        }

        @Test(arguments: [[], ["10.0.0.0/8", "::1"]])
        func `nobody else is`(proxies: [String]) async throws {
            let request = try await self.request(self.configuration(trusting: proxies), headers: Self.xForwarded)
            #expect(request.remoteAddress?.ipAddress == "127.0.0.1")
            #expect(!request.isSecure)
        }

        @Test func `headers that cannot be read say nothing`() async throws {
            let headers = [
                ("X-Forwarded-For", "nonsense"), ("X-Forwarded-Proto", "gopher"), ("X-Forwarded-Host", "a b"),
            ]
            let request = try await self.request(self.configuration(), headers: headers)
            #expect(request.remoteAddress?.ipAddress == "127.0.0.1")
            #expect(!request.isSecure)
        }

        @Test func `what a client has written itself is not believed`() async throws {
            let headers = [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", "203.0.113.7, 127.0.0.9")]
            let request = try await self.request(self.configuration(), headers: headers)
            #expect(request.remoteAddress?.ipAddress == "203.0.113.7")
        }

        @Test func `RFC 7239's header is believed where it is the proxy's`() async throws {
            let forwarded = ("Forwarded", "for=\"[2001:db8::7]:1234\";proto=https;host=chat.example")
            let configuration = self.configuration { $0.proxyHeaders = .forwarded }
            let request = try await self.request(configuration, headers: Self.xForwarded + [forwarded])
            #expect(request.remoteAddress?.ipAddress == "2001:db8::7")
            #expect(request.isSecure)
            let other = try await self.request(self.configuration(), headers: Self.xForwarded + [forwarded])
            #expect(other.remoteAddress?.ipAddress == "203.0.113.7")
        }

        // MARK: Origins

        @Test(
            arguments: [
                (true, "https://chat.example", 200), (true, "http://chat.example", 400), (true, "http://inner", 400),
                (true, "https://evil.example", 400), (false, "https://chat.example", 400), (false, "http://inner", 200),
            ]
        )
        func `the page's own origin is what the proxy says it is`(
            isTrusted: Bool,
            origin: String,
            status: Int
        ) async throws {
            let configuration = self.configuration(trusting: isTrusted ? ["127.0.0.1"] : [])
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Host", "inner"), ("Origin", origin)] + Self.xForwarded
                #expect(try await client.request("GET", Self.handshake, headers: headers).status == status)
                try await client.send(
                    "GET",
                    "/engine.io/?EIO=4&transport=websocket",
                    headers: headers + WebSocketTestClient.headers
                )
                #expect(try await client.receive().status == (status == 200 ? 101 : 400))
            }
        }

        @Test func `the application's requests are as secure as the proxy says`() async throws {
            let schemes = EventLog<String?>()
            let responder: HTTPResponder = { request, _ in
                schemes.append(request.scheme)
                return .text("")
            }
            try await withEngineServer(self.configuration(), responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                _ = try await client.request("GET", "/page", headers: Self.xForwarded)
                _ = try await client.request("GET", "/page")
                #expect(schemes.all == ["https", "http"])
            }
        }

        // MARK: Limits

        @Test func `limits count the client behind the proxy, not the proxy`() async throws {
            let configuration = self.configuration { configuration in
                configuration.limits.handshakesPerSecondPerAddress = 0.01
                configuration.limits.handshakeBurstPerAddress = 2
                configuration.limits.connectionsPerAddress = 1
                configuration.limits.openRequestsPerAddress = 1
            }
            try await withEngineServer(configuration) { server in
                // The proxy has many connections, and each of them serves many clients.
                let connections = [
                    try await HTTPTestClient.connect(port: server.port),
                    try await HTTPTestClient.connect(port: server.port),
                ]
                for client in 1...5 {
                    let headers = [("X-Forwarded-For", "203.0.113.\(client)")]
                    for (index, status) in [200, 200, 429].enumerated() {
                        let response = try await connections[index % 2].request("GET", Self.handshake, headers: headers)
                        #expect(response.status == status)
                    }
                }
                // All of one network of IPv6 are one.
                for (address, status) in [("2001:db8::1", 200), ("2001:db8::2", 200), ("2001:db8:0:0:1::", 429)] {
                    let headers = [("X-Forwarded-For", address)]
                    #expect(try await connections[0].request("GET", Self.handshake, headers: headers).status == status)
                }
                #expect(server.server.sessionCount == 12)
            }
        }

        @Test func `a client behind the proxy has as many WebSockets as it may have connections`() async throws {
            let configuration = self.configuration { $0.limits.connectionsPerAddress = 2 }
            try await withEngineServer(configuration) { server in
                let headers = [("X-Forwarded-For", "203.0.113.7")]
                var clients: [EngineIOTestClient] = []
                for _ in 0..<2 {
                    clients.append(
                        try await EngineIOTestClient.connect(port: server.port, over: .webSocket, headers: headers)
                    )
                }
                let error = await #expect(throws: WebSocketTestError.self) {
                    _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket, headers: headers)
                }
                #expect(error?.response?.status == 429)
                #expect(error?.response?.text == "Too many connections")
                #expect(server.server.limits.count(of: .connectionsPerAddress) == 1)
                let other = [("X-Forwarded-For", "203.0.113.8")]
                _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket, headers: other)
                try await clients.removeFirst().close()
                try await eventually("there is room") {
                    let client = try? await EngineIOTestClient.connect(
                        port: server.port,
                        over: .webSocket,
                        headers: headers
                    )
                    return client != nil
                }
            }
        }

        @Test func `a poll behind the proxy counts for its client alone`() async throws {
            let configuration = self.configuration { $0.limits.openRequestsPerAddress = 1 }
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                let own = [("X-Forwarded-For", "203.0.113.7")]
                try await client.polls.send("GET", client.target, headers: own)
                try await eventually("the poll waits") { session.holdsPoll }
                #expect(try await client.posts.request("GET", "/page", headers: own).status == 429)
                let other = [("X-Forwarded-For", "203.0.113.8")]
                #expect(try await client.posts.request("GET", "/page", headers: other).status == 404)
            }
        }
    }
}
