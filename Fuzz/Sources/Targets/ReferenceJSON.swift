/// A JSON reader in the simplest form, to compare with: RFC 8259 and nothing else.

/// What a text means.
indirect enum ReferenceJSON {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([ReferenceJSON])
    case object([(key: String, value: ReferenceJSON)])

    /// Reads a whole text; nothing when it is no JSON, or deeper than allowed.
    static func read(_ bytes: [UInt8], maximumDepth: Int) -> ReferenceJSON? {
        var reader = ReferenceReader(bytes: bytes[...])
        guard let value = reader.value(depth: maximumDepth) else { return nil }
        reader.skipSpace()
        return reader.bytes.isEmpty ? value : nil
    }
}

private struct ReferenceReader {
    var bytes: ArraySlice<UInt8>

    mutating func skipSpace() {
        self.bytes = self.bytes.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard self.bytes.starts(with: expected) else { return false }
        self.bytes.removeFirst(expected.count)
        return true
    }

    mutating func value(depth: Int) -> ReferenceJSON? {
        self.skipSpace()
        if self.skip("null") { return .null }
        if self.skip("true") { return .bool(true) }
        if self.skip("false") { return .bool(false) }
        switch self.bytes.first {
        case UInt8(ascii: "\""): return self.string().map(ReferenceJSON.string)
        case UInt8(ascii: "["): return depth > 0 ? self.array(depth: depth - 1) : nil
        case UInt8(ascii: "{"): return depth > 0 ? self.object(depth: depth - 1) : nil
        default: return self.number().map(ReferenceJSON.number)
        }
    }

    private mutating func array(depth: Int) -> ReferenceJSON? {
        self.bytes.removeFirst()
        self.skipSpace()
        if self.skip("]") { return .array([]) }
        var elements: [ReferenceJSON] = []
        while let element = self.value(depth: depth) {
            elements.append(element)
            self.skipSpace()
            if self.skip("]") { return .array(elements) }
            guard self.skip(",") else { return nil }
        }
        return nil
    }

    private mutating func object(depth: Int) -> ReferenceJSON? {
        self.bytes.removeFirst()
        self.skipSpace()
        if self.skip("}") { return .object([]) }
        var members: [(String, ReferenceJSON)] = []
        while true {
            self.skipSpace()
            guard self.bytes.first == UInt8(ascii: "\""), let key = self.string() else { return nil }
            self.skipSpace()
            guard self.skip(":"), let value = self.value(depth: depth) else { return nil }
            members.append((key, value))
            self.skipSpace()
            if self.skip("}") { return .object(members) }
            guard self.skip(",") else { return nil }
        }
    }

    // MARK: Scalars

    private mutating func number() -> String? {
        let start = self.bytes
        _ = self.skip("-")
        if !self.skip("0"), !self.digits() { return nil }
        if self.skip("."), !self.digits() { return nil }
        if self.skip("e") || self.skip("E") {
            if !self.skip("+") { _ = self.skip("-") }
            if !self.digits() { return nil }
        }
        return String(decoding: start[..<self.bytes.startIndex], as: UTF8.self)
    }

    private mutating func digits() -> Bool {
        let count = self.bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        self.bytes.removeFirst(count)
        return count > 0
    }

    private mutating func string() -> String? {
        self.bytes.removeFirst()
        var text: [UInt8] = []
        while let byte = self.bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = self.escape() else { return nil }
                text += escaped
            case ..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = self.bytes.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): return self.codeUnits().map { Array(String(decoding: $0, as: UTF16.self).utf8) }
        default: return nil
        }
    }

    /// One UTF-16 code unit behind `\u`, or two that belong together.
    private mutating func codeUnits() -> [UInt16]? {
        guard let first = self.codeUnit() else { return nil }
        let rest = self.bytes
        if UTF16.isLeadSurrogate(first), self.skip("\\u") {
            if let second = self.codeUnit(), UTF16.isTrailSurrogate(second) { return [first, second] }
            // What follows stands for itself, and is judged for itself.
            self.bytes = rest
        }
        return [first]
    }

    private mutating func codeUnit() -> UInt16? {
        let digits = self.bytes.prefix(4)
        let isHexadecimal = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
        guard digits.count == 4, isHexadecimal else { return nil }
        self.bytes.removeFirst(4)
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
