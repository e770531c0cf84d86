/// Turns WebSocket frames, the form in which a session keeps its packets, into polling payloads.
import NIOCore

/// An answer to a poll.
struct PollPayload: Equatable {
    /// A payload of one noop.
    ///
    /// An empty body is not valid: clients take it for a parse error.
    static let noop = PollPayload(body: ByteBuffer(integer: PacketType.noop.rawValue), isCompressible: false)

    var body: ByteBuffer
    /// Whether it may be compressed, if it is large enough.
    var isCompressible: Bool
    /// Whether it is written in revision 3's binary form, which has a content type of its own.
    var isBinary = false
}

/// Takes the packets of an answer to a poll.
protocol PayloadBuilder {
    var isEmpty: Bool { get }

    /// Appends the packet of a frame.
    mutating func append(_ frame: WebSocketFrame.Unmasked)

    /// Appends a packet without data.
    mutating func append(_ packet: PacketType)
}

extension PayloadBuilder {
    /// Appends the packets of a unit.
    mutating func append(_ unit: MessageUnit) {
        var frames = unit.frames
        for _ in 0..<unit.packetCount { self.append(WebSocketFrame.readUnmasked(from: &frames)) }
    }
}

/// Builds one polling payload, packet by packet (Engine.IO v4, payload encoding).
struct PayloadEncoder: PayloadBuilder {
    /// The payload so far.
    private(set) var payload: ByteBuffer
    /// Whether there is a packet that may be compressed: as in Node, one is enough.
    private(set) var isCompressible = false

    /// Starts a payload.
    ///
    /// - Parameter capacity: The expected size in bytes.
    init(capacity: Int = 0) {
        self.payload = capacity > 0 ? ByteBufferAllocator().buffer(capacity: capacity) : ByteBuffer()
    }

    /// Starts a payload with a packet.
    init(beginningWith packet: ByteBuffer) {
        self.payload = packet
    }

    var isEmpty: Bool { self.payload.readableBytes == 0 }

    /// Appends the packet of a frame: a text frame holds it as it is, a binary one becomes base64.
    mutating func append(_ frame: WebSocketFrame.Unmasked) {
        self.separate()
        if !frame.isPlain { self.isCompressible = true }
        switch frame.opcode {
        case .text:
            self.payload.writeImmutableBuffer(frame.payload)
        default:
            self.payload.writeInteger(UInt8(ascii: "b"))
            Base64.encode(frame.payload, into: &self.payload)
        }
    }

    mutating func append(_ packet: PacketType) {
        self.separate()
        self.payload.writeInteger(packet.rawValue)
    }

    private mutating func separate() {
        if !self.isEmpty { self.payload.writeInteger(PayloadDecoder.separator) }
    }
}

extension Revision3PayloadEncoder: PayloadBuilder {
    mutating func append(_ frame: WebSocketFrame.Unmasked) {
        switch frame.opcode {
        case .text: self.append(text: frame.payload, isCompressible: !frame.isPlain)
        default: self.append(binary: frame.payload, isCompressible: !frame.isPlain)
        }
    }
}

extension WebSocketFrame {
    /// A frame of our own making.
    struct Unmasked {
        var opcode: WebSocketOpcode
        var payload: ByteBuffer
        /// Whether it must not be compressed.
        var isPlain: Bool
        /// The frame's length with its header.
        var byteCount: Int
    }

    /// Reads a frame that this server has written: complete, final and unmasked.
    static func readUnmasked(from buffer: inout ByteBuffer) -> Unmasked {
        let start = buffer.readerIndex
        guard let first: UInt8 = buffer.readInteger(), let short: UInt8 = buffer.readInteger(),
            let length = Self.readLength(short: short, from: &buffer), let payload = buffer.readSlice(length: length)
        else {
            // reason: our own bug: no byte of a peer's gets into an outbox but as the payload of a frame written here.
            preconditionFailure("an outbox holds whole frames only")
        }
        let opcode: WebSocketOpcode = first & 0x0f == WebSocketOpcode.text.rawValue ? .text : .binary
        let isPlain = first & Self.plainMark != 0
        return Unmasked(opcode: opcode, payload: payload, isPlain: isPlain, byteCount: buffer.readerIndex - start)
    }

    private static func readLength(short: UInt8, from buffer: inout ByteBuffer) -> Int? {
        switch short {
        case 126: buffer.readInteger(as: UInt16.self).map(Int.init)
        case 127: buffer.readInteger(as: UInt64.self).map(Int.init)
        default: Int(short)
        }
    }
}
