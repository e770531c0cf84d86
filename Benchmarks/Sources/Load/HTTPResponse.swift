/// One HTTP/1.1 response, read from the bytes received so far and only valid as long as they are.
import Glibc

struct HTTPResponse {
    let status: Int
    /// Whether the server closes the connection after it.
    let closes: Bool
    /// The number of bytes of the whole response.
    let length: Int
    /// The value of Sec-WebSocket-Accept.
    let accept: UnsafeRawBufferPointer?
    private let plainBody: UnsafeRawBufferPointer
    /// The body, if it came in chunks.
    private let joinedBody: [UInt8]?

    /// The headers that matter.
    private struct Headers {
        var contentLength: Int?
        var isChunked = false
        var closes: Bool
        var accept: UnsafeRawBufferPointer?
    }

    func withBody(_ use: (UnsafeRawBufferPointer) -> Void) {
        if let joinedBody = self.joinedBody {
            joinedBody.withUnsafeBytes(use)
        } else {
            use(self.plainBody)
        }
    }

    /// Reads the response at the start of the bytes; nothing when it is not complete.
    init?(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let end = bytes.position(of: "\r\n\r\n") else {
            guard bytes.count < 65_536 else { throw Problem(.violation, "an HTTP head of over 64 KiB") }
            return nil
        }
        // HTTP/1.x, a space, three digits.
        guard bytes.starts(with: "HTTP/1."), bytes.contains(" ", at: 8), let status = bytes.decimal(at: 9) else {
            throw Problem(.violation, "no HTTP response: \(bytes.excerpt)")
        }
        let headers = Self.headers(bytes.upTo(end + 2))
        let rest = bytes.from(end + 4)
        self.status = status.value
        self.closes = headers.closes
        self.accept = headers.accept
        if status.value == 101 || status.value == 204 || status.value == 304 {
            self.plainBody = rest.upTo(0)
            self.joinedBody = nil
            self.length = end + 4
        } else if headers.isChunked {
            guard let (body, length) = try Self.chunks(rest) else { return nil }
            self.plainBody = rest.upTo(0)
            self.joinedBody = body
            self.length = end + 4 + length
        } else {
            guard let length = headers.contentLength else {
                throw Problem(.violation, "a response of status \(status.value) without Content-Length")
            }
            guard rest.count >= length else { return nil }
            self.plainBody = rest.upTo(length)
            self.joinedBody = nil
            self.length = end + 4 + length
        }
    }

    /// Reads the header lines of a head, whose last line ends with a line end too.
    private static func headers(_ head: UnsafeRawBufferPointer) -> Headers {
        var headers = Headers(closes: head.contains("0", at: 7))
        var start = (head.position(of: "\r\n") ?? head.count) + 2
        while start < head.count, let end = head.position(of: UInt8(ascii: "\r"), from: start) {
            let line = UnsafeRawBufferPointer(rebasing: head[start..<end])
            start = end + 2
            guard let colon = line.position(of: UInt8(ascii: ":")) else { continue }
            let value = line.from(colon + 1).trimmed
            switch colon {
            case 14 where line.startsIgnoringCase(with: "content-length"):
                headers.contentLength = value.decimal(at: 0)?.value
            case 17 where line.startsIgnoringCase(with: "transfer-encoding"):
                headers.isChunked = value.startsIgnoringCase(with: "chunked")
            case 10 where line.startsIgnoringCase(with: "connection"):
                headers.closes = value.startsIgnoringCase(with: "close")
            case 20 where line.startsIgnoringCase(with: "sec-websocket-accept"):
                headers.accept = value
            default:
                break
            }
        }
        return headers
    }

    private static func chunks(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> (body: [UInt8], length: Int)? {
        var body: [UInt8] = []
        var offset = 0
        while true {
            guard let end = bytes.position(of: "\r\n", from: offset) else { return nil }
            let digits = String(decoding: bytes[offset..<end].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size >= 0, size < 1 << 30 else {
                throw Problem(.violation, "a chunk of length \(digits.prefix(16))")
            }
            guard bytes.count >= end + 2 + size + 2 else { return nil }
            body.append(contentsOf: bytes[end + 2..<end + 2 + size])
            offset = end + 2 + size + 2
            if size == 0 {
                return (body, offset)
            }
        }
    }
}
