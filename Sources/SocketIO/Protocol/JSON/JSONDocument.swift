internal import NIOCore

/// Valid JSON with its table of contents and attachments: what all decoding reads from.
///
/// Never changes, and holds its bytes, so that a decoder which outlives its use still finds them.
final class JSONDocument: Sendable {
    let bytes: ByteBuffer
    let attachments: [ByteBuffer]
    private let tape: JSONTape

    /// Reads a value that was validated when it was made.
    init(_ value: EncodedValue) {
        bytes = value.bytes
        attachments = value.attachments
        tape = bytes.withUnsafeReadableBytes { JSONTape(validated: $0) }
    }

    var rowCount: Int { tape.rows.count }
    func next(after row: Int) -> Int { tape.next(after: row) }
    func memberCount(of row: Int) -> Int { tape.memberCount(of: row) }
    func range(of row: Int) -> Range<Int> { tape.range(of: row) }

    /// Calls `body` with the text of one value; a string has its quotation marks.
    @inline(__always)
    func withText<Result, Failure: Error>(
        of row: Int,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeReadableBytes { (bytes) throws(Failure) -> Result in
            try body(UnsafeRawBufferPointer(rebasing: bytes[tape.range(of: row)]))
        }
    }

    /// The value of one row as JSON that shares this document's bytes.
    func encodedValue(at row: Int) -> EncodedValue {
        let range = tape.range(of: row)
        let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
        return EncodedValue(validated: slice ?? ByteBuffer(), attachments: attachments)
    }
}

// MARK: - Values

extension JSONDocument {
    /// What a value is; a placeholder is binary when there are attachments.
    func kind(of row: Int) -> EncodedValue.Kind {
        let kind = EncodedValue.Kind(firstByte: firstByte(of: row))
        guard kind == .object, !attachments.isEmpty, placeholder(at: row) != nil else { return kind }
        return .binary
    }

    func isNull(_ row: Int) -> Bool { firstByte(of: row) == UInt8(ascii: "n") }

    func bool(at row: Int) -> Bool? {
        switch firstByte(of: row) {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    func string(at row: Int) -> String? {
        withText(of: row) { text in
            guard text.first == UInt8(ascii: "\"") else { return nil }
            return JSONString.decode(text, hasEscapes: tape.hasEscapes(row))
        }
    }

    private func firstByte(of row: Int) -> UInt8 { withText(of: row) { $0.first ?? 0 } }
}

// MARK: - Members

extension JSONDocument {
    /// The row of the value of `key` in an object; of several with the same key the last, as in `JSON.parse`.
    func value(of key: String, in object: Int) -> Int? {
        var key = key
        return key.withUTF8 { value(ofKey: UnsafeRawBufferPointer($0), in: object) }
    }

    private func value(ofKey key: UnsafeRawBufferPointer, in object: Int) -> Int? {
        bytes.withUnsafeReadableBytes { bytes in
            var found: Int?
            var row = object + 1
            let end = tape.next(after: object)
            while row < end {
                if matches(row, key, in: bytes) { found = row + 1 }
                row = tape.next(after: row + 1)
            }
            return found
        }
    }

    @inline(__always)
    private func matches(_ row: Int, _ key: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Bool {
        let range = tape.range(of: row)
        if tape.hasEscapes(row) { return matchesUnescaped(bytes[range], key) }
        guard range.count == key.count + 2 else { return false }
        return bytes[range.lowerBound + 1..<range.upperBound - 1].elementsEqual(key)
    }

    private func matchesUnescaped(_ text: Slice<UnsafeRawBufferPointer>, _ key: UnsafeRawBufferPointer) -> Bool {
        JSONString.decode(UnsafeRawBufferPointer(rebasing: text), hasEscapes: true).utf8.elementsEqual(key)
    }

    /// The rows of the values of an array, or of the keys of an object; a key's value is the row after it.
    func members(of container: Int, isObject: Bool) -> some Sequence<Int> {
        let end = next(after: container)
        return sequence(state: container + 1) { row -> Int? in
            guard row < end else { return nil }
            defer { row = self.next(after: isObject ? row + 1 : row) }
            return row
        }
    }
}

// MARK: - Placeholders

extension JSONDocument {
    /// What the `num` of a placeholder says.
    enum PlaceholderNumber {
        case index(Int)

        /// Negative, fractional, huge, of another type, or absent.
        case invalid
    }

    /// The number in `{"_placeholder":true,"num":k}`; nothing when the value is something else.
    func placeholder(at row: Int) -> PlaceholderNumber? {
        guard firstByte(of: row) == UInt8(ascii: "{"), memberCount(of: row) > 0 else { return nil }
        guard let mark = value(of: "_placeholder", in: row), bool(at: mark) == true else { return nil }
        guard let number = value(of: "num", in: row) else { return .invalid }
        let index = withText(of: number) { JSONNumber.integer($0, as: UInt32.self) }
        return index.map { .index(Int($0)) } ?? .invalid
    }

    /// The attachment that a value stands for.
    func attachment(at row: Int) -> ByteBuffer? {
        guard !attachments.isEmpty, case .index(let index) = placeholder(at: row) else { return nil }
        return index < attachments.count ? attachments[index] : nil
    }
}
