/// Clients of revision 3 that poll by script elements, over real sockets.
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct JSONPLiveTests {
        private let allowing = EngineIOConfiguration.allowingEIO3

        private var allowingEverybody: EngineIOConfiguration {
            var configuration = self.allowing
            configuration.cors.origins = .any
            return configuration
        }

        @Test func `a page polls by scripts and posts by forms`() async throws {
            try await withEngineServer(self.allowingEverybody) { server in
                let polls = try await HTTPTestClient.connect(port: server.port)
                let query = "/engine.io/?EIO=3&transport=polling&j=3x"
                let response = try await polls.request("GET", query)
                #expect(response["content-type"] == "text/plain; charset=UTF-8")
                let text = response.text
                #expect(text.hasPrefix(#"___eio[3]("1"#) && text.hasSuffix(#"}");"#))
                let sid = try #require(text.split(separator: #"\"sid\":\""#).last?.prefix(20))
                let form = [("Content-Type", "application/x-www-form-urlencoded")]
                let body = #"d=9%3A4a%22%E2%82%AC%5C%5Cn%5Cn%F0%9F%98%808%3Ab4AQIDBA"#
                let posted = try await polls.request("POST", query + "&sid=\(sid)", headers: form, body: body)
                #expect(posted.text == "ok")
                // The index is that of the first request.
                let script = try await polls.request("GET", "/engine.io/?EIO=3&transport=polling&j=4&sid=\(sid)")
                #expect(script.text == #"___eio[3]("9:4a\"€\\n\n😀10:b4AQIDBA==");"#)
                #expect(try await polls.request("POST", query + "&sid=\(sid)", body: "e=1").text == "ok")
                #expect(server.texts(of: String(sid)) == ["a\"€\\n\n😀"])
            }
        }

        @Test(arguments: ["", "x"]) func `a callback without a number is refused`(index: String) async throws {
            try await withEngineServer(self.allowingEverybody) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let response = try await client.request("GET", "/engine.io/?EIO=3&transport=polling&j=\(index)")
                #expect(response.status == 400)
                #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
            }
        }

        /// Scripts name no origin: they would let every page in.
        @Test func `scripts are served only where every page may come`() async throws {
            var listing = self.allowing
            listing.cors.origins = .list(["https://example.com"])
            for configuration in [self.allowing, listing] {
                try await withEngineServer(configuration) { server in
                    let client = try await HTTPTestClient.connect(port: server.port)
                    let response = try await client.request("GET", "/engine.io/?EIO=3&transport=polling&j=0")
                    #expect(response.status == 400)
                }
            }
        }
    }
}
