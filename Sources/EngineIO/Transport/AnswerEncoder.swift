/// Writes answers as HTTP/1.1 wants them (RFC 9112 §4 and §6).
import NIOCore
import NIOHTTP1

/// Turns answers into bytes.
///
/// NIO's encoder takes an answer in three parts, each a step through the pipeline and a buffer of its own, which made a
/// third of what a poll cost in user space. Here a short answer is one buffer, hence one plain write.
enum AnswerEncoder {
    /// From this size on a body is written beside its head instead of being copied behind it.
    static let sharingThreshold = 16_384

    /// Writes the status line and the headers; names and values are free of line breaks, which their types see to.
    ///
    /// - Parameter capacity: Room for what follows in the same buffer.
    static func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, capacity: Int = 0) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: 320 + capacity)
        buffer.writeStaticString("HTTP/1.1 ")
        if case .ok = status {
            buffer.writeStaticString("200 OK")
        } else {
            buffer.writeString("\(status.code) \(status.reasonPhrase)")
        }
        buffer.writeStaticString("\r\n")
        for (name, value) in headers {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        return buffer
    }

    /// Ends the headers.
    static func endHead(_ buffer: inout ByteBuffer) {
        buffer.writeStaticString("\r\n")
    }

    /// Writes the length of the body.
    static func write(contentLength: Int, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("Content-Length: ")
        buffer.writeString(String(contentLength))
        buffer.writeStaticString("\r\n")
    }

    /// Writes the time.
    static func write(date: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("Date: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
    }
}
