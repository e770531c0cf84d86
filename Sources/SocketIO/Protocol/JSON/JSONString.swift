/// Decodes the strings of valid JSON.
enum JSONString {
    /// The string that `text`, with its quotation marks, stands for.
    ///
    /// Half a surrogate pair, which a Swift string cannot hold, becomes U+FFFD.
    static func decode(_ text: UnsafeRawBufferPointer, hasEscapes: Bool) -> String {
        guard text.count >= 2 else { return "" }
        let content = UnsafeRawBufferPointer(rebasing: text[1..<text.count - 1])
        guard hasEscapes else { return String(decoding: content, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: content.count) { output in
            var decoder = Unescaper(input: JSONCursor(content), output: output)
            return decoder.run()
        }
    }
}

/// Replaces escapes by what they mean.
///
/// The result is never longer than the text, so that the output always has room.
private struct Unescaper {
    var input: JSONCursor
    let output: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    init(input: JSONCursor, output: UnsafeMutableBufferPointer<UInt8>) {
        self.input = input
        self.output = output
    }

    mutating func run() -> Int {
        while !input.isAtEnd {
            copyPlainCharacters()
            if input.skip(UInt8(ascii: "\\")) { replaceEscape() }
        }
        return count
    }

    private mutating func copyPlainCharacters() {
        while !input.isAtEnd, input.current != UInt8(ascii: "\\") {
            append(input.current)
            input.position += 1
        }
    }

    private mutating func append(_ byte: UInt8) {
        guard count < output.count else { return }
        output[count] = byte
        count += 1
    }

    private mutating func replaceEscape() {
        let kind = input.current
        input.position += 1
        switch kind {
        case UInt8(ascii: "b"): append(0x08)
        case UInt8(ascii: "f"): append(0x0C)
        case UInt8(ascii: "n"): append(0x0A)
        case UInt8(ascii: "r"): append(0x0D)
        case UInt8(ascii: "t"): append(0x09)
        case UInt8(ascii: "u"): replaceUnicodeEscape()
        default: append(kind)
        }
    }

    private mutating func replaceUnicodeEscape() {
        let unit = readHexadecimal()
        let scalar = UTF16.isLeadSurrogate(unit) ? pair(unit) : Unicode.Scalar(unit)
        for byte in UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter { append(byte) }
    }

    /// Combines a lead surrogate with the escaped trail surrogate after it; without one the input stays where it is.
    private mutating func pair(_ lead: UInt16) -> Unicode.Scalar? {
        let start = input.position
        if input.skip(UInt8(ascii: "\\")), input.skip(UInt8(ascii: "u")) {
            let trail = readHexadecimal()
            if UTF16.isTrailSurrogate(trail) {
                return Unicode.Scalar(0x10000 + (UInt32(lead & 0x3FF) << 10 | UInt32(trail & 0x3FF)))
            }
        }
        input.position = start
        return nil
    }

    private mutating func readHexadecimal() -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            value = value << 4 | UInt16(input.current.hexadecimalValue ?? 0)
            input.position += 1
        }
        return value
    }
}
