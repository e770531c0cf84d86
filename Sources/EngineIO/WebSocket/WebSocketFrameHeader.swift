/// The header of a frame from a client, checked as far as one header alone can be (RFC 6455 §5.2).
import NIOCore

struct WebSocketFrameHeader {
    let opcode: WebSocketOpcode
    /// Whether the message that it begins is compressed (RFC 7692 §6).
    let isCompressed: Bool
    let isFinal: Bool
    /// The payload's length; beyond `Int.max` it is `Int.max`, which no limit lets through.
    let payloadLength: Int
    let mask: WebSocketMask

    /// Reads the header in front of `buffer`; nil, with nothing consumed, while part of it is missing.
    ///
    /// - Parameter mayCompress: Whether the client may send compressed messages.
    static func read(
        from buffer: inout ByteBuffer,
        mayCompress: Bool = false
    ) throws(WebSocketViolation) -> WebSocketFrameHeader? {
        let start = buffer.readerIndex
        guard let first = buffer.getInteger(at: start, as: UInt8.self) else { return nil }
        let opcode = try Self.opcode(of: first, mayCompress: mayCompress)
        guard let second = buffer.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        guard second & 0x80 != 0 else { throw WebSocketViolation(.protocolError, "frame without a mask") }
        guard let (length, offset) = try Self.length(second & 0x7F, of: opcode, in: buffer) else { return nil }
        guard let key = buffer.getInteger(at: start + offset, endianness: .little, as: UInt32.self) else { return nil }
        buffer.moveReaderIndex(forwardBy: offset + 4)
        let mask = WebSocketMask(key: key)
        return WebSocketFrameHeader(
            opcode: opcode,
            isCompressed: first & 0x40 != 0,
            isFinal: first & 0x80 != 0,
            payloadLength: length,
            mask: mask
        )
    }

    private static func opcode(
        of first: UInt8,
        mayCompress: Bool
    ) throws(WebSocketViolation) -> WebSocketOpcode {
        guard first & (mayCompress ? 0x30 : 0x70) == 0 else {
            throw WebSocketViolation(.protocolError, "reserved bits set in a frame")
        }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
            throw WebSocketViolation(.protocolError, "reserved opcode \(first & 0x0F)")
        }
        if opcode.isControl && first & 0x80 == 0 {
            throw WebSocketViolation(.protocolError, "fragmented control frame")
        }
        guard first & 0x40 == 0 || opcode == .text || opcode == .binary else {
            throw WebSocketViolation(.protocolError, "a frame that begins no message says that it is compressed")
        }
        return opcode
    }

    /// The payload's length and the offset of the masking key behind it.
    private static func length(
        _ short: UInt8,
        of opcode: WebSocketOpcode,
        in buffer: ByteBuffer
    ) throws(WebSocketViolation) -> (length: Int, end: Int)? {
        guard short > 125 else { return (Int(short), 2) }
        guard !opcode.isControl else { throw WebSocketViolation(.protocolError, "control frame over 125 bytes") }
        let start = buffer.readerIndex + 2
        guard short == 127 else {
            guard let length = buffer.getInteger(at: start, as: UInt16.self) else { return nil }
            return (try Self.minimal(UInt64(length), over: 125), 4)
        }
        guard let length = buffer.getInteger(at: start, as: UInt64.self) else { return nil }
        return (try Self.minimal(length, over: 65_535), 10)
    }

    private static func minimal(_ length: UInt64, over shorter: UInt64) throws(WebSocketViolation) -> Int {
        guard length > shorter else {
            throw WebSocketViolation(.protocolError, "length \(length) is not in its shortest form")
        }
        return Int(clamping: length)
    }
}
