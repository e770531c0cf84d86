/// A place in JSON text, with the steps that every reader of the text shares.
///
/// The text must be valid UTF-8; the layer below has checked that. Everything else is checked here: a step either
/// moves past one token of RFC 8259 or throws.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The byte at the cursor, NUL at the end.
    ///
    /// No rule of the grammar accepts a NUL, so the two need no telling apart.
    var current: UInt8 {
        @inline(__always) get { position < bytes.count ? bytes[position] : 0 }
    }

    func error(expected: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, expected: expected, found: isAtEnd ? nil : bytes[position])
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < bytes.count, bytes[position] <= 0x20, isWhitespace(bytes[position]) { position += 1 }
    }

    private func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Moves past `byte` when it is next.
    @inline(__always)
    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Moves past one of the words `true`, `false` and `null`.
    mutating func skipWord(_ word: StaticString) throws(JSONSyntaxError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard skip(word.utf8Start[index]) else { throw error(expected: "\(word)") }
        }
    }
}

// MARK: - Numbers

extension JSONCursor {
    /// Moves past a number; the cursor stands on its first byte.
    mutating func skipNumber() throws(JSONSyntaxError) {
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try skipDigits() }
        if skip(UInt8(ascii: ".")) { try skipDigits() }
        if current | 0x20 == UInt8(ascii: "e") { try skipExponent() }
    }

    private mutating func skipExponent() throws(JSONSyntaxError) {
        position += 1
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
        try skipDigits()
    }

    private mutating func skipDigits() throws(JSONSyntaxError) {
        guard current.isDigit else { throw error(expected: "a digit") }
        repeat { position += 1 } while current.isDigit
    }
}

extension UInt8 {
    /// Whether this is one of the characters `0` to `9`.
    var isDigit: Bool {
        @inline(__always) get { self &- 0x30 < 10 }
    }

    /// The value of a hexadecimal digit in either case.
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}

// MARK: - Strings

extension JSONCursor {
    /// Moves past a string; the cursor stands on its opening quotation mark.
    ///
    /// - Returns: Whether the string contains escapes.
    mutating func skipString() throws(JSONSyntaxError) -> Bool {
        position += 1
        var hasEscapes = false
        while true {
            skipPlainCharacters()
            switch current {
            case UInt8(ascii: "\""):
                position += 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            default:
                throw error(expected: "a character or the end of the string")
            }
        }
    }

    private mutating func skipEscape() throws(JSONSyntaxError) {
        position += 1
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 { try skipHexadecimalDigit() }
        default:
            throw error(expected: "an escape character")
        }
    }

    private mutating func skipHexadecimalDigit() throws(JSONSyntaxError) {
        guard current.hexadecimalValue != nil else { throw error(expected: "a hexadecimal digit") }
        position += 1
    }

    /// Moves to the next quotation mark, backslash or control character, or to the end.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        position = bytes.firstSpecialCharacter(from: position)
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the first quotation mark, backslash or control character, else the end.
    ///
    /// Works on eight bytes at a time: each test leaves the top bit of a byte set where the byte matches. Borrows may
    /// also mark bytes above the first match, never below it, so the lowest mark is exact.
    @inline(__always)
    func firstSpecialCharacter(from start: Int) -> Int {
        var position = start
        while position &+ 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let marks = Self.marks(in: word)
            if marks != 0 { return position &+ marks.trailingZeroBitCount / 8 }
            position &+= 8
        }
        while position < count, !Self.isSpecial(self[position]) { position &+= 1 }
        return position
    }

    @inline(__always)
    private static func marks(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        let isControl = (word &- ones &* 0x20) & ~word
        return (isQuote | isBackslash | isControl) & (ones &* 0x80)
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
