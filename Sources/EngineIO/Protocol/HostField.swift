/// Checks the `Host` of a request (RFC 9110 §7.2).

/// The value of a `Host` field, or the same in another place.
enum HostField {
    /// Whether a value is one host with or without a port.
    ///
    /// An empty one is: a target without an authority has it. A comma, which the grammar allows in names, is not taken:
    /// it is what becomes of two fields that something on the way has joined.
    static func isValid(_ text: some StringProtocol) -> Bool {
        // By bytes, since a mark behind a bracket makes one character with it; characters take ten times as long, too.
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "[") else { return Self.isValidName(text) }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
        let address = text[bytes.index(after: bytes.startIndex)..<end]
        return address.utf8.contains(UInt8(ascii: ":")) && IPAddress(address) != nil
            && Self.isValidPort(bytes[end...].dropFirst())
    }

    private static func isValidName(_ text: some StringProtocol) -> Bool {
        let end = text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        return text.utf8[..<end].allSatisfy(Self.isNameByte) && Self.isValidPort(text.utf8[end...])
    }

    /// Whether a text is nothing, or a colon and a port, which may be missing.
    private static func isValidPort(_ text: some Collection<UInt8>) -> Bool {
        guard let colon = text.first else { return true }
        let digits = text.dropFirst()
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
