/// Requests survive being kept small.
import HTTPTypes
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Testing

@testable import EngineIO

@Suite struct CompactRequestHeadTests {
    @Test(arguments: [
        [],
        [
            ("Host", "chat.example"), ("Cookie", "a=1; b=2"), ("X-Empty", ""), ("Accept", "a"), ("Accept", "b"),
            ("host", "second"),
        ],
        [("User-Agent", "Ünï 日本語"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")],
        [("X-Long", String(repeating: "v", count: 5_000))],
        [("X-Mark", "\u{301}"), ("X-Tab", "\t a"), ("X-Last", "")],
    ])
    func `target and headers come back as they were`(_ headers: [(String, String)]) throws {
        let uri = "/socket.io/?EIO=4&transport=websocket&x=%0A%20"
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: HTTPHeaders(headers))
        let compact = CompactRequestHead(target: uri, headers: headers.map { (name: $0.0, value: $0.1) })
        #expect(compact.target == uri)
        #expect(compact.request == (try HTTPRequest(head, secure: false, splitCookie: false)))
    }
}
