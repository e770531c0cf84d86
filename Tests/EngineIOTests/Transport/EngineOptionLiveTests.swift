/// Node's options of the engine that shape requests and answers: path, first message, foreign upgrades, preflights, files.
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct EngineOptionLiveTests {
        private static let query = "?EIO=4&transport=polling"

        // MARK: The path

        @Test(
            arguments: [
                ("/engine.io/", true, "/engine.io/", 200), ("/engine.io/", true, "/engine.io", 404),
                ("/engine.io", true, "/engine.io/", 200), ("/engine.io", true, "/engine.io", 404),
                ("/engine.io/", false, "/engine.io/", 200), ("/engine.io/", false, "/engine.io", 200),
                ("/engine.io", false, "/engine.io/a", 200), ("/engine.io", false, "/engine.iox", 404),
                ("/", true, "/a", 200), ("/", false, "/", 200), ("/a/b", false, "/a/b", 200),
                ("/a/b", true, "/a/b/", 200),
            ]
        )
        func `the path may go without a slash`(path: String, addsSlash: Bool, target: String, status: Int) async throws
        {
            var configuration = EngineIOConfiguration()
            configuration.path = path
            configuration.addsTrailingSlash = addsSlash
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", target + Self.query).status == status)
            }
        }

        // MARK: The first message

        @Test func `the first message comes with the open packet`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.initialMessage = MessageUnit(text: "welcome")
            let greet: SessionRecorder.Reaction = { event in
                if case .opened(let session) = event { session.send(MessageUnit(text: "later")) }
            }
            try await withEngineServer(configuration, reaction: greet) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/\(Self.query)")
                let packets = response.text.split(separator: "\u{1E}").map(String.init)
                let open = try OpenPacket(packet: try #require(packets.first))
                #expect(packets.dropFirst() == ["4welcome"])
                let poll = try await client.request("GET", "/engine.io/\(Self.query)&sid=\(open.sid)")
                #expect(poll.text == "4later")
                let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                #expect(try await webSocket.receiveText() == "4welcome")
                #expect(try await webSocket.receiveText() == "4later")
            }
        }

        @Test func `the first message may be binary`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.initialMessage = MessageUnit(binary: ByteBuffer(bytes: [1, 2, 3]))
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/\(Self.query)")
                #expect(response.text.hasSuffix("}\u{1E}bAQID"))
                let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                #expect(try await webSocket.receiveBinary() == [1, 2, 3])
            }
        }

        // MARK: Foreign upgrades

        @Test(arguments: [ForeignUpgrades.answer, .close])
        func `an upgrade outside of the path is answered or cut, as is wanted`(upgrades: ForeignUpgrades) async throws {
            var configuration = EngineIOConfiguration()
            configuration.foreignUpgrades = upgrades
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/other", headers: WebSocketTestClient.headers)
                if upgrades == .answer { #expect(try await client.receive().status == 404) }
                try await client.expectEnd()
                // Plain requests, and upgrades where they belong, are what they were.
                #expect(try await HTTPTestClient.connect(port: server.port).request("GET", "/other").status == 404)
                _ = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
            }
        }

        // MARK: Preflights

        private static let preflight = [
            ("Origin", "http://page.example"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "x-custom"),
        ]

        @Test func `a preflight is answered with the status that is wanted`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.cors = CORSConfiguration(origins: .any, maxAge: .seconds(600), preflightStatus: .ok)
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("OPTIONS", "/engine.io/", headers: Self.preflight)
                #expect(response.status == 200)
                #expect(response.body == [])
                #expect(response["content-length"] == "0")
                #expect(response["access-control-allow-origin"] == "*")
                #expect(response["access-control-max-age"] == "600")
                #expect(response["access-control-allow-headers"] == "x-custom")
            }
        }

        @Test func `the application may answer preflights, and the fields are added`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.cors = CORSConfiguration(origins: .list(["http://page.example"]), continuesPreflights: true)
            let responder: HTTPResponder = { request, body in
                .text(status: .accepted, "\(request.method) \(request.path ?? "") \(String(buffer: body))")
            }
            try await withEngineServer(configuration, responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("OPTIONS", "/engine.io/", headers: Self.preflight, body: "body")
                #expect(response.status == 202)
                #expect(response.text == "OPTIONS /engine.io/ body")
                #expect(response["access-control-allow-origin"] == "http://page.example")
                #expect(response["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE")
                let refused = try await client.request("OPTIONS", "/engine.io/", headers: [("Origin", "http://evil")])
                #expect(refused["access-control-allow-origin"] == nil)
            }
        }

        // MARK: Compression

        @Test func `compression can be turned off`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.compressesResponses = false
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                session.send(MessageUnit(text: String(repeating: "a", count: 10_000)))
                let response = try await client.polls.request(
                    "GET",
                    client.target,
                    headers: [("Accept-Encoding", "gzip")]
                )
                #expect(response["content-encoding"] == nil)
                #expect(response.body.count == 10_001)
            }
        }
    }
}
