/// More of a head than a request may have.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct HeaderFloodLiveTests {
        private static let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        private static let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"

        @Test(
            arguments: [
                .refused("a long value", "\(start)X: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
                .refused("a long value that does not end", "\(start)X: \(String(repeating: "x", count: 200_000))", 431),
                .refused("a long name", "\(start)\(String(repeating: "x", count: 20_000)): y\r\n\r\n", 431),
                .refused("many fields", "\(start)\(String(repeating: "a: b\r\n", count: 300))\r\n", 431),
                .refused("many fields that do not end", "\(start)\(String(repeating: "a:\r\n", count: 30_000))", 431),
                .refused(
                    "many long fields",
                    start + String(repeating: "a: \(String(repeating: "x", count: 500))\r\n", count: 40),
                    431
                ),
                .refused(
                    "a long target",
                    "GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
                    431
                ),
                .refused("many trailers", "\(chunked)\(String(repeating: "a: b\r\n", count: 300))\r\n", 431),
                .refused("a long trailer", "\(chunked)a: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
            ] as [OddRequest]
        )
        func `a head over the limit is answered 431, and counted`(request: OddRequest) async throws {
            try await OddRequestStage.run { stage in
                try await stage.check(request)
                #expect(stage.server.server.limits.count(of: .init("headers")) == 1)
            }
        }

        @Test func `a head at the limit is served`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headerCount = 20
            configuration.limits.headerBytes = 1000
            let fields = String(repeating: "a: b\r\n", count: 19)
            let long = "X: \(String(repeating: "x", count: 900))\r\n"
            try await OddRequestStage.run(configuration) { stage in
                let request = "\(Self.start)\(fields)\r\n\(Self.start)\(long)\r\n"
                try await stage.check(OddRequest("", request, [200, 200], .stays, paths: ["/", "/"]))
            }
        }

        @Test func `a flood of line breaks before a request costs nothing but their reading`() async throws {
            try await OddRequestStage.run { stage in
                let flood = String(repeating: "\r\n", count: 500_000)
                try await stage.check(OddRequest("", "\(flood)\(Self.start)\r\n", [200], .stays, paths: ["/"]))
            }
        }

        @Test func `a body that nobody wants is read up to a limit`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 10_000
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let head = "POST /page HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                let chunk = "1000\r\n\(String(repeating: "x", count: 0x1000))\r\n"
                try await client.connection.send(head + String(repeating: chunk, count: 3))
                #expect(try await client.receive().status == 413)
                // All that follows is thrown away, until it is too much.
                try? await client.connection.send(String(repeating: chunk, count: 40))
                try await client.expectEnd()
            }
        }

        @Test(arguments: ["9223372036854775807", "9223372036854775808", "18446744073709551615"])
        func `a body as long as numbers go is refused by its length`(length: String) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                try await client.connection.send("POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
                #expect(try await client.receive().status == 413)
            }
        }
    }
}
