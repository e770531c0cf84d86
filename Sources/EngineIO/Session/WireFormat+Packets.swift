/// The packets of a session in the format that its client has asked for.
import NIOCore

extension WireFormat {
    /// The answer to a poll that has nothing to say.
    var noop: PollPayload {
        switch self {
        case .revision4, .revision4Base64:
            return .noop
        case .revision3(let options):
            var encoder = Revision3PayloadEncoder()
            encoder.append(.noop)
            return encoder.payload(options)
        }
    }

    /// The payload that opens a session over polling.
    ///
    /// - Parameters:
    ///   - open: The open packet.
    ///   - message: What else the client is sent first.
    func opening(_ open: ByteBuffer, _ message: MessageUnit?) -> PollPayload {
        switch self {
        case .revision4, .revision4Base64:
            guard let message else { return PollPayload(body: open, isCompressible: true) }
            var encoder = PayloadEncoder(beginningWith: open)
            encoder.append(message)
            return PollPayload(body: encoder.payload, isCompressible: true)
        case .revision3(let options):
            var encoder = Revision3PayloadEncoder()
            encoder.append(text: open)
            if let message { encoder.append(message) }
            return encoder.payload(options)
        }
    }

    // MARK: WebSocket

    /// Decodes a text message.
    func decode(text: ByteBuffer) throws(ProtocolViolation) -> InboundPacket {
        switch self {
        case .revision4, .revision4Base64: try PacketDecoder.decode(text)
        case .revision3: try Revision3PacketDecoder.decode(text: text)
        }
    }

    /// Decodes a binary message.
    func decode(binary: ByteBuffer) -> InboundPacket {
        switch self {
        case .revision4, .revision4Base64: .binary(binary)
        case .revision3: Revision3PacketDecoder.decode(binary: binary)
        }
    }
}
