/// Writes the frames a server sends: never masked, never fragmented, lengths in their shortest form (RFC 6455 §5).
import NIOCore

enum WebSocketFrame {
    /// The room to leave in front of a payload of any length.
    static let maximumHeaderSize = 10

    /// A reserved bit that marks a frame not to be compressed, for the one who may compress it; never sent.
    static let plainMark: UInt8 = 0x20

    /// The reserved bit of a message that is compressed (RFC 7692 §6).
    private static let compressedBit: UInt8 = 0x40

    /// The size of the header of a frame with a payload of `length` bytes.
    static func headerSize(forLength length: Int) -> Int {
        switch length {
        case ...125: 2
        case ...65_535: 4
        default: 10
        }
    }

    /// A frame with a copy of the payload.
    static func message(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBufferAllocator().buffer(capacity: Self.maximumHeaderSize + payload.readableBytes)
        Self.writeHeader(opcode, length: payload.readableBytes, into: &frame)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    /// Appends the header of a frame whose payload the caller appends next.
    static func writeHeader(_ opcode: WebSocketOpcode, length: Int, into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        buffer.reserveCapacity(minimumWritableBytes: Self.headerSize(forLength: length))
        buffer.moveWriterIndex(forwardBy: Self.setHeader(opcode, length: length, at: start, in: &buffer))
    }

    /// Puts a header in front of a payload that stands at `end` already, into the room left for it there.
    ///
    /// - Returns: the index of the header's first byte.
    @discardableResult
    static func setHeader(
        _ opcode: WebSocketOpcode,
        length: Int,
        endingAt end: Int,
        in buffer: inout ByteBuffer,
        isCompressed: Bool = false
    ) -> Int {
        let start = end - Self.headerSize(forLength: length)
        Self.setHeader(opcode, length: length, at: start, in: &buffer)
        if isCompressed { buffer.setInteger(0x80 | Self.compressedBit | opcode.rawValue, at: start) }
        return start
    }

    @discardableResult
    private static func setHeader(
        _ opcode: WebSocketOpcode,
        length: Int,
        at start: Int,
        in buffer: inout ByteBuffer
    ) -> Int {
        let first = UInt16(0x80 | opcode.rawValue) << 8
        switch length {
        case ...125:
            return buffer.setInteger(first | UInt16(length), at: start)
        case ...65_535:
            let written = buffer.setInteger(first | 126, at: start)
            return written + buffer.setInteger(UInt16(length), at: start + written)
        default:
            let written = buffer.setInteger(first | 127, at: start)
            return written + buffer.setInteger(UInt64(length), at: start + written)
        }
    }
}

// MARK: - Control frames

extension WebSocketFrame {
    /// Appends a close frame; without a code the peer reports 1005, as engine.io's clients expect of an orderly end.
    static func writeClose(code: UInt16?, into buffer: inout ByteBuffer) {
        guard let code else { return Self.writeHeader(.close, length: 0, into: &buffer) }
        Self.writeHeader(.close, length: 2, into: &buffer)
        buffer.writeInteger(code)
    }

    /// Appends the answer to a ping: its payload, sent back.
    static func writePong(_ payload: ByteBuffer, into buffer: inout ByteBuffer) {
        Self.writeHeader(.pong, length: payload.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// Whether a close frame may carry `code`: the others are reserved or unassigned (RFC 6455 §7.4).
    static func isValidCloseCode(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
