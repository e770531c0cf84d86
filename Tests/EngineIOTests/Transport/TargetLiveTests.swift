/// Targets and hosts of requests, odd ones too, over real sockets.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

extension LiveTests {
    @Suite struct TargetLiveTests {
        private static let handshake = "/engine.io/?EIO=4&transport=polling"

        private static func get(_ target: String, _ statuses: [Int], paths: [String] = []) -> OddRequest {
            let fate: OddRequest.Fate = statuses == [400] && paths.isEmpty ? .ends : .stays
            return OddRequest(target, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", statuses, fate, paths: paths)
        }

        // MARK: Forms

        @Test(
            arguments: [
                get("http://b/page?x", [200], paths: ["/page?x"]), get("HTTP://b/page", [200], paths: ["/page"]),
                get("http://b", [200], paths: ["/"]), get("http://b?x=1", [200], paths: ["/?x=1"]),
                get("https://b:8443/page", [200], paths: ["/page"]),
                get("http://[::1]:80/page", [200], paths: ["/page"]),
                get("/http://b/page", [200], paths: ["/http://b/page"]), get("//b/page", [200], paths: ["//b/page"]),
                get("http:///page", [400]), get("http://user@b/page", [400]), get("http://user:word@b/page", [400]),
                get("ftp://b/page", [400]), get("rtsp://b/page", [400]), get("b:443", [400]), get("page", [400]),
                get("*", [400]),
            ]
        )
        func `the absolute form is served as path and query, and others are refused`(
            request: OddRequest
        ) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test func `the absolute form finds sessions, and its host replaces the field`() async throws {
            let authorities = EventLog<String?>()
            let responder: HTTPResponder = { request, _ in
                authorities.append(request.authority)
                return .text("")
            }
            try await withEngineServer(responder: responder) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                let target = "http://chat.example\(Self.handshake)"
                // A page of the host that the target names is of the same origin, whatever the field says.
                for (origin, status) in [("http://chat.example", 200), ("http://a", 400)] {
                    let headers = [("Host", "a"), ("Origin", origin)]
                    #expect(try await client.request("GET", target, headers: headers).status == status)
                }
                _ = try await client.request("GET", "http://chat.example/page", headers: [("Host", "a")])
                #expect(authorities.all == ["chat.example"])
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `OPTIONS of the server as a whole is answered by itself`() async throws {
            let request = OddRequest("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [204], .stays)
            try await OddRequestStage.run { try await $0.check(request) }
        }

        // MARK: Paths

        @Test(
            arguments: [
                "/%65ngine.io/?EIO=4&transport=polling", "/engine.io%2F?EIO=4&transport=polling",
                "/ENGINE.IO/?EIO=4&transport=polling", "/./engine.io/?EIO=4&transport=polling",
                "/a/../engine.io/?EIO=4&transport=polling", "//engine.io/?EIO=4&transport=polling",
                "/engine.io?EIO=4&transport=polling", "/engine.io", "/engine.i", "/engine%00.io/", "/%", "/%zz", "/..",
                "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/a;b=c/..", "/a\\..\\b", "/?engine.io/",
                "/#engine.io/",
                "/\"<script>'", "/|^`{}",
            ]
        )
        func `paths are compared as they are sent, and all but Engine_IO's own are the application's`(
            target: String
        ) async throws {
            try await OddRequestStage.run { stage in
                try await stage.check(Self.get(target, [200], paths: [target]))
            }
        }

        @Test(
            arguments: [
                ("/engine.io/?EIO=4&transport=polling", 200), ("/engine.io/anything?EIO=4&transport=polling", 200),
                ("/engine.io/?%45IO=4&%74ransport=%70olling", 200), ("/engine.io/?EIO=4&transport=polling#f", 200),
                ("/engine.io/../page", 400), ("/engine.io/", 400), ("/engine.io/%2e%2e/page", 400),
                ("/engine.io/?transport=polling&EIO=%34%00", 400), ("/engine.io/?EIO=4&transport=polling%00", 400),
                ("/engine.io/?\(Array(repeating: "a=b", count: 300).joined(separator: "&"))", 400),
            ]
        )
        func `what begins with the path is Engine_IO's`(target: String, status: Int) async throws {
            try await withEngineServer { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                #expect(try await client.request("GET", target).status == status)
                #expect(server.server.sessionCount == (status == 200 ? 1 : 0))
                #expect(try await client.request("GET", "/next").status == 404)
            }
        }

        // MARK: Hosts

        @Test(
            arguments: ["a b", "a/b", "a, b", "a,b", "user@a", "a:x", "a:123456", "[::1", "[a]", "ä", "a\u{7F}", "<a>"]
                .map {
                    OddRequest.refused("host \($0.debugDescription)", "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n")
                } + [
                    .refused("no host", "GET / HTTP/1.1\r\n\r\n"),
                    .refused("two hosts that differ", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
                    .refused("two hosts that agree", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
                    .refused("two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
                    .refused("no host, with a body", "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na"),
                    .refused("no host, for a session", "GET \(handshake) HTTP/1.1\r\n\r\n"),
                ]
        )
        func `a request needs one host`(request: OddRequest) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test(arguments: ["", "a", "A.example:80", "a:", "[::1]:80", "xn--nxasmq6b", "a_b"])
        func `a host is one, and may be empty`(host: String) async throws {
            let request = OddRequest("", "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", [200], .stays, paths: ["/"])
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test func `HTTP 1_0 needs no host`() async throws {
            let request = OddRequest("", "GET / HTTP/1.0\r\n\r\n", [200], .ends, paths: ["/"])
            try await OddRequestStage.run { try await $0.check(request) }
        }
    }
}
