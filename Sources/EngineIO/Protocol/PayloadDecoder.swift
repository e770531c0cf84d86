/// Decodes the packets of a polling request's body one at a time.
import NIOCore

/// Nothing is decoded ahead, so that a body of nothing but separators costs no more than its first bad packet.
struct PayloadDecoder {
    /// U+001E, which no message may hold unescaped.
    static let separator: UInt8 = 0x1E

    /// What has not been decoded; nil behind the last packet.
    private var rest: ByteBuffer?
    private var packetsLeft: Int

    /// - Parameters:
    ///   - payload: the body of the request.
    ///   - maximumPackets: one packet more is a violation.
    init(_ payload: ByteBuffer, maximumPackets: Int) {
        self.rest = payload
        self.packetsLeft = maximumPackets
    }

    /// The next packet; nil behind the last one, and after a violation.
    mutating func next() throws(ProtocolViolation) -> InboundPacket? {
        guard var rest = self.rest else { return nil }
        self.rest = nil
        guard self.packetsLeft > 0 else {
            throw ProtocolViolation(.tooManyPackets, "payload holds more packets than allowed")
        }
        let view = rest.readableBytesView
        let length = view.firstIndex(of: Self.separator).map { $0 - view.startIndex }
        let bytes = length.flatMap { rest.readSlice(length: $0) } ?? rest
        let packet = Self.repaired(try PacketDecoder.decode(bytes))
        guard length != nil else { return packet }
        rest.moveReaderIndex(forwardBy: 1)
        self.rest = rest
        self.packetsLeft -= 1
        return packet
    }

    /// Node decodes bodies with U+FFFD for what is not UTF-8; WHATWG's rule, which Swift's strings follow too.
    private static func repaired(_ packet: InboundPacket) -> InboundPacket {
        switch packet {
        case .text(let data): .text(Self.repaired(data))
        case .ping(let data): .ping(Self.repaired(data))
        case .pong(let data): .pong(Self.repaired(data))
        case .open, .close, .binary, .upgrade, .noop: packet
        }
    }

    private static func repaired(_ data: ByteBuffer) -> ByteBuffer {
        guard !data.withUnsafeReadableBytes(UTF8Validator.isValid) else { return data }
        return ByteBuffer(string: String(decoding: data.readableBytesView, as: UTF8.self))
    }
}
