/// Other protocols on the port, and methods that are not for this server.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct ForeignProtocolLiveTests {
        private static let rest = " HTTP/1.1\r\nHost: a\r\n\r\n"

        /// The beginning of what TLS clients say first (RFC 8446 §4.1.2).
        private static let clientHello =
            [0x16, 0x03, 0x01, 0x00, 0xA5, 0x01, 0x00, 0x00, 0xA1, 0x03, 0x03] + [UInt8](repeating: 0x5A, count: 160)

        @Test(
            arguments: [
                OddRequest("TLS", clientHello, [400], .ends),
                OddRequest("SOCKS 5", [5, 1, 0], [400], .ends),
                OddRequest("zeros", [UInt8](repeating: 0, count: 100), [400], .ends),
                .refused("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u{0}\u{0}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}"),
                .refused("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
                .refused("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
                .refused("HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
                .refused("HTTP/0.9", "GET /\r\n\r\n"),
                .refused("http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n"),
                .refused("RTSP", "OPTIONS rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
                .refused("SIP", "INVITE sip:a SIP/2.0\r\n\r\n"),
                .refused("SSH", "SSH-2.0-client\r\n"),
                .refused("SMTP", "EHLO a\r\n"),
                .refused("Redis", "*1\r\n$4\r\nPING\r\n"),
                .refused("an unknown method", "FOO /\(rest)"),
                .refused("a method in lower case", "get /\(rest)"),
                .refused("a NUL in the target", "GET /\u{0}\(rest)"),
                .refused("a tab in the target", "GET /\t\(rest)"),
                .refused("a space in the target", "GET /a b\(rest)"),
                OddRequest("8 bits in the target", Array("GET /".utf8) + [0xFF] + Array(rest.utf8), [400], .ends),
            ]
        )
        func `what is not HTTP 1 is answered 400, and the connection ends`(request: OddRequest) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test(
            arguments: [
                .refused("to a host", "CONNECT a:443\(rest)GET /smuggled\(rest)", 501),
                .refused("to a path", "CONNECT /engine.io/\(rest)GET /smuggled\(rest)", 501),
                .refused("to a URL", "CONNECT http://a/\(rest)", 501),
                .refused("without a host field", "CONNECT a:443 HTTP/1.1\r\n\r\n"),
            ] as [OddRequest]
        )
        func `CONNECT is not implemented`(request: OddRequest) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test(arguments: [("TRACE", 400), ("PUT", 400), ("DELETE", 400), ("PROPFIND", 400)])
        func `other methods are refused where sessions are, and elsewhere the application's`(
            method: String,
            status: Int
        ) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let target = "/engine.io/?EIO=4&transport=polling"
                let response = try await client.request(method, target, headers: [("Cookie", "secret")])
                #expect(response.status == status)
                #expect(response.text == #"{"code":2,"message":"Bad handshake method"}"#)
                let polling = try await PollingTestClient.connect(port: server.port)
                let inSession = try await client.request(method, polling.target, headers: [("Cookie", "secret")])
                #expect(inSession.status == 500)
                #expect(inSession.body == [])
                #expect(try await client.request(method, "/page").status == 404)
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `the beginning of HTTP 0_9 waits for the rest of a head`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .milliseconds(80)
            try await withEngineServer(configuration) { server in
                let client = try await RawConnection.connect(port: server.port)
                try await client.send("GET /\r\n")
                #expect(try await client.readToEnd() == [])
                #expect(server.server.limits.count(of: .init("headTimeout")) == 1)
            }
        }

        @Test func `an upgrade to HTTP 2 is not taken, and the request served`() async throws {
            let upgrade = """
                GET /page HTTP/1.1\r
                Host: a\r
                Connection: Upgrade, HTTP2-Settings\r
                Upgrade: h2c\r
                HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r
                \r

                """
            try await OddRequestStage.run { stage in
                try await stage.check(OddRequest("", upgrade, [200], .ends, paths: ["/page"]))
            }
        }
    }
}
