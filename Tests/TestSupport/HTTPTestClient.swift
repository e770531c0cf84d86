/// An HTTP/1.1 client for tests, which sends what it is told, however wrong.
import NIOCore

/// An answer as it came.
package struct HTTPTestResponse: Sendable {
    package var status: Int
    package var reason: String
    /// The headers in their order, names as they were sent.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package var text: String { String(decoding: self.body, as: UTF8.self) }

    /// The values of a header, whatever its case, joined with a comma; `nil` when there is none.
    package subscript(_ name: String) -> String? {
        let values = self.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}

/// A client that keeps its connection.
package final class HTTPTestClient: Sendable {
    package let connection: RawConnection

    package init(_ connection: RawConnection) {
        self.connection = connection
    }

    package static func connect(port: Int) async throws -> HTTPTestClient {
        HTTPTestClient(try await RawConnection.connect(port: port))
    }

    /// Sends a request and reads its answer.
    package func request(
        _ method: String = "GET",
        _ target: String,
        headers: [(String, String)] = [],
        body: String? = nil
    ) async throws -> HTTPTestResponse {
        try await self.send(method, target, headers: headers, body: body)
        return try await self.receive(isHead: method == "HEAD")
    }

    /// Sends a request; ``receive(isHead:within:)`` reads its answer.
    ///
    /// `Host` is added unless it is among the headers, and `Content-Length` when there is a body.
    package func send(
        _ method: String = "GET",
        _ target: String,
        headers: [(String, String)] = [],
        body: String? = nil
    ) async throws {
        try await self.send(method, target, headers: headers, bytes: body.map { Array($0.utf8) })
    }

    /// Sends a request with a body of any bytes.
    package func send(
        _ method: String,
        _ target: String,
        headers: [(String, String)] = [],
        bytes: [UInt8]?
    ) async throws {
        var headers = headers
        if !headers.contains(where: { $0.0.lowercased() == "host" }) { headers.insert(("Host", "127.0.0.1"), at: 0) }
        if let bytes { headers.append(("Content-Length", "\(bytes.count)")) }
        let lines = ["\(method) \(target) HTTP/1.1"] + headers.map { "\($0.0): \($0.1)" } + ["", ""]
        try await self.connection.send(ByteBuffer(bytes: lines.joined(separator: "\r\n").utf8 + (bytes ?? [])))
    }

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - isHead: Whether the request was a `HEAD`, so that no body follows.
    ///   - patience: How long to wait for all of it.
    package func receive(
        isHead: Bool = false,
        within patience: Duration = RawConnection.patience
    ) async throws -> HTTPTestResponse {
        try await self.connection.read("an answer", within: patience) { buffer, isEnd in
            try HTTPResponseReader.read(from: &buffer, isHead: isHead, isEnd: isEnd)
        }
    }

    /// Waits until the server has closed the connection without another byte.
    package func expectEnd(within patience: Duration = RawConnection.patience) async throws {
        let rest = try await self.connection.readToEnd(within: patience)
        guard rest.isEmpty else {
            throw HTTPTestError(
                description: "expected the end, found \(String(decoding: rest.prefix(300), as: UTF8.self))"
            )
        }
    }
}

/// The server's answer is not what a client can go on with.
package struct HTTPTestError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) {
        self.description = description
    }
}

/// Takes one answer from what has arrived.
private enum HTTPResponseReader {
    static func read(from buffer: inout ByteBuffer, isHead: Bool, isEnd: Bool) throws -> HTTPTestResponse? {
        var rest = buffer
        guard let head = Self.readUntil("\r\n\r\n", from: &rest) else { return nil }
        var response = try Self.parse(head)
        let hasBody = !isHead && response.status >= 200 && response.status != 204 && response.status != 304
        guard let body = hasBody ? try Self.readBody(of: response, from: &rest, isEnd: isEnd) : [] else { return nil }
        response.body = body
        buffer = rest
        return response
    }

    private static func parse(_ head: String) throws -> HTTPTestResponse {
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let status = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard status.count >= 2, status[0] == "HTTP/1.1", let code = Int(status[1]) else {
            throw HTTPTestError(description: "no status line: \(head.prefix(300))")
        }
        let headers = try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw HTTPTestError(description: "no header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (name: String(line[..<colon]), value: String(value))
        }
        return HTTPTestResponse(
            status: code,
            reason: status.count > 2 ? String(status[2]) : "",
            headers: headers,
            body: []
        )
    }

    private static func readBody(
        of response: HTTPTestResponse,
        from buffer: inout ByteBuffer,
        isEnd: Bool
    ) throws -> [UInt8]? {
        if let length = response["content-length"] {
            guard let length = Int(length) else { throw HTTPTestError(description: "length \(length)") }
            return buffer.readBytes(length: length)
        }
        if response["transfer-encoding"] == "chunked" { return try Self.readChunks(from: &buffer) }
        return isEnd ? buffer.readBytes(length: buffer.readableBytes) : nil
    }

    private static func readChunks(from buffer: inout ByteBuffer) throws -> [UInt8]? {
        var body: [UInt8] = []
        while let line = Self.readUntil("\r\n", from: &buffer) {
            guard let length = Int(line, radix: 16) else { throw HTTPTestError(description: "chunk of \(line)") }
            guard let chunk = buffer.readBytes(length: length), buffer.readBytes(length: 2) != nil else { return nil }
            if length == 0 { return body }
            body += chunk
        }
        return nil
    }

    private static func readUntil(_ delimiter: String, from buffer: inout ByteBuffer) -> String? {
        let view = buffer.readableBytesView
        guard let range = view.firstRange(of: Array(delimiter.utf8)) else { return nil }
        let text = buffer.readString(length: range.lowerBound - view.startIndex)
        buffer.moveReaderIndex(forwardBy: delimiter.utf8.count)
        return text
    }
}
