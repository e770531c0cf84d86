/// The HTTP requests of a session.
import HTTPTypes
import NIOCore

/// What a client asks for when it opens a session, and how all its later requests look.
struct OpeningRequest: Sendable {
    var path: String
    var query: [(name: String, value: String)]
    var fields: HTTPFields
    var beginsOnWebSocket: Bool

    private func target(_ transport: String, sid: String?) -> String {
        var target = "\(self.path)?EIO=4&transport=\(transport)"
        if let sid { target += "&sid=\(sid)" }
        for (name, value) in self.query { target += "&\(Self.encoded(name))=\(Self.encoded(value))" }
        return target
    }

    /// A poll; without an id it opens the session.
    func poll(sid: String?) -> ByteBuffer {
        WireRequest.encode("GET", self.target("polling", sid: sid), fields: self.fields, body: nil)
    }

    /// A post of packets.
    func post(_ payload: ByteBuffer, sid: String) -> ByteBuffer {
        var fields = self.fields
        fields[.contentType] = "text/plain;charset=UTF-8"
        return WireRequest.encode("POST", self.target("polling", sid: sid), fields: fields, body: payload)
    }

    /// The opening of a WebSocket; without an id it opens the session too.
    func webSocket(sid: String?) -> ByteBuffer {
        var fields = self.fields
        fields[.connection] = "Upgrade"
        fields[.upgrade] = "websocket"
        fields[.secWebSocketVersion] = "13"
        fields[.secWebSocketKey] = "dGhlIHNhbXBsZSBub25jZQ=="
        return WireRequest.encode("GET", self.target("websocket", sid: sid), fields: fields, body: nil)
    }

    /// Percent-encodes all but what RFC 3986 leaves alone everywhere.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default:
                "%" + String(byte >> 4, radix: 16, uppercase: true) + String(byte & 0xF, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
