/// The identifier of a session, and the secret that lets its holder speak in it.
internal import NIOCore

/// Identifies one Engine.IO session: 20 characters of URL-safe base64, made of 15 random bytes.
///
/// Whoever knows it can post into the session and read from it, so it must stay out of logs: write `redacted` there.
public struct SessionID: Hashable, Sendable {
    /// The number of characters of every identifier.
    static let length = 20

    /// The first 60 bits, and the other 60.
    private let high: UInt64
    private let low: UInt64

    /// Makes an identifier nobody can guess.
    public init() {
        var generator = SystemRandomNumberGenerator()
        self.high = generator.next() >> 4
        self.low = generator.next() >> 4
    }

    /// Reads an identifier from its text, as `description` gives it.
    ///
    /// Nil for anything else, so that a text has at most one identifier and the other way round.
    public init?(_ text: some StringProtocol) {
        self.init(utf8: text.utf8)
    }

    init?(utf8: some Collection<UInt8>) {
        guard utf8.count == Self.length else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for character in utf8 {
            guard let value = Self.value(of: character) else { return nil }
            words = (words.0 << 6 | words.1 >> 54, (words.1 << 6 | UInt64(value)) & Self.mask)
        }
        (self.high, self.low) = words
    }

    /// Appends the 20 characters.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.length) { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { self.write(to: $0) }
        }
    }

    /// Writes the characters into memory that has room for them.
    private func write(to characters: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let half = Self.length / 2
        for index in 0..<half {
            let shift = UInt64(54 - 6 * index)
            characters[index] = Self.character(of: self.high >> shift)
            characters[half + index] = Self.character(of: self.low >> shift)
        }
        return Self.length
    }

    private static let mask: UInt64 = (1 << 60) - 1
}

extension SessionID: CustomStringConvertible, CustomDebugStringConvertible {
    /// The 20 characters, for the wire only.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.length) { self.write(to: $0) }
    }

    /// The first four characters, for logs: enough to follow a session, too little to join it.
    public var redacted: String { "\(self.description.prefix(4))…" }

    /// The same as `redacted`, since debug output ends in logs.
    public var debugDescription: String { self.redacted }
}

// MARK: - The URL-safe alphabet (RFC 4648 §5)

extension SessionID {
    private static func character(of value: UInt64) -> UInt8 {
        switch UInt8(truncatingIfNeeded: value & 0x3F) {
        case let value where value < 26: value + UInt8(ascii: "A")
        case let value where value < 52: value - 26 + UInt8(ascii: "a")
        case let value where value < 62: value - 52 + UInt8(ascii: "0")
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
