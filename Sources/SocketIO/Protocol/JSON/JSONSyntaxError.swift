/// Says where text stopped being JSON, and what should have been there.
struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// Bytes between the start of the text and the fault.
    var offset: Int

    /// What the grammar, or a limit, allowed at this place.
    var expected: String

    /// The byte that was there instead; absent at the end of the text.
    var found: UInt8?

    /// Whether it is no fault but deeper than the limit allows.
    var isTooDeep = false

    var description: String {
        let found = self.found.map { Excerpt.quoted(CollectionOfOne($0)) } ?? "the end"
        return "expected \(expected) at byte \(offset), found \(found)"
    }
}

/// Quotes bytes of a peer in messages: short, printable, harmless in a log.
enum Excerpt {
    /// The most characters of a peer that a message repeats.
    static let maximumLength = 64

    /// The start of `bytes` in quotation marks; what is not printable ASCII is written as `\xNN`.
    static func quoted(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            let escaped = escape(byte)
            guard text.utf8.count + escaped.utf8.count <= maximumLength else { return "\"\(text)\"…" }
            text += escaped
        }
        return "\"\(text)\""
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): "\\\""
        case UInt8(ascii: "\\"): "\\\\"
        case 0x20...0x7E: String(UnicodeScalar(byte))
        case 0...0xF: "\\x0" + String(byte, radix: 16)
        default: "\\x" + String(byte, radix: 16)
        }
    }
}
