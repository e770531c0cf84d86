/// Decodes the packets of a polling request's body in revision 3, one at a time ("Engine.IO v3, Encoding").
import NIOCore

/// A body is either text, in which each packet has its length in UTF-16 code units and a colon before it, or bytes, in
/// which a byte tells text from binary, and the digits of the length are bytes up to one of 255.
struct Revision3PayloadDecoder {
    /// What has not been decoded; nil behind the last packet, and after a violation.
    private var rest: ByteBuffer?
    private let isBinary: Bool
    private var packetsLeft: Int

    /// - Parameters:
    ///   - payload: the body of the request.
    ///   - isBinary: whether it is of the binary form.
    ///   - maximumPackets: one packet more is a violation.
    init(_ payload: ByteBuffer, isBinary: Bool, maximumPackets: Int) {
        self.rest = isBinary ? payload : Self.repaired(payload)
        self.isBinary = isBinary
        self.packetsLeft = maximumPackets
    }

    /// The next packet; nil behind the last one, and after a violation.
    mutating func next() throws(ProtocolViolation) -> InboundPacket? {
        guard var rest = self.rest else { return nil }
        self.rest = nil
        // Text of no packets is `0:`, and packets without anything are passed over.
        guard self.isBinary || rest.readableBytes > 0 else { throw .payload("expected a length, found nothing") }
        while rest.readableBytes > 0 {
            guard self.packetsLeft > 0 else {
                throw ProtocolViolation(.tooManyPackets, "payload holds more packets than allowed")
            }
            self.packetsLeft -= 1
            let packet = try self.isBinary ? Self.readBinary(from: &rest) : Self.readText(from: &rest)
            guard let packet else { continue }
            self.rest = rest.readableBytes > 0 ? rest : nil
            return packet
        }
        return nil
    }

    // MARK: Text

    private static func readText(from rest: inout ByteBuffer) throws(ProtocolViolation) -> InboundPacket? {
        let units = try Self.readLength(from: &rest, zero: UInt8(ascii: "0"), end: UInt8(ascii: ":"))
        guard units > 0 else { return nil }
        guard let length = Self.byteCount(ofUnits: units, in: rest), let packet = rest.readSlice(length: length) else {
            throw .payload("expected \(units) UTF-16 code units, found others")
        }
        return try Revision3PacketDecoder.decode(text: packet)
    }

    /// The bytes of so many UTF-16 code units of valid UTF-8; nil when there are fewer, or they end within a character.
    private static func byteCount(ofUnits units: Int, in text: ByteBuffer) -> Int? {
        text.withUnsafeReadableBytes { bytes in
            var (left, index) = (units, 0)
            while left > 0, index < bytes.count {
                switch bytes[index] {
                case ..<0x80: index += 1
                case ..<0xE0: index += 2
                case ..<0xF0: index += 3
                default:
                    index += 4
                    left -= 1
                }
                left -= 1
            }
            return left == 0 ? index : nil
        }
    }

    /// Node decodes bodies with U+FFFD for what is not UTF-8, before it looks at lengths.
    private static func repaired(_ text: ByteBuffer) -> ByteBuffer {
        guard !text.withUnsafeReadableBytes(UTF8Validator.isValid) else { return text }
        return ByteBuffer(string: String(decoding: text.readableBytesView, as: UTF8.self))
    }

    // MARK: Bytes

    private static func readBinary(from rest: inout ByteBuffer) throws(ProtocolViolation) -> InboundPacket? {
        let isText = rest.readInteger(as: UInt8.self) == 0
        let length = try Self.readLength(from: &rest, zero: 0, end: 255)
        // As in Node a length that is too large means what there is.
        guard let packet = rest.readSlice(length: min(length, rest.readableBytes)) else { return nil }
        guard isText else { return Revision3PacketDecoder.decode(binary: packet) }
        guard packet.withUnsafeReadableBytes(UTF8Validator.isValid) else {
            throw .payload("expected a packet of UTF-8, found other bytes")
        }
        return try Revision3PacketDecoder.decode(text: packet)
    }

    // MARK: Lengths

    /// Reads decimal digits up to a byte that ends them; a number beyond any body's length is some such number.
    private static func readLength(
        from rest: inout ByteBuffer,
        zero: UInt8,
        end: UInt8
    ) throws(ProtocolViolation) -> Int {
        var length: Int?
        while let byte = rest.readInteger(as: UInt8.self) {
            if byte == end, let length { return length }
            let digit = Int(byte &- zero)
            guard digit < 10 else { throw .payload("expected the digits of a length, found byte \(byte)") }
            length = min((length ?? 0) * 10 + digit, Int(UInt32.max))
        }
        throw .payload("expected the end of a length, found the end of the payload")
    }
}

extension ProtocolViolation {
    fileprivate static func payload(_ message: String) -> Self { Self(.malformedPayload, message) }
}
