/// HTTP/1.1 from a client's point of view, as far as this server speaks it.
import HTTPTypes
import NIOCore

/// An answer to a request.
struct WireResponse: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: ByteBuffer
}

/// Reads responses from bytes as they come.
struct ResponseReader: Sendable {
    private struct Head {
        var status: Int
        var fields: HTTPFields
    }

    private var received = ByteBuffer()
    private var head: Head?

    /// Takes bytes of the connection.
    mutating func append(_ bytes: ByteBuffer) {
        self.received.writeImmutableBuffer(bytes)
    }

    /// The next response; `nil` while part of it is missing.
    ///
    /// - Parameter isHead: Whether it answers a HEAD, and so has no body whatever it says.
    mutating func next(isHead: Bool = false) throws -> WireResponse? {
        if self.head == nil { self.head = try self.readHead() }
        guard let head = self.head else { return nil }
        let length = isHead ? 0 : Int(head.fields[.contentLength] ?? "0") ?? 0
        guard let body = self.received.readSlice(length: length) else { return nil }
        self.head = nil
        self.received.discardReadBytes()
        return WireResponse(status: head.status, fields: head.fields, body: body)
    }

    /// What came behind the last response.
    mutating func takeRest() -> ByteBuffer {
        defer { self.received = ByteBuffer() }
        return self.received
    }

    private mutating func readHead() throws -> Head? {
        let view = self.received.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let text = String(decoding: view[..<end.lowerBound], as: UTF8.self)
        self.received.moveReaderIndex(forwardBy: end.upperBound - view.startIndex)
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw TestFailure("the server answered with something else than HTTP: \(lines[0])")
        }
        var fields = HTTPFields()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
                throw TestFailure("the server sent a header that is none: \(line)")
            }
            fields.append(HTTPField(name: name, value: line[line.index(after: colon)...].trimmed))
        }
        return Head(status: status, fields: fields)
    }
}

extension Substring {
    /// Without the white space that headers may have around their values.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// Writes requests.
enum WireRequest {
    /// A whole request.
    static func encode(_ method: String, _ target: String, fields: HTTPFields, body: ByteBuffer?) -> ByteBuffer {
        var request = ByteBuffer(string: "\(method) \(target) HTTP/1.1\r\n")
        if !fields.contains(where: { $0.name.canonicalName == "host" }) { request.writeString("Host: localhost\r\n") }
        for field in fields { request.writeString("\(field.name): \(field.value)\r\n") }
        if let body { request.writeString("Content-Length: \(body.readableBytes)\r\n") }
        request.writeString("\r\n")
        if let body { request.writeImmutableBuffer(body) }
        return request
    }
}
