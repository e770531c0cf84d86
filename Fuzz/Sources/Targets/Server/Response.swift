/// An HTTP response, read as strictly as the standard allows.
import NIOCore

@testable import EngineIO

struct Response: CustomStringConvertible {
    let status: Int
    let headers: [(name: String, value: String)]
    /// Empty when it is compressed, which nobody looks into.
    let body: ByteBuffer

    var description: String { "status \(self.status) with \(String(buffer: self.body).debugDescription)" }

    /// Whether the connection ends with it.
    var closes: Bool { self.has("connection", "close") }

    /// Reads one response from the start of the bytes; nothing when there is more to come.
    init?(_ bytes: inout ByteBuffer, isHead: Bool) throws {
        let view = bytes.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else {
            try expect(view.count < 100_000, "a head without an end")
            return nil
        }
        let text = String(decoding: view[..<end.lowerBound], as: UTF8.self)
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]), (100...599).contains(status) else {
            throw Finding("no status line: \(lines[0].debugDescription)")
        }
        self.status = status
        self.headers = try lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, !line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) else {
                throw Finding("no header: \(line.debugDescription)")
            }
            return (parts[0].lowercased(), parts[1].trimmingPrefix(" ").description)
        }
        let lengths = self.headers.filter { $0.name == "content-length" }
        try expect(lengths.count <= 1, "two lengths")
        let hasNoBody = isHead || status < 200 || status == 204 || status == 304
        let length = hasNoBody ? 0 : lengths.first.flatMap { Int($0.value) }
        guard let length else { throw Finding("a response without a length: \(text.debugDescription)") }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: view.distance(from: view.startIndex, to: end.upperBound))
        guard let body = rest.readSlice(length: length) else { return nil }
        self.body = self.headers.contains { $0.name == "content-encoding" } ? ByteBuffer() : body
        bytes = rest
    }

    /// Whether it is JavaScript, which nobody looks into.
    var isScript: Bool { self.body.readableBytesView.starts(with: "___eio".utf8) }

    /// Whether the body is a payload of bytes, as older clients know it.
    var isBinary: Bool { self.has("content-type", "application/octet-stream") }

    /// What was agreed on for a WebSocket.
    func compression() throws -> ExtensionOffer? {
        try ExtensionOffer.parse(self.headers.filter { $0.name == "sec-websocket-extensions" }.map(\.value)).first
    }

    private func has(_ name: String, _ value: String) -> Bool {
        self.headers.contains { $0.name == name && $0.value == value }
    }
}

// MARK: - What is documented

extension Response {
    /// Every status this server answers with; those of an application are its own.
    private static let statuses: Set<Int> = [
        100, 101, 200, 204, 304, 400, 403, 405, 408, 413, 429, 431, 500, 501, 503,
    ]

    /// What the error codes of Engine.IO say, but for code 4, whose words may be the application's.
    private static let messages = [
        0: "Transport unknown", 1: "Session ID unknown", 2: "Bad handshake method", 3: "Bad request",
        5: "Unsupported protocol version",
    ]

    /// The texts of a refused upgrade beside those of ``messages``.
    private static let upgradeTexts: Set<String> = [
        "Unexpected body", "Invalid HTTP method", "Invalid Upgrade header", "no", "Too many sessions",
        "Missing or invalid Sec-WebSocket-Key header", "Missing or invalid Sec-WebSocket-Version header",
        "Invalid or unacceptable Sec-WebSocket-Extensions header", "Invalid Sec-WebSocket-Protocol header",
        "Too many handshakes", "Too many requests",
        "Too many connections",
    ]

    /// Checks that this is an answer the server is documented to give.
    func checkDocumented() throws {
        try expect(Self.statuses.contains(self.status), "an answer nobody has documented: \(self)")
        if self.has("content-type", "application/json") { return try self.checkError() }
        guard self.status >= 400, self.body.readableBytes > 0 else { return }
        let text = String(buffer: self.body)
        if self.has("content-type", "text/html") {
            let isKnown = Self.messages.values.contains(text) || Self.upgradeTexts.contains(text)
            try expect(isKnown, "a refused upgrade in unknown words: \(self)")
            return try expect(self.closes, "a connection that goes on behind a refused upgrade: \(self)")
        }
        try expect(text == "Internal Server Error\n", "a refusal in unknown words: \(self)")
    }

    /// Checks `{"code":0,"message":"Transport unknown"}`, the body that clients of Node's server know.
    private func checkError() throws {
        guard self.body.readableBytes > 0 else { return }
        let text = String(buffer: self.body)
        if let known = Self.messages.first(where: { text == #"{"code":\#($0.key),"message":"\#($0.value)"}"# }) {
            return try expectSame(self.status, 400, "the status of code \(known.key)")
        }
        try expect(text.hasPrefix(#"{"code":4,"message":""#) && text.hasSuffix(#""}"#), "an unknown error: \(self)")
        try expect([403, 429, 503].contains(self.status), "the wrong status: \(self)")
        try expect(
            self.status != 429 || self.headers.contains { $0.name == "retry-after" },
            "nobody says when to come back: \(self)"
        )
    }
}
