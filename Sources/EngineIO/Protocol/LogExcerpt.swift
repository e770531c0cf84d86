/// Makes a peer's words harmless in a log: one line, bounded, nothing that a terminal obeys.

/// Quotes text that came from a peer, or may contain some that did.
package enum LogExcerpt {
    /// The most characters of one value.
    private static let limit = 200

    /// The start of a text in quotation marks, which cannot be ended from inside; what is not printable ASCII is escaped.
    package static func quoted(_ text: some StringProtocol) -> String {
        var result = "\""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < Self.limit else { return result + "\"…" }
            result += scalar.escaped(asASCII: true)
        }
        return result + "\""
    }
}
