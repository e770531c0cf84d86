/// Connections that carry more than one thing at a time, or are half over: pipelined polls, upgrades with a body, clients
/// that send no more.
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct HalfClosedLiveTests {
        private static let upgrade = """
            GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r
            Host: a\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r

            """

        // MARK: Upgrades with a body

        @Test(
            arguments: [
                .refused("a body", "\(upgrade)Content-Length: 5\r\n\r\nhello"),
                .refused("chunks", "\(upgrade)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
                .refused("no chunks", "\(upgrade)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                .refused(
                    "a body that is a request",
                    "\(upgrade)Content-Length: 28\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n"
                ),
                .refused(
                    "a body that is a frame",
                    "\(upgrade)Content-Length: 8\r\n\r\n\u{1}\u{2}\u{0}\u{0}\u{0}\u{0}4a"
                ),
            ] as [OddRequest]
        )
        func `an upgrade with a body is refused`(request: OddRequest) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test func `a length of zero is no body`() async throws {
            try await withEngineServer { server in
                let client = HTTPTestClient(try await RawConnection.connect(port: server.port))
                try await client.connection.send("\(Self.upgrade)Content-Length: 0\r\n\r\n")
                #expect(try await client.receive().status == 101)
            }
        }

        @Test func `an upgrade elsewhere may have a body, and ends the connection with its answer`() async throws {
            let request = """
                POST /page HTTP/1.1\r
                Host: a\r
                Connection: Upgrade\r
                Upgrade: other\r
                Content-Length: 5\r
                \r
                helloGET /smuggled HTTP/1.1\r
                Host: a\r
                \r

                """
            try await OddRequestStage.run { stage in
                try await stage.check(OddRequest("", request, [200], .ends, paths: ["/page"]))
            }
        }

        // MARK: Pipelined polls

        @Test func `polls sent ahead are answered one after the other`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let poll = "GET \(client.target) HTTP/1.1\r\nHost: a\r\n\r\n"
                try await client.polls.connection.send(String(repeating: poll, count: 100))
                for index in 0..<100 {
                    try await client.post("4\(index)")
                    #expect(try await client.receivePoll() == ["4\(index)"])
                }
                #expect(server.events.all.compactMap(\.closeReason) == [])
            }
        }

        @Test func `a flood of polls sent ahead is not read ahead`() async throws {
            try await OddRequestStage.run { stage in
                let client = try await PollingTestClient.connect(port: stage.server.port)
                let poll = "GET \(client.target) HTTP/1.1\r\nHost: a\r\n\r\n"
                // More than the server and the system keep: the rest cannot be sent.
                for _ in 0..<200 { client.polls.connection.post(.init(string: String(repeating: poll, count: 500))) }
                try await client.post("4a")
                #expect(try await client.receivePoll() == ["4a"])
                try await client.post("4b")
                #expect(try await client.receivePoll() == ["4b"])
                try await client.polls.connection.reset()
                try await eventually("the session has ended") { stage.server.server.sessionCount == 1 }
            }
        }

        @Test func `polls and posts sent ahead on one connection keep their order`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let post = "POST \(client.target) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n4a"
                let poll = "GET \(client.target) HTTP/1.1\r\nHost: a\r\n\r\n"
                try await client.posts.connection.send(String(repeating: post + poll, count: 20))
                for _ in 0..<20 {
                    #expect(try await client.posts.receive().text == "ok")
                    #expect(try await client.posts.receive().text == "4a")
                }
            }
        }

        // MARK: Half-closed connections

        @Test func `a client that stops in the middle of a head is let go`() async throws {
            try await OddRequestStage.run { stage in
                let client = try await RawConnection.connect(port: stage.server.port)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n")
                try await client.closeOutput()
                _ = try await client.readToEnd()
            }
        }

        @Test func `a client that stops in the middle of a post ends its session`() async throws {
            try await OddRequestStage.run { stage in
                let client = try await PollingTestClient.connect(port: stage.server.port)
                try await client.posts.connection.send(
                    "POST \(client.target) HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n4a"
                )
                try await client.posts.connection.closeOutput()
                #expect(try await stage.server.closeReason(of: client.sid) == .transportError)
            }
        }

        @Test func `a client that stops after its post is answered`() async throws {
            try await OddRequestStage.run { stage in
                let client = try await PollingTestClient.connect(port: stage.server.port)
                try await client.posts.send("POST", client.target, body: "4a")
                try await client.posts.connection.closeOutput()
                #expect(try await client.posts.receive().text == "ok")
                try await client.posts.expectEnd()
                #expect(try await client.poll() == ["4a"])
                try await stage.server.session(client.sid).close()
                #expect(try await client.poll() == ["1"])
            }
        }

        @Test func `a WebSocket whose client sends no more is over`() async throws {
            try await OddRequestStage.run { stage in
                let client = try await EngineIOTestClient.connect(port: stage.server.port, over: .webSocket)
                try await client.webSocket?.connection.closeOutput()
                #expect(try await stage.server.closeReason(of: client.open.sid) == .transportClose)
            }
        }

        /// Lets much else happen first.
        private static let slowResponder: HTTPResponder = { request, _ in
            for _ in 0..<100 { await Task.yield() }
            return .text(request.path ?? "")
        }

        @Test func `an application that is slow still answers who sends no more`() async throws {
            try await withEngineServer(responder: Self.slowResponder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.send("GET", "/page")
                try await client.connection.closeOutput()
                #expect(try await client.receive().text == "/page")
                try await client.expectEnd()
            }
        }

        @Test func `what cannot be parsed is refused behind a slow answer, also to who sends no more`()
            async throws
        {
            let broken = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"
            try await withEngineServer(responder: Self.slowResponder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.connection.send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n" + broken)
                try await client.connection.closeOutput()
                #expect(try await client.receive().text == "/page")
                #expect(try await client.receive().status == 400)
                try await client.expectEnd()
            }
        }

        /// More than the system's buffers take.
        private static let large = ByteBuffer(repeating: 0x78, count: 12 << 20)

        @Test(arguments: ["/page", "/engine.io/large.bin"])
        func `a client that stops while it reads an answer gets all of it`(target: String) async throws {
            var configuration = EngineIOConfiguration()
            configuration.files["large.bin"] = ServedFile(contents: Self.large, contentType: "application/octet-stream")
            let responder: HTTPResponder = { _, _ in ApplicationResponse(body: Self.large) }
            try await withEngineServer(configuration, responder: responder) { server in
                let connection = try await RawConnection.connect(port: server.port, receiveBuffer: 65_536)
                try await connection.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
                try await connection.stopReading()
                try await connection.closeOutput()
                try await connection.resumeReading()
                #expect(try await connection.readToEnd().count == Self.large.readableBytes)
            }
        }
    }
}
