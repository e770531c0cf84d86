/// Decodes one packet: a WebSocket text message, or what stands between two separators of a polling body.
import NIOCore

enum PacketDecoder {
    /// Decodes a packet whose text is known to be valid UTF-8, as WebSocket messages are.
    static func decode(_ text: ByteBuffer) throws(ProtocolViolation) -> InboundPacket {
        var data = text
        guard let first = data.readInteger(as: UInt8.self) else {
            throw ProtocolViolation(.emptyPacket, "packet without a type")
        }
        if first == UInt8(ascii: "b") { return .binary(try Base64.decode(data)) }
        switch PacketType(rawValue: first) {
        case .open: return .open
        case .close: return .close
        case .ping: return .ping(data)
        case .pong: return .pong(data)
        case .message: return .text(data)
        case .upgrade: return .upgrade
        case .noop: return .noop
        case nil: throw ProtocolViolation(.unknownPacketType, "unknown packet type, byte \(first)")
        }
    }
}
