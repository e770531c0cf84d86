/// The four forms of a request's target, brought to the one that servers work with (RFC 9112 §3.2).

/// A target as path and query, and the host that it names itself.
struct RequestTarget: Equatable {
    /// The path and the query; `*` in a request to the server as a whole.
    var path: String
    /// The authority of a target in absolute form: it replaces the `Host` field (RFC 9112 §3.2.2).
    var authority: String?

    /// - Parameter mayBeAsterisk: Whether `*` makes sense, as it does for `OPTIONS`.
    /// - Returns: `nil` for what is no target of a server: a proxy's or a tunnel's, or a broken one.
    init?(_ text: String, mayBeAsterisk: Bool) {
        self.path = text
        // The usual form: nothing is copied.
        if text.utf8.first == UInt8(ascii: "/") { return }
        if text == "*" {
            guard mayBeAsterisk else { return nil }
            return
        }
        guard let rest = Self.withoutScheme(text) else { return nil }
        let end = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        // A name with a user in front is what forged links look like, and no client sends it (RFC 9110 §4.2.4).
        guard !authority.isEmpty, HostField.isValid(authority) else { return nil }
        self.authority = String(authority)
        self.path = rest[end...].utf8.first == UInt8(ascii: "/") ? String(rest[end...]) : "/" + rest[end...]
    }

    /// What follows `http://` or `https://` in any case.
    private static func withoutScheme(_ text: String) -> Substring? {
        guard let separator = text.firstRange(of: "://"),
            ["http", "https"].contains(text[..<separator.lowerBound].lowercased())
        else { return nil }
        return text[separator.upperBound...]
    }
}
