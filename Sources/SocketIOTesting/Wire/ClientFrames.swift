/// WebSocket frames from a client's point of view (RFC 6455 §5): those of a server are read, masked ones are written.
import NIOCore

/// A frame of a server; fragments are put together.
enum ServerFrame: Sendable, Equatable {
    case text(ByteBuffer)
    case binary(ByteBuffer)
    case ping(ByteBuffer)
    case pong
    case close(code: UInt16?)
}

/// Reads frames from bytes as they come.
struct ServerFrameReader: Sendable {
    private struct Header {
        var opcode: UInt8
        var isFinal: Bool
        var length: Int
    }

    private var received = ByteBuffer()
    private var fragments: (opcode: UInt8, bytes: ByteBuffer)?

    /// Takes bytes of the connection.
    mutating func append(_ bytes: ByteBuffer) {
        self.received.writeImmutableBuffer(bytes)
    }

    /// The next frame; `nil` while part of it is missing.
    mutating func next() throws -> ServerFrame? {
        while true {
            let start = self.received.readerIndex
            guard let header = try self.readHeader(), let payload = self.received.readSlice(length: header.length)
            else {
                self.received.moveReaderIndex(to: start)
                return nil
            }
            self.received.discardReadBytes()
            if let frame = try self.frame(header, payload) { return frame }
        }
    }

    private mutating func readHeader() throws -> Header? {
        guard let (first, second) = self.received.readMultipleIntegers(as: (UInt8, UInt8).self) else { return nil }
        guard first & 0x70 == 0, second & 0x80 == 0 else {
            throw TestFailure("the server sent a frame with reserved bits or a mask")
        }
        let length: Int? =
            switch second {
            case 126: self.received.readInteger(as: UInt16.self).map(Int.init)
            case 127: self.received.readInteger(as: UInt64.self).map(Int.init(clamping:))
            default: Int(second)
            }
        return length.map { Header(opcode: first & 0x0F, isFinal: first & 0x80 != 0, length: $0) }
    }

    private mutating func frame(_ header: Header, _ payload: ByteBuffer) throws -> ServerFrame? {
        switch header.opcode {
        case 0x8: return .close(code: payload.getInteger(at: payload.readerIndex))
        case 0x9: return .ping(payload)
        case 0xA: return .pong
        case 0x0:
            guard var fragments = self.fragments.take() else { throw TestFailure("the server continues no message") }
            fragments.bytes.writeImmutableBuffer(payload)
            return try self.message(fragments.opcode, fragments.bytes, isFinal: header.isFinal)
        default:
            guard self.fragments == nil else { throw TestFailure("the server begins a message inside another") }
            return try self.message(header.opcode, payload, isFinal: header.isFinal)
        }
    }

    private mutating func message(_ opcode: UInt8, _ bytes: ByteBuffer, isFinal: Bool) throws -> ServerFrame? {
        guard isFinal else {
            self.fragments = (opcode, bytes)
            return nil
        }
        switch opcode {
        case 0x1: return .text(bytes)
        case 0x2: return .binary(bytes)
        default: throw TestFailure("the server sent a frame with opcode \(opcode)")
        }
    }
}

/// Writes the frames of a client.
enum ClientFrame {
    enum Opcode: UInt8 {
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case pong = 0xA
    }

    /// A whole frame.
    static func encode(_ opcode: Opcode, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(0x80 | opcode.rawValue)
        switch payload.readableBytes {
        case ...125: frame.writeInteger(0x80 | UInt8(payload.readableBytes))
        case ...65_535: frame.writeMultipleIntegers(UInt8(0x80 | 126), UInt16(payload.readableBytes))
        default: frame.writeMultipleIntegers(UInt8(0x80 | 127), UInt64(payload.readableBytes))
        }
        let mask = UInt32.random(in: .min ... .max)
        frame.writeInteger(mask)
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> (24 - 8 * $0)) }
        frame.writeBytes(payload.readableBytesView.enumerated().map { $0.element ^ key[$0.offset & 3] })
        return frame
    }
}
