/// Decodes one packet of revision 3: a WebSocket message, or what a payload holds ("Engine.IO v3, Packets").
import NIOCore

enum Revision3PacketDecoder {
    /// Decodes a packet of text that is known to be valid UTF-8.
    ///
    /// It is written as in revision 4, but for base64, which has the type behind its `b`.
    static func decode(text: ByteBuffer) throws(ProtocolViolation) -> InboundPacket {
        var data = text
        guard data.readInteger(as: UInt8.self) == UInt8(ascii: "b") else { return try PacketDecoder.decode(text) }
        guard let type = data.readInteger(as: UInt8.self).flatMap(PacketType.init(rawValue:)) else { return .noop }
        return Self.packet(type, try Base64.decode(data))
    }

    /// Decodes a packet of bytes: the number of its type, then its data.
    ///
    /// One of no known type is ignored, as Node does.
    static func decode(binary: ByteBuffer) -> InboundPacket {
        var data = binary
        guard let number = data.readInteger(as: UInt8.self), number < 7,
            let type = PacketType(rawValue: UInt8(ascii: "0") + number)
        else { return .noop }
        return Self.packet(type, data)
    }

    /// The data of all but messages means nothing as bytes: a probe is text.
    private static func packet(_ type: PacketType, _ data: ByteBuffer) -> InboundPacket {
        switch type {
        case .open: .open
        case .close: .close
        case .ping: .ping(ByteBuffer())
        case .pong: .pong(ByteBuffer())
        case .message: .binary(data)
        case .upgrade: .upgrade
        case .noop: .noop
        }
    }
}
