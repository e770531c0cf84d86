/// A block of IP addresses in the notation of RFC 4632, such as `10.0.0.0/8`.

/// The addresses that share their first bits.
struct AddressBlock: Hashable, Sendable {
    private let first: IPAddress
    private let mask: UInt128

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or an address, which is a block of its own.
    ///
    /// Bits behind the prefix are cleared. A block of IPv6 addresses that reaches over the part set aside for IPv4 has
    /// those, too: `::/0` are all addresses there are.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        // An IPv4 address written as such counts its own bits, whatever stands in front of them.
        let offset = parts[0].utf8.contains(UInt8(ascii: ":")) ? 0 : 96
        var length = 128
        if parts.count == 2 {
            guard let given = Self.prefixLength(parts[1]), given + offset <= 128 else { return nil }
            length = given + offset
        }
        self.first = address.prefix(length)
        self.mask = IPAddress.mask(length)
    }

    /// Whether the address is in the block.
    func contains(_ address: IPAddress) -> Bool {
        address.bits & self.mask == self.first.bits
    }

    private static func prefixLength(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
