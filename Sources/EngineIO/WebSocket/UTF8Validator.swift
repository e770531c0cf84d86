/// Checks UTF-8 that arrives in pieces, failing at the first byte that no valid text can contain (RFC 3629 §4).
struct UTF8Validator: Equatable {
    /// Continuation bytes missing from the character at the end of what was seen.
    private var missing: UInt8 = 0
    /// The bounds of the next continuation byte; narrower than 80...BF only right after some lead bytes.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether the text may end here.
    var isComplete: Bool { self.missing == 0 }

    /// Takes the next piece.
    ///
    /// - Returns: false when the text is not valid, however it goes on. The validator is of no use after that.
    mutating func validate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var state = self
        defer { self = state }
        var index = 0
        while index < bytes.count {
            if state.isComplete {
                index = Self.skipASCII(in: bytes, from: index)
                index = Self.skipCharacters(in: bytes, from: index)
                guard index < bytes.count else { return true }
            }
            guard state.accept(bytes[index]) else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether `bytes` are valid UTF-8 as a whole.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = UTF8Validator()
        return validator.validate(bytes) && validator.isComplete
    }

    @inline(__always)
    private mutating func accept(_ byte: UInt8) -> Bool {
        guard self.missing > 0 else { return self.acceptLead(byte) }
        guard byte >= self.lowest, byte <= self.highest else { return false }
        self.missing &-= 1
        self.lowest = 0x80
        self.highest = 0xBF
        return true
    }

    /// The bounds keep out overlong forms (E0, F0), surrogates (ED) and what is beyond U+10FFFF (F4).
    @inline(__always)
    private mutating func acceptLead(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: self.missing = 1
        case 0xE0: (self.missing, self.lowest) = (2, 0xA0)
        case 0xED: (self.missing, self.highest) = (2, 0x9F)
        case 0xE1...0xEF: self.missing = 2
        case 0xF0: (self.missing, self.lowest) = (3, 0x90)
        case 0xF4: (self.missing, self.highest) = (3, 0x8F)
        case 0xF1...0xF3: self.missing = 3
        default: return false
        }
        return true
    }

    /// The first index at or after `index` that does not hold an ASCII byte.
    @inline(__always)
    private static func skipASCII(in bytes: UnsafeRawBufferPointer, from index: Int) -> Int {
        var index = index
        while bytes.count &- index >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let high = word & 0x8080_8080_8080_8080
            guard high == 0 else { return index &+ high.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }

    /// The first index at or after `index` that begins something else than a valid character beyond ASCII.
    ///
    /// Stops short of the last three bytes, so that four can be looked at together.
    @inline(__always)
    private static func skipCharacters(in bytes: UnsafeRawBufferPointer, from index: Int) -> Int {
        var index = index
        while bytes.count &- index >= 4 {
            let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
            let length = Self.characterLength(of: word)
            guard length > 0 else { return index }
            index &+= length
        }
        return index
    }

    /// The length of the character beyond ASCII in the low bytes of `word`; 0 when there is none, or it is not valid.
    ///
    /// The masks pick the marker bits of all its bytes at once, then the bits that tell the forms which `acceptLead`
    /// keeps out.
    @inline(__always)
    private static func characterLength(of word: UInt32) -> Int {
        if word & 0x00C0_C0F0 == 0x0080_80E0 {
            let bits = word & 0x200F
            return bits == 0 || bits == 0x200D ? 0 : 3
        }
        if word & 0xC0E0 == 0x80C0 { return word & 0x1E == 0 ? 0 : 2 }
        if word & 0xC0C0_C0F8 == 0x8080_80F0 {
            let bits = word & 0x3007
            return bits == 0 || bits & 7 > 4 || bits > 4 && bits & 7 == 4 ? 0 : 4
        }
        return 0
    }
}
