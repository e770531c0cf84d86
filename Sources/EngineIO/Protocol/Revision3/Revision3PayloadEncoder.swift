/// Builds the body of an answer to a poll in revision 3 ("Engine.IO v3, Encoding").
import NIOCore

/// Collects packets: whether the body is text or bytes is known with the last of them.
///
/// As in Node it is text unless a packet is binary and the client can read such a body.
struct Revision3PayloadEncoder {
    private enum Packet {
        /// With its type.
        case text(ByteBuffer)
        /// A message's data.
        case binary(ByteBuffer)
    }

    private var packets: [Packet] = []
    private var hasBinary = false
    /// Whether there is a packet that may be compressed: as in Node, one is enough.
    private var isCompressible = false
    private var byteCount = 0

    /// What a packet may have before its data: a length with its end, and the type.
    private static let maximumHeaderSize = 24

    var isEmpty: Bool { self.packets.isEmpty }

    /// Adds a packet of text, which has its type and is valid UTF-8.
    mutating func append(text packet: ByteBuffer, isCompressible: Bool = true) {
        self.isCompressible = self.isCompressible || isCompressible
        self.packets.append(.text(packet))
        self.byteCount += packet.readableBytes + Self.maximumHeaderSize
    }

    /// Adds a binary message.
    mutating func append(binary message: ByteBuffer, isCompressible: Bool = true) {
        self.isCompressible = self.isCompressible || isCompressible
        self.packets.append(.binary(message))
        self.hasBinary = true
        self.byteCount += Base64.encodedLength(of: message.readableBytes) + Self.maximumHeaderSize
    }

    /// Adds a packet without data.
    mutating func append(_ packet: PacketType) {
        self.append(text: ByteBuffer(integer: packet.rawValue), isCompressible: false)
    }

    /// The body, for a client that has asked for this.
    func payload(_ options: Revision3Options) -> PollPayload {
        var body = ByteBufferAllocator().buffer(capacity: self.byteCount)
        if self.hasBinary, !options.usesBase64 {
            for packet in self.packets { Self.writeBinary(packet, into: &body) }
            return PollPayload(body: body, isCompressible: self.isCompressible, isBinary: true)
        }
        for packet in self.packets { Self.writeText(packet, into: &body) }
        let text = options.callback.map { $0.call(with: body) } ?? body
        return PollPayload(body: text, isCompressible: self.isCompressible)
    }

    private static func writeText(_ packet: Packet, into body: inout ByteBuffer) {
        switch packet {
        case .text(let text):
            body.writeString(String(Self.units(of: text)))
            body.writeInteger(UInt8(ascii: ":"))
            body.writeImmutableBuffer(text)
        case .binary(let message):
            body.writeString(String(2 + Base64.encodedLength(of: message.readableBytes)))
            body.writeStaticString(":b4")
            Base64.encode(message, into: &body)
        }
    }

    private static func writeBinary(_ packet: Packet, into body: inout ByteBuffer) {
        switch packet {
        case .text(let text):
            body.writeInteger(0 as UInt8)
            Self.write(length: text.readableBytes, into: &body)
            body.writeImmutableBuffer(text)
        case .binary(let message):
            body.writeInteger(1 as UInt8)
            Self.write(length: 1 + message.readableBytes, into: &body)
            body.writeInteger(PacketType.message.number)
            body.writeImmutableBuffer(message)
        }
    }

    /// The digits as numbers, not as characters, and the byte that ends them.
    private static func write(length: Int, into body: inout ByteBuffer) {
        for digit in String(length).utf8 { body.writeInteger(digit - UInt8(ascii: "0")) }
        body.writeInteger(255 as UInt8)
    }

    /// The UTF-16 code units of UTF-8: one for each character, two for those beyond the first plane.
    private static func units(of text: ByteBuffer) -> Int {
        text.withUnsafeReadableBytes { bytes in
            bytes.reduce(into: 0) { units, byte in
                if byte & 0xC0 != 0x80 { units += byte < 0xF0 ? 1 : 2 }
            }
        }
    }
}

extension PacketType {
    /// The type's number, with which binary packets of revision 3 begin.
    var number: UInt8 { self.rawValue - UInt8(ascii: "0") }
}
