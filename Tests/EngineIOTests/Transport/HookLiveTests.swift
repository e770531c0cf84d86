/// The application's hooks: refused requests, headers of answers, and middlewares.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct HookLiveTests {
        private struct Failure: Error {}

        private let target = "/engine.io/?EIO=4&transport=polling"

        // MARK: Refused requests

        @Test(
            arguments: [
                ("GET", "EIO=4&transport=x", 0, "Transport unknown", ["transport": "x"]),
                ("GET", "EIO=4&transport=polling&sid=nobody", 1, "Session ID unknown", ["sid": "nobody"]),
                ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method", ["method": "PUT"]),
                ("GET", "EIO=4&transport=websocket", 3, "Bad request", ["name": "TRANSPORT_HANDSHAKE_ERROR"]),
                ("GET", "EIO=4&transport=polling&no=1", 4, "not you", ["message": "not you"]),
                ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version", ["protocol": "3"]),
            ] as [(String, String, Int, String, [String: String])]
        )
        func `the application is told of each refusal`(
            method: String,
            query: String,
            code: Int,
            message: String,
            context: [String: String]
        ) async throws {
            let refused = EventLog<EngineIO.RefusedRequest>()
            var configuration = EngineIOConfiguration()
            configuration.onRefusedRequest = { refused.append($0) }
            configuration.allowRequest = { $0.queryValue("no") == nil ? .allow : .refuse(message: "not you") }
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                _ = try await client.request(method, "/engine.io/?\(query)", headers: [("X-Custom", "value")])
                let request = try #require(refused.all.first)
                #expect(refused.all.count == 1)
                #expect(request.code == code && request.message == message)
                #expect(request.context == context)
                #expect(request.request.head.method.rawValue == method)
                #expect(request.request.headers[.init("x-custom")!] == "value")
            }
        }

        @Test func `a refused origin and a transport that changed are told apart`() async throws {
            let refused = EventLog<[String: String]>()
            var configuration = EngineIOConfiguration()
            configuration.onRefusedRequest = { refused.append($0.context) }
            try await withEngineServer(configuration) { server in
                let http = try await HTTPTestClient.connect(port: server.port)
                _ = try await http.request("GET", self.target, headers: [("Origin", "http://elsewhere")])
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                for method in ["GET", "POST"] {
                    _ = try await http.request(method, "\(self.target)&sid=\(client.open.sid)")
                }
                let mismatch = [
                    "name": "TRANSPORT_MISMATCH", "transport": "polling", "previousTransport": "websocket",
                ]
                let origin = ["name": "INVALID_ORIGIN", "origin": "http://elsewhere"]
                #expect(refused.all == [origin, mismatch, mismatch])
                try await client.close()
            }
        }

        // MARK: Headers

        private static func configuration() -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.initialHeaders = { request in
                [.init("x-initial")!: request.queryValue("transport") ?? "", .setCookie: "a=b", .date: "never"]
            }
            configuration.headers = { request in
                [.init("x-method")!: request.head.method.rawValue, .cacheControl: "private", .contentLength: "7"]
            }
            return configuration
        }

        @Test func `each answer of a polling session has the application's headers`() async throws {
            var configuration = Self.configuration()
            configuration.cookie = CookieConfiguration()
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let first = try await client.request("GET", self.target)
                #expect(first["x-initial"] == "polling" && first["x-method"] == "GET")
                #expect(first.headers.filter { $0.name.lowercased() == "set-cookie" }.count == 2)
                #expect(first["cache-control"] == "private" && first["date"] != "never")
                let target = "\(self.target)&sid=\(try OpenPacket(packet: first.text).sid)"
                let post = try await client.request("POST", target, body: "4a")
                #expect(post.text == "ok" && post["x-method"] == "POST" && post["x-initial"] == nil)
                let poll = try await client.request("GET", target)
                #expect(poll.text == "4a" && poll["x-method"] == "GET" && poll["x-initial"] == nil)
                let refused = try await client.request("GET", "/engine.io/")
                #expect(refused.status == 400 && refused["x-method"] == nil)
                #expect(try await client.request("GET", "/")["x-method"] == nil)
            }
        }

        @Test(arguments: [false, true])
        func `the answer that opens a WebSocket has the application's headers`(isUpgrade: Bool) async throws {
            try await withEngineServer(Self.configuration()) { server in
                var target = "/engine.io/?EIO=4&transport=websocket"
                if isUpgrade { target += "&sid=\(try await PollingTestClient.connect(port: server.port).sid)" }
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", target, headers: WebSocketTestClient.headers)
                let response = try await client.receive()
                #expect(response.status == 101 && response["x-method"] == "GET")
                #expect(response["x-initial"] == (isUpgrade ? nil : "websocket"))
                #expect(response["content-length"] == nil && response["upgrade"] == "websocket")
            }
        }

        // MARK: Middlewares

        @Test func `middlewares see each request to the path, in their order, and may answer it`() async throws {
            let log = EventLog<String>()
            var configuration = EngineIOConfiguration()
            configuration.requestMiddlewares = [
                { request in
                    log.append("first \(request.head.method)")
                    guard request.queryValue("stop") == nil else {
                        return .answer(.text(status: .init(code: 418), "tea"))
                    }
                    return .proceed
                },
                { request in
                    log.append("second")
                    return .proceed
                },
            ]
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let open = try OpenPacket(packet: try await client.request("GET", self.target).text)
                let target = "\(self.target)&sid=\(open.sid)"
                #expect(try await client.request("POST", target, body: "4a").text == "ok")
                let stopped = try await client.request("POST", target + "&stop=1", body: "4b")
                #expect(stopped.status == 418 && stopped.text == "tea")
                #expect(try await client.request("GET", "/").status == 404)
                #expect(try await client.request("GET", target).text == "4a")
                #expect(server.texts(of: open.sid) == ["a"])
                let names = ["first GET", "second", "first POST", "second", "first POST", "first GET", "second"]
                #expect(log.all == names)
                let upgrade = try await refusedUpgrade(
                    of: "/engine.io/?EIO=4&transport=websocket&stop=1",
                    port: server.port
                )
                #expect(upgrade.status == 418)
            }
        }

        @Test func `a middleware that throws makes a bad request of it`() async throws {
            let refused = EventLog<[String: String]>()
            var configuration = EngineIOConfiguration()
            configuration.onRefusedRequest = { refused.append($0.context) }
            configuration.requestMiddlewares = [{ _ in throw Failure() }]
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", self.target)
                #expect(response.status == 400 && response.text == #"{"code":3,"message":"Bad request"}"#)
                #expect(refused.all == [["name": "MIDDLEWARE_FAILURE"]])
                #expect(server.server.sessionCount == 0)
            }
        }
    }
}
