/// Files that are served below the path, as Node's server serves its client.
package import NIOCore
import NIOHTTP1

/// A file kept in memory, in all the forms in which it is sent.
package final class ServedFile: Sendable {
    private let contentType: String
    private let plain: ByteBuffer
    private let compressed: [ContentCoding: ByteBuffer]
    /// Changes with the contents.
    private let tag: String

    /// Takes a file's contents.
    ///
    /// Compresses them, which for a large file takes some milliseconds.
    package init(contents: ByteBuffer, contentType: String) {
        self.contentType = contentType
        self.plain = contents
        self.tag = Self.tag(of: contents)
        var compressed: [ContentCoding: ByteBuffer] = [:]
        for coding in [ContentCoding.gzip, .deflate] {
            let bytes = ResponseCompressor.compress(contents, coding: coding)
            if let bytes, bytes.readableBytes < contents.readableBytes { compressed[coding] = bytes }
        }
        self.compressed = compressed
    }

    /// The answer to a GET or HEAD (RFC 9110 §8.8.3 and §13.1.2).
    func answer(to head: HTTPRequestHead) -> Answer {
        var answer = Answer(status: .ok)
        answer.headers.add(name: "Cache-Control", value: "public, max-age=0")
        answer.headers.add(name: "ETag", value: self.tag)
        answer.headers.add(name: "Vary", value: "Accept-Encoding")
        guard !self.isKnown(to: head) else {
            answer.status = .notModified
            answer.omitsLength = true
            return answer
        }
        answer.headers.add(name: "Content-Type", value: self.contentType)
        answer.body = self.plain
        let coding = AcceptEncoding.preferred(head.headers["accept-encoding"])
        if let coding, let body = self.compressed[coding] {
            answer.headers.add(name: "Content-Encoding", value: coding.rawValue)
            answer.body = body
        }
        return answer
    }

    /// Whether the client has the file as it is.
    private func isKnown(to head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "if-none-match"].contains { $0 == self.tag || "W/\($0)" == self.tag || $0 == "*" }
    }

    /// A weak tag, since the forms of the file share it: FNV-1a, which tells versions apart and is no secret.
    private static func tag(of contents: ByteBuffer) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        contents.withUnsafeReadableBytes { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return "W/\"\(String(hash, radix: 16))\""
    }
}
