/// Decompresses the messages of a WebSocket, piece by piece and never beyond a limit (RFC 7692 §7.2.2).
import CEngineIOZlib
import NIOCore

/// Inflates one message after the other.
///
/// Takes memory from the first compressed message on: the window, which is up to 32 KiB, and about 10 KiB. With the
/// context taken over it keeps them until it goes, otherwise until the message's end. Confined to its event loop.
final class MessageInflater {
    /// What the sender has left out at the end of each message: the rest of an empty block without compression.
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    /// The most that is decompressed in one step.
    private static let step = 16 << 10

    private let windowBits: Int
    private let keepsContext: Bool
    private var stream: InflateStream?
    /// Whether what came last has ended with a block marked as the last of its stream, or nothing has come yet.
    private var endsStream = true

    /// - Parameters:
    ///   - windowBits: The size of the sender's window as a power of two, 8 to 15.
    ///   - keepsContext: Whether a message may refer to those before.
    init(windowBits: Int, keepsContext: Bool) {
        self.windowBits = windowBits
        self.keepsContext = keepsContext
    }

    /// The most compressed bytes that a message of so many can have: a flood of empty blocks has more.
    static func largestCompressedSize(of size: Int) -> Int { size + size / 8 + 64 }

    /// Decompresses the next piece of a message.
    ///
    /// - Parameters:
    ///   - piece: The compressed bytes.
    ///   - output: The message so far, and nothing else; what was found before an error is appended as well.
    ///   - limit: The most bytes that the message may have.
    func inflate(
        _ piece: ByteBuffer,
        into output: inout ByteBuffer,
        limit: Int
    ) throws(WebSocketViolation) {
        let status = piece.withUnsafeReadableBytes { self.inflate($0, into: &output, limit: limit) }
        try self.check(status, output, limit: limit)
    }

    /// Decompresses what the sender has left out, and is ready for the next message.
    func endMessage(into output: inout ByteBuffer, limit: Int) throws(WebSocketViolation) {
        defer {
            if !self.keepsContext { self.stream = nil }
            self.endsStream = true
        }
        // Nothing was left out behind a last block, nor of a message without any.
        guard !self.endsStream else { return }
        let status = Self.tail.withUnsafeBytes { self.inflate($0, into: &output, limit: limit) }
        try self.check(status, output, limit: limit)
        guard self.stream?.isBetweenBlocks == true else {
            throw WebSocketViolation(.invalidPayload, "compressed message ends inside a block")
        }
    }

    private func check(_ status: Int32, _ output: ByteBuffer, limit: Int) throws(WebSocketViolation) {
        guard output.readableBytes <= limit else {
            throw WebSocketViolation(.messageTooBig, "compressed message exceeds the limit of \(limit)")
        }
        guard status == Z_OK else {
            throw WebSocketViolation(.invalidPayload, "message cannot be decompressed (\(status))")
        }
    }

    private func inflate(_ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int) -> Int32 {
        guard bytes.count > 0 else { return Z_OK }
        if self.stream == nil { self.stream = InflateStream(windowBits: self.windowBits) }
        guard let stream else { return Z_MEM_ERROR }
        stream.setInput(bytes)
        while true {
            // One byte more than allowed tells that there is too much.
            let room = limit - output.readableBytes + 1
            guard room > 0 else { return Z_OK }
            // About as much as was paid for, then twice as much each time: a small message pins little memory.
            let step = min(Self.step, max(256, 4 * bytes.count, output.readableBytes))
            let (status, isFull) = stream.run(into: &output, room: min(room, step))
            self.endsStream = status == Z_STREAM_END
            switch status {
            case Z_OK: if !isFull, !stream.hasInput { return Z_OK }
            case Z_STREAM_END:
                stream.beginAnew()
                if !stream.hasInput { return Z_OK }
            // There is neither input nor anything more to come out.
            case Z_BUF_ERROR: return Z_OK
            default: return status
            }
        }
    }
}

/// The state of zlib's inflate, which must not move.
private final class InflateStream {
    private let stream: UnsafeMutablePointer<z_stream>

    init?(windowBits: Int) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        // zlib makes nothing smaller than 9 bits; a larger window than the sender's does no harm.
        guard engineio_inflate_init(self.stream, -Int32(max(9, windowBits))) == Z_OK else {
            self.stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(self.stream)
        self.stream.deallocate()
    }

    var hasInput: Bool { self.stream.pointee.avail_in > 0 }

    /// Whether the last block has been read whole, up to the end of a byte.
    var isBetweenBlocks: Bool { self.stream.pointee.data_type & 0xFF == 128 }

    /// Sets what the next runs read; it must stay where it is for them.
    func setInput(_ bytes: UnsafeRawBufferPointer) {
        // zlib's interface predates `const`; it does not write here.
        self.stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        self.stream.pointee.avail_in = UInt32(bytes.count)
    }

    /// Appends at most `room` bytes.
    ///
    /// - Returns: zlib's status, and whether there may be more.
    func run(into output: inout ByteBuffer, room: Int) -> (status: Int32, isFull: Bool) {
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            self.stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
            self.stream.pointee.avail_out = UInt32(room)
            status = CEngineIOZlib.inflate(self.stream, Z_SYNC_FLUSH)
            return room - Int(self.stream.pointee.avail_out)
        }
        return (status, self.stream.pointee.avail_out == 0)
    }

    /// Goes on behind a last block, with the same window (RFC 7692 §7.2.3.4).
    func beginAnew() {
        inflateResetKeep(self.stream)
    }
}
