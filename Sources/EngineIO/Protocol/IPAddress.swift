/// An IP address as a number: read from text without the system's help, compared, and cut to a prefix.
import NIOCore

/// An IPv4 or IPv6 address.
///
/// Both kinds are one number, IPv4 as the part of IPv6 that is set aside for it (RFC 4291 §2.5.5.2): a client that comes
/// to a socket for both kinds is the same client.
struct IPAddress: Hashable, Sendable {
    /// The address's 128 bits.
    let bits: UInt128

    init(bits: UInt128) {
        self.bits = bits
    }

    /// Reads `192.0.2.1` or `2001:db8::1`.
    ///
    /// Nothing that the system's own parser adds is taken: no zone, no leading zeros, no hexadecimal or missing parts.
    init?(_ text: some StringProtocol) {
        // The longest text of an address, with an IPv4 address in its end.
        guard text.utf8.count <= 45 else { return nil }
        let parsed = text.utf8.contains(UInt8(ascii: ":")) ? Self.ipv6(text) : Self.ipv4(text).map(Self.mapped)
        guard let parsed else { return nil }
        self.bits = parsed
    }

    /// The address of the other end of a connection; `nil` when it has none, as with a Unix domain socket.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress, let parsed = Self(text) else { return nil }
        self = parsed
    }

    /// Whether it is an IPv4 address.
    var isIPv4: Bool { self.bits >> 32 == Self.mappedPrefix >> 32 }

    /// The address with all but its first bits cleared.
    ///
    /// - Parameter length: The number of bits kept, of 128: an IPv4 address begins behind the first 96.
    func prefix(_ length: Int) -> Self {
        Self(bits: self.bits & Self.mask(length))
    }

    /// A number of ones, then zeros.
    static func mask(_ length: Int) -> UInt128 {
        UInt128.max << (128 - length)
    }

    /// The address in the system's form, without a port.
    var socketAddress: SocketAddress? {
        var bytes = ByteBuffer()
        if self.isIPv4 {
            bytes.writeInteger(UInt32(truncatingIfNeeded: self.bits))
        } else {
            bytes.writeInteger(UInt64(truncatingIfNeeded: self.bits >> 64))
            bytes.writeInteger(UInt64(truncatingIfNeeded: self.bits))
        }
        return try? SocketAddress(packedIPAddress: bytes, port: 0)
    }
}

extension IPAddress: CustomStringConvertible {
    var description: String { self.socketAddress?.ipAddress ?? "" }
}

// MARK: - Parsing

extension IPAddress {
    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    private static func mapped(_ address: UInt32) -> UInt128 { Self.mappedPrefix | UInt128(address) }

    private static func ipv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = Self.decimalByte(part) else { return nil }
            address = address << 8 | byte
        }
        return address
    }

    private static func decimalByte(_ digits: some Collection<UInt8>) -> UInt32? {
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
        }
        return value <= 255 ? value : nil
    }

    private static func ipv6(_ text: some StringProtocol) -> UInt128? {
        let parts = text.split(separator: ":", maxSplits: 9, omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        /// How many groups stand in front of `::`.
        var gap: Int?
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                // `::` at either end is two empty parts there, of which one means something.
                if index == 0 ? parts[1].isEmpty : index == parts.count - 1 && parts[index - 1].isEmpty { continue }
                guard index > 0, index < parts.count - 1, gap == nil else { return nil }
                gap = groups.count
            } else if index == parts.count - 1, part.contains("."), let address = Self.ipv4(part) {
                groups += [UInt16(truncatingIfNeeded: address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard part.utf8.count <= 4, let group = Self.hexadecimal(part.utf8) else { return nil }
                groups.append(group)
            }
        }
        guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap ?? 0)
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func hexadecimal(_ digits: some Collection<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
