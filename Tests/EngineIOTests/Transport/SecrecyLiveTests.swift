/// What a client can make the server say: to its log, in its headers, of other clients' sessions.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct SecrecyLiveTests {
        private struct Failure: Error, CustomStringConvertible {
            let description: String
        }

        private static let polling = "/engine.io/?EIO=4&transport=polling"

        // MARK: The log

        @Test func `nothing that a client sends gets into the log as it is, nor does a session's id`() async throws {
            let log = LogRecorder()
            var configuration = EngineIOConfiguration()
            configuration.limits.packetsPerPayload = 2
            configuration.maximumPayloadBytes = 1000
            let hostile = "\u{1B}[31m\u{202E}\u{85}x"
            let responder: HTTPResponder = { request, _ in
                throw Failure(description: "cannot \(request.headerFields[.init("x-hostile")!] ?? "")\r\nforged line")
            }
            try await withEngineServer(configuration, logger: log.logger, responder: responder) { server in
                let http = try await HTTPTestClient.connect(port: server.port)
                let headers = [("X-Hostile", "\u{202E}\u{85}x"), ("Origin", "http://\u{202E}\u{85}\"x=y")]
                _ = try await http.request("GET", "/page\"?x=\u{7E}y", headers: headers)
                _ = try await http.request("GET", Self.polling, headers: headers)
                _ = try await http.request("GET", "\(Self.polling)&sid=%1B%0Ax", headers: [])
                let polling = try await PollingTestClient.connect(port: server.port)
                for body in ["\(hostile)\r\n", "4a\u{1E}4b\u{1E}4c", "b\(hostile)"] {
                    let client = try await PollingTestClient.connect(port: server.port)
                    _ = try await client.posts.request("POST", client.target, body: body)
                }
                for frame in [
                    TestFrame(.text, hostile), TestFrame(.close, [1, 2, 3]),
                    TestFrame(.binary, .init(repeating: 0, count: 2000)),
                ] {
                    let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                    try await client.webSocket?.send(frame)
                    _ = try await client.webSocket?.receiveClose()
                }
                try await polling.post("1")
                try await log.first("session closed")
                let sids = Set(server.events.all.map { "\($0.session.id)" })
                #expect(sids.count >= 7)
                for line in log.lines {
                    let text = line.description
                    #expect(text.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 || $0 == "…" }, "\(line)")
                    #expect(!sids.contains { text.contains($0) }, "\(line)")
                }
            }
            let failed = try #require(log.lines.first { $0.message == "responder failed" })
            #expect(failed.metadata["http.path"] == #""/page\"?x=~y""#)
            #expect(failed.metadata["error"]?.contains(#"\r\nforged line"#) == true)
            #expect(log.lines.contains { $0.message == "origin refused" })
            #expect(log.lines.contains { $0.message == "undecodable packet" })
            #expect(log.lines.contains { $0.message == "websocket failed" })
        }

        @Test func `an application that fails cannot fill the log`() async throws {
            let log = LogRecorder()
            let responder: HTTPResponder = { _, _ in throw Failure(description: "always") }
            try await withEngineServer(logger: log.logger, responder: responder) { server in
                let http = try await HTTPTestClient.connect(port: server.port)
                for _ in 0..<100 { #expect(try await http.request("GET", "/page").status == 500) }
            }
            #expect(log.lines.count { $0.message == "responder failed" } < 100)
        }

        // MARK: Sessions of others

        @Test func `an id that never was, one that is no more, and what is no id are answered alike`() async throws {
            try await withEngineServer { server in
                let gone = try await PollingTestClient.connect(port: server.port)
                try await gone.post("1")
                try await eventually("it is gone") { server.server.sessionCount == 0 }
                let http = try await HTTPTestClient.connect(port: server.port)
                let ids = [
                    gone.sid, "\(SessionID())", String(gone.sid.dropLast()) + "=", "x", gone.sid + "x", "__proto__",
                    "%00", "../../etc/passwd", "%F0%9F%98%80", String(repeating: "A", count: 2000),
                ]
                var answers: Set<String> = []
                for id in ids {
                    for method in ["GET", "POST", "PUT"] {
                        let response = try await http.request(method, "\(Self.polling)&sid=\(id)")
                        let headers = response.headers.filter { $0.name != "Date" }.map { "\($0.name): \($0.value)" }
                        answers.insert("\(response.status) \(headers) \(response.text)")
                    }
                    let target = "/engine.io/?EIO=4&transport=websocket&sid=\(id)"
                    let client = try await HTTPTestClient.connect(port: server.port)
                    try await client.send("GET", target, headers: WebSocketTestClient.headers)
                    #expect(try await client.receive().text == "Session ID unknown")
                }
                #expect(answers.count == 1)
                #expect(answers.first?.contains(#"{"code":1,"message":"Session ID unknown"}"#) == true)
            }
        }

        @Test func `ids have nothing in common`() async throws {
            try await withEngineServer { server in
                let http = try await HTTPTestClient.connect(port: server.port)
                var ids: Set<String> = []
                for _ in 0..<200 {
                    ids.insert(try OpenPacket(packet: try await http.request("GET", Self.polling).text).sid)
                }
                #expect(ids.count == 200)
                // Node counts in the last four characters; here each place varies.
                for place in 0..<20 { #expect(Set(ids.map { Array($0)[place] }).count > 30) }
            }
        }

        // MARK: Headers

        @Test func `no header can be forged through the application`() async throws {
            let forged = "a\r\nX-Forged: yes\r\n\r\nHTTP/1.1 200 OK"
            var configuration = EngineIOConfiguration()
            configuration.cors = CORSConfiguration(origins: .custom { _ in true }, allowsCredentials: true)
            configuration.headers = { _ in [.init("x-hook")!: forged] }
            configuration.initialHeaders = { _ in [.setCookie: forged, .location: forged] }
            configuration.allowRequest = { $0.queryValue("no") == nil ? .allow : .refuse(message: forged) }
            let responder: HTTPResponder = { request, _ in
                ApplicationResponse(
                    status: .init(code: 299, reasonPhrase: forged),
                    headers: [.location: request.path ?? "", .init("x-own")!: forged]
                )
            }
            try await withEngineServer(configuration, responder: responder) { server in
                let http = try await HTTPTestClient.connect(port: server.port)
                let origin = [("Origin", "http://a\u{C}\u{E9}"), ("Access-Control-Request-Headers", "x-\u{E9}")]
                for (method, target) in [
                    ("GET", Self.polling), ("GET", "\(Self.polling)&no=1"), ("GET", "/page%0d%0aX-Forged:%20yes"),
                    ("OPTIONS", Self.polling), ("GET", "\(Self.polling)&sid=%0d%0aX-Forged:yes"),
                ] {
                    let response = try await http.request(method, target, headers: Array(origin.dropFirst()))
                    #expect(response["x-forged"] == nil)
                    #expect((200..<500).contains(response.status))
                }
                let webSocket = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket",
                    headers: [("Origin", "http://\u{E9}")]
                )
                #expect(webSocket.response["x-forged"] == nil)
                #expect(webSocket.response["x-hook"] != nil)
                // The answers were whole: nothing of one is left for the next.
                #expect(try await http.request("GET", "/end").headers.contains { $0.name == "Location" })
            }
        }
    }
}
