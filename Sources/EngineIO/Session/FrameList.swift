/// Buffers of WebSocket frames in order, nearly always one.
import DequeModule
import NIOCore

/// A list of buffers that allocates nothing for its first one.
///
/// Most flushes write one buffer, and a queue for it would cost an allocation each time.
struct FrameList: Sendable, Equatable {
    private(set) var first: ByteBuffer?
    // Absent rather than empty: copying an empty queue counts a reference.
    private var others: Deque<ByteBuffer>?

    init() {}

    /// A list of one buffer.
    init(_ first: ByteBuffer) { self.first = first }

    var isEmpty: Bool { self.first == nil }

    var count: Int { self.first == nil ? 0 : 1 + (self.others?.count ?? 0) }

    mutating func append(_ buffer: ByteBuffer) {
        if self.first == nil {
            self.first = buffer
        } else if self.others == nil {
            self.others = [buffer]
        } else {
            self.others?.append(buffer)
        }
    }

    /// Appends to the last buffer, which must be there.
    @inline(__always)
    mutating func appendToLast(_ frames: ByteBuffer) {
        guard self.others == nil else { return self.appendToLastOther(frames) }
        // What `writeImmutableBuffer` does, in half the instructions: it is not inlined.
        frames.withUnsafeReadableBytes { source in
            _ = self.first?.writeWithUnsafeMutableBytes(minimumWritableBytes: source.count) { target in
                target.copyMemory(from: source)
                return source.count
            }
        }
    }

    private mutating func appendToLastOther(_ frames: ByteBuffer) {
        guard let last = self.others?.indices.last else { return }
        self.others?[last].writeImmutableBuffer(frames)
    }

    fileprivate mutating func popOther() -> ByteBuffer? {
        defer { if self.others?.isEmpty == true { self.others = nil } }
        return self.others?.popFirst()
    }

    /// Changes the first buffer; leaves it out when it is empty then.
    mutating func withFirst<Result>(_ change: (inout ByteBuffer) -> Result) -> Result? {
        // Taken out, so that it has one owner while it changes.
        guard var buffer = self.first.take() else { return nil }
        let result = change(&buffer)
        self.first = buffer.readableBytes > 0 ? buffer : self.popOther()
        return result
    }
}

extension FrameList: Sequence {
    struct Iterator: IteratorProtocol {
        fileprivate var rest: FrameList

        mutating func next() -> ByteBuffer? {
            defer { self.rest.first = self.rest.popOther() }
            return self.rest.first
        }
    }

    func makeIterator() -> Iterator { Iterator(rest: self) }
}
