/// Files below the path, as browsers ask for them.
import HTTPTypes
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct ServedFileLiveTests {
        private static let script = String(repeating: "function io() { return 1 }\n", count: 100)

        private func configuration() -> EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.files = [
                "io.js": ServedFile(
                    contents: ByteBuffer(string: Self.script),
                    contentType: "application/javascript; charset=utf-8"
                ),
                "tiny.js": ServedFile(contents: ByteBuffer(string: "1"), contentType: "application/javascript"),
            ]
            return configuration
        }

        @Test func `a file is served with its type and tag, and not sent again`() async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/io.js")
                #expect(response.status == 200)
                #expect(response.text == Self.script)
                #expect(response["content-type"] == "application/javascript; charset=utf-8")
                #expect(response["cache-control"] == "public, max-age=0")
                #expect(response["vary"] == "Accept-Encoding")
                let tag = try #require(response["etag"])
                for known in [tag, "\"x\", \(tag)", "*", String(tag.dropFirst(2))] {
                    let again = try await client.request("GET", "/engine.io/io.js", headers: [("If-None-Match", known)])
                    #expect(again.status == 304)
                    #expect(again.body == [])
                    #expect(again["etag"] == tag)
                }
                for other in ["\"x\"", "W/\"x\"", ""] {
                    let again = try await client.request("GET", "/engine.io/io.js", headers: [("If-None-Match", other)])
                    #expect(again.status == 200)
                }
            }
        }

        @Test(arguments: [
            ("gzip", "gzip"), ("deflate", "deflate"), ("br, gzip;q=0.5", "gzip"), ("br", nil), ("gzip;q=0", nil),
        ])
        func `a file is compressed as the client likes it`(accepted: String, coding: String?) async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Accept-Encoding", accepted)]
                let response = try await client.request("GET", "/engine.io/io.js", headers: headers)
                #expect(response["content-encoding"] == coding)
                #expect((response.body.count < Self.script.utf8.count) == (coding != nil))
                // What does not get smaller is sent as it is.
                #expect(try await client.request("GET", "/engine.io/tiny.js", headers: headers).text == "1")
            }
        }

        @Test func `only a GET or HEAD of exactly its name gets a file`() async throws {
            try await withEngineServer(self.configuration()) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let head = try await client.request("HEAD", "/engine.io/io.js?v=1")
                #expect(head.status == 200)
                #expect(head["content-length"] == "\(Self.script.utf8.count)")
                for target in [
                    "/engine.io/", "/engine.io/io.jsx", "/engine.io//io.js", "/engine.io/./io.js", "/engine.io/%69o.js",
                ] {
                    #expect(
                        try await client.request("GET", target).text == #"{"code":0,"message":"Transport unknown"}"#
                    )
                }
                #expect(try await client.request("POST", "/engine.io/io.js").status == 400)
                #expect(try await client.request("GET", "/io.js").status == 404)
                #expect(try await client.request("GET", "/engine.io/?EIO=4&transport=polling").status == 200)
            }
        }

        @Test func `a file has the headers of CORS, and no session`() async throws {
            var configuration = self.configuration()
            configuration.cors.origins = .any
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let headers = [("Origin", "http://page.example")]
                let response = try await client.request("GET", "/engine.io/io.js", headers: headers)
                #expect(response["access-control-allow-origin"] == "*")
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `other contents have another tag`() {
            let tags = ["a", "b", "", "aa"].map { text in
                let file = ServedFile(contents: ByteBuffer(string: text), contentType: "")
                return file.answer(to: .init(version: .http1_1, method: .GET, uri: "/")).headers.first(name: "etag")
            }
            #expect(Set(tags).count == 4)
        }
    }
}
