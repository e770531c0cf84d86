/// Requests that a proxy may take for another number of requests than the server does.
///
/// What has two meanings is refused, and nothing behind it is looked at.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct SmugglingLiveTests {
        private static let post = "POST /form HTTP/1.1\r\nHost: a\r\n"
        /// What an attacker would like to be taken for the next request.
        private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

        private static func framed(
            _ name: String,
            _ headers: String,
            body: String = "",
            _ status: Int = 400
        )
            -> OddRequest
        {
            .refused(name, "\(Self.post)\(headers)\r\n\r\n\(body)\(Self.smuggled)", status)
        }

        private static let lengths = [
            framed("two lengths that differ", "Content-Length: 1\r\nContent-Length: 2", body: "a"),
            framed("two lengths that agree", "Content-Length: 1\r\nContent-Length: 1", body: "a"),
            framed("a list of lengths", "Content-Length: 1, 1", body: "a"),
            framed("a length with a sign", "Content-Length: +1", body: "a"),
            framed("a negative length", "Content-Length: -1", body: "a"),
            framed("a hexadecimal length", "Content-Length: 0x1", body: "a"),
            framed("a length with a space inside", "Content-Length: 1 1", body: "a"),
            framed("a length without digits", "Content-Length: ", body: ""),
            framed("a length of 30 digits", "Content-Length: 100000000000000000000000000000", body: "a"),
            framed("a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed("chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4", body: "0\r\n\r\n"),
        ]

        private static let codings = [
            ("xchunked", 400), ("chunked, identity", 400), ("chunked;q=1", 400), ("\"chunked\"", 400),
            ("chunked,", 400),
            ("\u{B}chunked", 400), ("chunked\u{B}", 400), ("identity", 400), ("gzip", 400),
            // Chunked at the end, hence well framed, and still in a coding that nobody undoes.
            ("identity, chunked", 501), ("gzip, chunked", 501), (", chunked", 501),
        ].map { (value, status) in
            framed("coding \(value.debugDescription)", "Transfer-Encoding: \(value)", body: "0\r\n\r\n", status)
        }

        private static let fields = [
            framed("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed(
                "chunked, then another",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                body: "0\r\n\r\n"
            ),
            framed(
                "another, then chunked",
                "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                body: "0\r\n\r\n",
                501
            ),
            framed("space before the colon", "Transfer-Encoding : chunked", body: "0\r\n\r\n"),
            framed("tab before the colon", "Transfer-Encoding\t: chunked", body: "0\r\n\r\n"),
            framed("a folded value", "Transfer-Encoding:\r\n chunked", body: "0\r\n\r\n"),
            framed("a folded field", "X: a\r\n\tTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed("a field behind white space", " Transfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed("a bare line feed between fields", "X: a\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed("a bare carriage return between fields", "X: a\rTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            framed("a NUL in a name", "Transfer\u{0}Encoding: chunked", body: "0\r\n\r\n"),
            framed("a NUL in a value", "X: a\u{0}b"),
            framed("a control character in a value", "X: a\u{1}b"),
            framed("a field without a name", ": a"),
            framed("a line without a colon", "nonsense"),
            OddRequest.refused(
                "chunks in HTTP/1.0",
                "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(smuggled)"
            ),
            OddRequest.refused("line feeds alone", "GET / HTTP/1.1\nHost: a\n\n\(smuggled)"),
            OddRequest.refused("a line feed in the end", "GET / HTTP/1.1\r\nHost: a\r\n\n\(smuggled)"),
        ]

        private static let chunks = [
            ("size with a sign", "+1\r\na\r\n0\r\n\r\n"), ("negative size", "-1\r\na\r\n0\r\n\r\n"),
            ("size of 0x1", "0x1\r\na\r\n0\r\n\r\n"), ("size behind a space", " 1\r\na\r\n0\r\n\r\n"),
            ("size before a space", "1 \r\na\r\n0\r\n\r\n"), ("no size", "\r\na\r\n0\r\n\r\n"),
            ("size beyond 64 bits", "10000000000000001\r\na\r\n0\r\n\r\n"),
            ("no line break behind", "1\r\naa0\r\n\r\n"),
            ("line feeds alone", "1\na\n0\n\n"), ("carriage returns alone", "1\ra\r0\r\r"),
            ("an extension that ends with a line feed", "1;a\na\r\n0\r\n\r\n"),
            ("an extension with a line break in quotes", "1;a=\"\r\na\r\n0\r\n\r\n"),
            ("an extension with a NUL", "1;a\u{0}\r\na\r\n0\r\n\r\n"),
            ("a length among the trailers", "0\r\nContent-Length: 9\r\n\r\n"),
            ("a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"),
        ].map { (name, body) in framed("chunk: \(name)", "Transfer-Encoding: chunked", body: body) }

        @Test(arguments: lengths + codings + fields + chunks)
        func `what has two meanings is refused, and what follows it is not looked at`(
            request: OddRequest
        ) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test(
            arguments: [
                OddRequest(
                    "chunked in capitals",
                    "\(post)TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n\(smuggled)",
                    [200, 200],
                    .stays,
                    paths: ["/form", "/smuggled"]
                ),
                OddRequest(
                    "white space around the values",
                    "\(post)Transfer-Encoding:\tchunked \r\n\r\n0\r\n\r\n\(post)Content-Length:  1 \r\n\r\na",
                    [200, 200],
                    .stays,
                    paths: ["/form", "/form"]
                ),
                OddRequest(
                    "extensions and leading zeros of a chunk",
                    "\(post)Transfer-Encoding: chunked\r\n\r\n0001;a=b;c=\"d\"\r\nx\r\n000;e\r\n\r\n\(smuggled)",
                    [200, 200],
                    .stays,
                    paths: ["/form", "/smuggled"]
                ),
                OddRequest(
                    "an extension longer than all headers may be",
                    "\(post)Transfer-Encoding: chunked\r\n\r\n1;\(String(repeating: "a", count: 100_000))\r\nx\r\n0\r\n\r\n",
                    [200],
                    .stays,
                    paths: ["/form"]
                ),
                OddRequest(
                    "trailers",
                    "\(post)Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n\(smuggled)",
                    [200, 200],
                    .stays,
                    paths: ["/form", "/smuggled"]
                ),
                OddRequest(
                    "a body that looks like a request",
                    "\(post)Content-Length: \(smuggled.utf8.count)\r\n\r\n\(smuggled)",
                    [200],
                    .stays,
                    paths: ["/form"]
                ),
                OddRequest(
                    "a GET with a body that looks like a request",
                    "GET /page HTTP/1.1\r\nHost: a\r\nContent-Length: \(smuggled.utf8.count)\r\n\r\n\(smuggled)",
                    [200],
                    .stays,
                    paths: ["/page"]
                ),
                OddRequest(
                    "line breaks before a request",
                    "\r\n\r\n\r\n\(smuggled)",
                    [200],
                    .stays,
                    paths: ["/smuggled"]
                ),
                OddRequest(
                    "a request behind the last one",
                    "GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\(smuggled)",
                    [200],
                    .ends,
                    paths: ["/page"]
                ),
            ]
        )
        func `what has one meaning is served`(request: OddRequest) async throws {
            try await OddRequestStage.run { try await $0.check(request) }
        }

        @Test func `a poll with a body that looks like a poll is one poll`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let inner = "GET \(client.target) HTTP/1.1\r\nHost: a\r\n\r\n"
                try await client.polls.send("GET", client.target, body: inner)
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                try await client.post("4a")
                #expect(try await client.receivePoll() == ["4a"])
                try await client.post("4b")
                #expect(try await client.poll() == ["4b"])
            }
        }
    }
}
