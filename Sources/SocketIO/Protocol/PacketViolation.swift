/// A packet that the protocol or a limit forbids; the connection it came from has to be closed.
struct PacketViolation: Error, Hashable, CustomStringConvertible {
    /// What was expected, what was found and the limit, as one line for a log.
    var message: String

    /// The limit that was exceeded, if it was one.
    var limit: PacketLimit?

    var description: String { message }
}

extension PacketViolation {
    static var textWhileAttachmentsPending: Self {
        Self(message: "expected an attachment, found text")
    }

    static var unexpectedAttachment: Self {
        Self(message: "expected text, found an attachment that no packet announced")
    }

    static func unexpected(_ found: some Sequence<UInt8>, expected: String) -> Self {
        Self(message: "expected \(expected), found \(Excerpt.quoted(found))")
    }

    static func invalidPayload(_ error: JSONSyntaxError) -> Self {
        Self(message: "invalid payload: \(error)", limit: error.isTooDeep ? .nestingDepth : nil)
    }

    static func tooMany(_ subject: String, found: Int, limit: Int, of name: PacketLimit) -> Self {
        Self(message: "expected at most \(limit) \(subject), found \(found)", limit: name)
    }
}
