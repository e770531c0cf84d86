/// Handshakes about which the application has its say.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct AllowRequestLiveTests {
        private let target = "/engine.io/?EIO=4&transport=polling"

        @Test func `the application may refuse, in its own words or the usual ones`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { request in
                await Task.yield()
                return request.queryValue("token").map { .refuse(message: $0.isEmpty ? nil : $0) } ?? .allow
            }
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let usual = try await client.request("GET", self.target + "&token=")
                #expect(usual.status == 403)
                #expect(usual.text == #"{"code":4,"message":"Forbidden"}"#)
                let own = try await client.request("GET", self.target + "&token=not%20%22you%22")
                #expect(own.status == 403)
                #expect(own.text == #"{"code":4,"message":"not \"you\""}"#)
                #expect(try await client.request("GET", self.target).status == 200)
                let upgrade = try await refusedUpgrade(
                    of: "/engine.io/?EIO=4&transport=websocket&token=%3Cb%3E",
                    port: server.port
                )
                #expect(upgrade.status == 400)
                #expect(upgrade.text == "b")
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `the application sees the request, once for each handshake`() async throws {
            let requests = EventLog<HandshakeRequest>()
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { request in
                requests.append(request)
                return .allow
            }
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(
                    port: server.port,
                    query: "&name=a%20b&name=c",
                    headers: [("X-Custom", "value")]
                )
                try await client.post("4a")
                #expect(try await client.poll() == ["4a"])
                let request = try #require(requests.all.first)
                #expect(requests.all.count == 1)
                #expect(request.queryValue("name") == "c")
                #expect(request.query.map(\.value) == ["4", "polling", "a b", "c"])
                #expect(request.headers[.init("x-custom")!] == "value")
                #expect(request.remoteAddress?.ipAddress == "127.0.0.1")
                #expect(request.time > 1_700_000_000)
                #expect(!request.isSecure)
                let session = try await server.session(client.sid)
                #expect(session.request.target == request.target)
            }
        }

        @Test func `the revision is looked at after the application has spoken`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { _ in .refuse(message: nil) }
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/?EIO=3&transport=polling")
                #expect(response.status == 403)
            }
        }

        @Test func `a client that leaves while the application thinks opens no session`() async throws {
            let asked = EventLog<Int>()
            let leave = EventLog<Int>()
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { _ in
                asked.append(1)
                _ = try? await leave.count(1)
                return .allow
            }
            // One loop sees the ends of the connections before what comes after them.
            try await withEngineServer(configuration, threads: 1) { server in
                for (index, target) in [self.target, "/engine.io/?EIO=4&transport=websocket"].enumerated() {
                    let client = try await HTTPTestClient.connect(port: server.port)
                    try await client.send("GET", target, headers: WebSocketTestClient.headers)
                    try await asked.count(index + 1)
                    try await client.connection.reset()
                }
                let other = try await HTTPTestClient.connect(port: server.port)
                #expect(try await other.request("GET", "/").status == 404)
                leave.append(1)
                // A session that comes after those two were decided.
                _ = try await PollingTestClient.connect(port: server.port)
                #expect(server.server.sessionCount == 1)
            }
        }
    }
}
