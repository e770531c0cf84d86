/// Buffers of WebSocket frames in order, nearly always one.
import DequeModule
import NIOCore

/// A list of buffers that allocates nothing for its first one.
///
/// Most flushes write one buffer, and a queue for it would cost an allocation each time.
struct FrameList: Sendable, Equatable {
    private(set) var first: ByteBuffer?
    private var others: Deque<ByteBuffer> = []

    var isEmpty: Bool { self.first == nil }

    var count: Int { self.first == nil ? 0 : 1 + self.others.count }

    mutating func append(_ buffer: ByteBuffer) {
        if self.first == nil { self.first = buffer } else { self.others.append(buffer) }
    }

    /// Appends to the last buffer, which must be there.
    mutating func appendToLast(_ frames: ByteBuffer) {
        if self.others.isEmpty {
            self.first?.writeImmutableBuffer(frames)
        } else {
            self.others[self.others.count - 1].writeImmutableBuffer(frames)
        }
    }

    /// Changes the first buffer; leaves it out when it is empty then.
    mutating func withFirst<Result>(_ change: (inout ByteBuffer) -> Result) -> Result? {
        // Taken out, so that it has one owner while it changes.
        guard var buffer = self.first.take() else { return nil }
        let result = change(&buffer)
        self.first = buffer.readableBytes > 0 ? buffer : self.others.popFirst()
        return result
    }
}

extension FrameList: Sequence {
    struct Iterator: IteratorProtocol {
        fileprivate var rest: FrameList

        mutating func next() -> ByteBuffer? {
            defer { self.rest.first = self.rest.others.popFirst() }
            return self.rest.first
        }
    }

    func makeIterator() -> Iterator { Iterator(rest: self) }
}
