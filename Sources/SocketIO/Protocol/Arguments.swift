internal import NIOCore

/// The arguments of a received event or acknowledgement, in order, each still the JSON it arrived as.
///
/// All arguments share the packet's bytes and attachments; nothing is copied or decoded until somebody asks.
public struct Arguments: Sendable, RandomAccessCollection {
    /// The bytes of one argument inside ``payload``.
    struct Slice: Sendable, Hashable {
        var start: UInt32
        var length: UInt32
    }

    private let payload: ByteBuffer
    private var first = Slice(start: 0, length: 0)
    private var second = Slice(start: 0, length: 0)
    // Absent in most packets: copying an absent array is free, while copying an empty one counts a reference.
    private var others: [Slice]?
    private var attached: [ByteBuffer]?

    /// The number of arguments.
    public private(set) var count = 0

    /// Makes an empty list whose arguments will be slices of `payload`.
    init(payload: ByteBuffer) {
        self.payload = payload
    }

    /// No arguments.
    public init() {
        self.init(payload: ByteBuffer())
    }

    /// Makes a list of one argument.
    init(_ value: EncodedValue) {
        self.init(payload: value.bytes)
        append(Slice(start: 0, length: UInt32(value.bytes.readableBytes)))
        attach(value.attachments)
    }

    /// The position of the first argument, always zero.
    public var startIndex: Int { 0 }

    /// The position after the last argument.
    public var endIndex: Int { count }

    /// The argument at `position`, which must be valid.
    public subscript(position: Int) -> EncodedValue {
        precondition(position >= 0 && position < count, "argument index out of range")
        let slice = slice(at: position)
        return EncodedValue(validated: bytes(of: slice), attachments: attachments)
    }

    /// Writes all arguments, separated by commas, as they came.
    func write(into writer: inout JSONWriter) {
        for position in 0..<count {
            if position > 0 { writer.write(punctuation: UInt8(ascii: ",")) }
            if attached == nil {
                let slice = slice(at: position)
                writer.write(json: payload, at: payload.readerIndex + Int(slice.start), length: Int(slice.length))
            } else {
                writer.write(self[position])
            }
        }
    }

    /// All arguments but the last.
    package func withoutLast() -> Arguments {
        var arguments = self
        arguments.count = Swift.max(0, count - 1)
        if count > 2 { arguments.others?.removeLast() }
        return arguments
    }

    /// Adds the argument at an offset from the payload's first readable byte.
    mutating func append(_ slice: Slice) {
        switch count {
        case 0: first = slice
        case 1: second = slice
        case 2: others = [slice]
        default: others?.append(slice)
        }
        count += 1
    }

    /// The memory that the arguments hold once they are ``compact()``: text, attachments, and where each of many begins.
    var byteCount: Int {
        let listed = (others?.count ?? 0) * MemoryLayout<Slice>.stride
        return attachments.reduce(payload.readableBytes + listed) { $0 + $1.readableBytes }
    }

    /// The same arguments in memory of their own, if what they share is far larger, as is a POST of many packets.
    func compact() -> Arguments {
        var copy = Arguments(payload: payload.compact())
        (copy.first, copy.second, copy.others, copy.count) = (first, second, others, count)
        copy.attached = attached?.map { $0.compact() }
        return copy
    }

    /// What placeholders in the arguments name.
    var attachments: [ByteBuffer] { attached ?? [] }

    /// Hands over the attachments that placeholders in the arguments name.
    mutating func attach(_ attachments: [ByteBuffer]) {
        attached = attachments.isEmpty ? nil : attachments
    }

    private func slice(at position: Int) -> Slice {
        switch position {
        case 0: first
        case 1: second
        // Appended before the count reached this position.
        default: others?[position - 2] ?? Slice(start: 0, length: 0)
        }
    }

    private func bytes(of slice: Slice) -> ByteBuffer {
        let start = payload.readerIndex + Int(slice.start)
        return payload.getSlice(at: start, length: Int(slice.length)) ?? ByteBuffer()
    }
}

extension ByteBuffer {
    /// The same bytes, copied if they keep far more memory than they need.
    fileprivate func compact() -> ByteBuffer {
        guard storageCapacity > 2 * readableBytes + 512 else { return self }
        var copy = ByteBufferAllocator().buffer(capacity: readableBytes)
        copy.writeImmutableBuffer(self)
        return copy
    }
}
