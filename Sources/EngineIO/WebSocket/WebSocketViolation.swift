/// A peer's breach of RFC 6455 or of one of our limits; the connection cannot go on after it.
struct WebSocketViolation: Error, Equatable, CustomStringConvertible {
    /// The close codes a violation is answered with (RFC 6455 §7.4.1).
    enum Kind: UInt16, Sendable {
        case protocolError = 1002
        /// Text that is not UTF-8, or a message that cannot be decompressed.
        case invalidPayload = 1007
        case policyViolation = 1008
        case messageTooBig = 1009
    }

    let kind: Kind
    let message: String

    /// The status for the close frame that answers the violation.
    var closeCode: UInt16 { self.kind.rawValue }
    var description: String { "\(self.message) (\(self.closeCode))" }

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
