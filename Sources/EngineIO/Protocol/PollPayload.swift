/// The body of an answer to a poll.
import NIOCore

struct PollPayload: Sendable, Hashable {
    var body: ByteBuffer
    /// Whether it is written in revision 3's binary form, which has a content type of its own.
    var isBinary = false

    init(_ body: ByteBuffer, isBinary: Bool = false) {
        self.body = body
        self.isBinary = isBinary
    }
}
