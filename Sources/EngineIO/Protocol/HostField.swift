/// Checks the `Host` of a request (RFC 9110 §7.2).

/// The value of a `Host` field, or the same in another place.
enum HostField {
    /// Whether a value is one host with or without a port.
    ///
    /// An empty one is: a target without an authority has it. A comma, which the grammar allows in names, is not taken:
    /// it is what becomes of two fields that something on the way has joined.
    static func isValid(_ text: some StringProtocol) -> Bool {
        guard text.utf8.first == UInt8(ascii: "[") else { return Self.isValidName(text) }
        guard let end = text.lastIndex(of: "]") else { return false }
        let address = text[text.index(after: text.startIndex)..<end]
        return address.contains(":") && IPAddress(address) != nil && Self.isValidPort(text[text.index(after: end)...])
    }

    private static func isValidName(_ text: some StringProtocol) -> Bool {
        let end = text.firstIndex(of: ":") ?? text.endIndex
        return text[..<end].utf8.allSatisfy(Self.isNameByte) && Self.isValidPort(text[end...])
    }

    /// Whether a text is nothing, or a colon and a port, which may be missing.
    private static func isValidPort(_ text: some StringProtocol) -> Bool {
        guard let colon = text.utf8.first else { return true }
        let digits = text.utf8.dropFirst()
        return colon == UInt8(ascii: ":") && digits.count <= 5 && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// What a registered name is made of (RFC 3986 §3.2.2), without the comma.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~%!$&'()*+;=".utf8.contains(byte)
        }
    }
}
