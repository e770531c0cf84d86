/// HTTP requests as clients send them, or nearly so.
import NIOCore

@testable import EngineIO
@testable import SocketIO

/// A request's bytes, and what its answer means.
struct ClientRequest {
    var request: Peer.Request
    var bytes: ByteBuffer

    init(
        _ method: String,
        _ target: String,
        _ request: Peer.Request,
        _ source: inout ByteSource,
        body: ByteBuffer? = nil,
        headers: [String] = []
    ) {
        // Zero, which is what stands behind the end, is what a plain client sends.
        let options = source.byte()
        var lines = ["\(method) \(target) HTTP/1.\(options & 7 == 7 ? 0 : 1)", "Host: localhost"] + headers
        if options & 8 != 0 { lines.append("Accept-Encoding: gzip") }
        if options & 48 == 48 { lines.append("Connection: close") }
        if options & 38 == 38 { lines.append("X-Forwarded-For: 203.0.113.\(options >> 6), 127.0.0.1") }
        if options & 192 == 192 { lines.append("Origin: http://\(options & 1 == 0 ? "localhost" : "friend.example")") }
        var content = ByteBuffer()
        if let body { Self.write(body, &lines, &content, source.choice([0, 0, 0, 1, 2, 3])) }
        self.bytes = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
        self.bytes.writeImmutableBuffer(content)
        self.request = request
        self.request.isHead = method == "HEAD"
    }

    private static func write(_ body: ByteBuffer, _ lines: inout [String], _ content: inout ByteBuffer, _ form: Int) {
        if form == 1 { lines.append("Expect: 100-continue") }
        guard form == 2 else {
            lines.append("Content-Length: \(body.readableBytes)")
            content.writeImmutableBuffer(body)
            return
        }
        lines.append("Transfer-Encoding: chunked")
        for byte in body.readableBytesView.split(
            maxSplits: 3,
            omittingEmptySubsequences: true,
            whereSeparator: { $0 == 0x1E }
        ) {
            content.writeString(String(byte.count, radix: 16) + "\r\n")
            content.writeBytes(byte)
            content.writeString("\r\n")
        }
        content.writeString("0\r\n\r\n")
    }

    // MARK: What clients ask for

    private static let path = "/socket.io/?EIO=4&transport="

    private static func path(_ session: ClientSession) -> String {
        session.wire == .revision4 ? self.path : "/socket.io/?EIO=3&transport="
    }

    private static func upgradeHeaders(_ session: ClientSession) -> [String] {
        [
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ] + (session.offer.map { ["Sec-WebSocket-Extensions: \($0)"] } ?? [])
    }

    /// Opens a session.
    static func handshake(_ session: ClientSession, overWebSocket: Bool, _ source: inout ByteSource) -> Self {
        var query = source.choice(["", "", "", "&refuse=1", "&throw=1", "&EIO=3", "&x=%00%ff"])
        if query == "&EIO=3", session.mayBeOld {
            let wish = source.choice(["", "&b64=1", "&j=0"])
            session.wire = .revision3(Revision3Options(usesBase64: wish == "&b64=1"))
            query += wish
        }
        guard overWebSocket else {
            return Self(
                "GET",
                self.path + "polling" + query,
                Peer.Request(session: session, isHandshake: true),
                &source
            )
        }
        let request = Peer.Request(session: session, isUpgrade: true)
        return Self(
            "GET",
            self.path + "websocket" + query,
            request,
            &source,
            headers: self.upgradeHeaders(session)
        )
    }

    static func poll(_ session: ClientSession, _ id: String, _ source: inout ByteSource) -> Self {
        Self("GET", self.path(session) + "polling&sid=\(id)", Peer.Request(session: session, isPoll: true), &source)
    }

    static func post(
        _ packets: [ClientPacket],
        _ session: ClientSession,
        _ id: String,
        _ source: inout ByteSource
    ) -> Self {
        let payload = Self.payload(packets.flatMap(\.packets), session.wire)
        return Self(
            "POST",
            self.path(session) + "polling&sid=\(id)",
            Peer.Request(session: session),
            &source,
            body: payload.body,
            headers: payload.isBinary ? ["Content-Type: application/octet-stream"] : []
        )
    }

    private static func payload(_ packets: [InboundPacket], _ wire: WireFormat) -> PollPayload {
        guard case .revision3(let options) = wire else {
            let texts = packets.map { Array($0.text.readableBytesView) }
            let body = ByteBuffer(bytes: texts.joined(separator: [PayloadDecoder.separator]))
            return PollPayload(body: body, isCompressible: false)
        }
        var encoder = Revision3PayloadEncoder()
        for packet in packets {
            switch packet {
            case .binary(let bytes): encoder.append(binary: bytes)
            default: encoder.append(text: packet.text)
            }
        }
        return encoder.payload(options)
    }

    static func upgrade(_ session: ClientSession, _ id: String, _ source: inout ByteSource) -> Self {
        let request = Peer.Request(session: session, isUpgrade: true)
        let target = self.path(session) + "websocket&sid=\(id)"
        return Self("GET", target, request, &source, headers: self.upgradeHeaders(session))
    }

    /// A request that belongs to no session.
    static func other(_ source: inout ByteSource) -> Self {
        let method = source.choice(["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"])
        let target = source.choice([
            "/", "/throw", "/socket.io/", self.path + "polling&sid=AAAAAAAAAAAAAAAAAAAA", self.path + "other",
            "http://localhost/a",
            "/socket.io/?EIO=4&transport=polling",
        ])
        let body = method == "POST" || method == "PUT" ? ByteBuffer(bytes: source.bytes()) : nil
        return Self(method, target, Peer.Request(), &source, body: body)
    }
}
