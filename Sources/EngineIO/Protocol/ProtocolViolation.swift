/// A peer's breach of the Engine.IO protocol; the session ends with the reason `parse error`.
package struct ProtocolViolation: Error, Equatable, CustomStringConvertible {
    enum Kind: Sendable {
        case emptyPacket
        case unknownPacketType
        case invalidBase64
        case tooManyPackets
        case malformedPayload
    }

    let kind: Kind
    let message: String

    package var description: String { self.message }

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
