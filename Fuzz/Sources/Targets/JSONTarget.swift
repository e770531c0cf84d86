/// JSON: what is accepted, what it means, and what is written of it.
import NIOCore

@testable import SocketIO

extension FuzzTarget {
    static let json = FuzzTarget("json") { input in
        let depth = 40
        let text = ByteBuffer(bytes: input.bytes)
        let value = try input.bounded(perByte: 300) { () -> (EncodedValue, Value)? in
            guard let value = encodedValue(text, maximumDepth: depth) else { return nil }
            return (value, try value.value)
        }
        let reference = ReferenceJSON.read(input.bytes, maximumDepth: depth)
        try expect(
            (value == nil) == (reference == nil),
            "accepted: \(value != nil), by the reference: \(reference != nil)"
        )
        try expect(skips(text, maximumDepth: depth) || reference == nil, "the scanner stops before the end")
        guard let (encoded, value) = value, let reference else { return }

        try expect(value.matches(reference), "\(value) is not \(reference)")
        let inside = encodedValue(text.inside(), maximumDepth: depth)
        try expectSame(try inside?.value, value, "cut out of a larger buffer")
        try expectSame(try EncodedValue(json: String(decoding: input.bytes, as: UTF8.self)).value, value, "as a string")
        let written = value.description
        try expect(try EncodedValue(json: written).value.means(value.written), "there and back by \(written)")
        let read = ReferenceJSON.read(Array(written.utf8), maximumDepth: depth)
        try expect(
            try EncodedValue(json: written).value.matches(read ?? .null),
            "the reference reads else in \(written)"
        )
        var copy = JSONWriter()
        copy.write(encoded)
        try expectSame(copy.buffer, encoded.bytes, "copied as it is")
    }
}

/// A value of bytes that are JSON, without the space around it.
func encodedValue(_ text: ByteBuffer, maximumDepth: Int, attachments: [ByteBuffer] = []) -> EncodedValue? {
    let tape = text.withUnsafeReadableBytes { try? JSONTape($0, maximumDepth: maximumDepth) }
    guard let range = tape?.range(of: 0) else { return nil }
    return text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count).map {
        EncodedValue(validated: $0, attachments: attachments)
    }
}

/// Whether the scanner finds the end of the value where the text ends, with and without other bytes behind.
private func skips(_ text: ByteBuffer, maximumDepth: Int) -> Bool {
    var longer = text
    longer.writeString(" ]")
    return [text, longer].allSatisfy { bytes in
        bytes.withUnsafeReadableBytes { bytes in
            var position = 0
            guard (try? JSONScanner.skipValue(bytes, from: &position, maximumDepth: maximumDepth)) != nil else {
                return false
            }
            return bytes[position..<text.readableBytes].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        }
    }
}

extension Value {
    /// Whether this is what the reference has read.
    func matches(_ reference: ReferenceJSON) -> Bool {
        switch (self, reference) {
        case (.null, .null): true
        case (.bool(let value), .bool(let expected)): value == expected
        case (.int(let value), .number(let text)): ExactNumber(text).integer == value
        case (.double(let value), .number(let text)):
            ExactNumber(text).integer == nil && value.bitPattern == Double(text)?.bitPattern
        case (.string(let value), .string(let expected)): value.utf8.elementsEqual(expected.utf8)
        case (.array(let elements), .array(let expected)):
            elements.count == expected.count && zip(elements, expected).allSatisfy { $0.matches($1) }
        case (.object(let members), .object(let expected)): members.matches(expected)
        default: false
        }
    }
}

extension Value.Object {
    /// As in JavaScript, a key keeps its first place and gets its last value.
    fileprivate func matches(_ expected: [(key: String, value: ReferenceJSON)]) -> Bool {
        var merged: [(key: String, value: ReferenceJSON)] = []
        for member in expected {
            if let place = merged.firstIndex(where: { $0.key.utf8.elementsEqual(member.key.utf8) }) {
                merged[place].value = member.value
            } else {
                merged.append(member)
            }
        }
        return self.count == merged.count
            && zip(self, merged).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value.matches($1.value) }
    }
}

/// A JSON number's digits, without zeros that mean nothing, and the power of ten behind them.
private struct ExactNumber {
    private var isNegative: Bool
    private var digits: [UInt8]
    private var exponent: Int

    init(_ text: String) {
        var rest = Array(text.utf8)[...]
        self.isNegative = rest.first == UInt8(ascii: "-")
        if self.isNegative { rest.removeFirst() }
        let parts = rest.split { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        self.digits = Array(mantissa.joined().drop { $0 == UInt8(ascii: "0") })
        // No sensible exponent has more than six digits; longer ones all mean the same.
        let written = parts.count > 1 ? Self.exponent(parts[1]) : 0
        self.exponent = written - (mantissa.count > 1 ? mantissa[1].count : 0)
        while self.digits.last == UInt8(ascii: "0") {
            self.digits.removeLast()
            self.exponent += 1
        }
    }

    private static func exponent(_ text: ArraySlice<UInt8>) -> Int {
        let sign = text.first == UInt8(ascii: "-") ? -1 : 1
        let digits = text.drop { !$0.isDigit }.drop { $0 == UInt8(ascii: "0") }
        return sign * (digits.count > 9 ? 1_000_000_000 : Int(String(decoding: digits, as: UTF8.self)) ?? 0)
    }

    /// The number, when it is one of 64 bits.
    var integer: Int64? {
        if self.digits.isEmpty { return 0 }
        guard self.exponent >= 0, self.digits.count + self.exponent < 25 else { return nil }
        let zeros = repeatElement(UInt8(ascii: "0"), count: self.exponent)
        return Int64((self.isNegative ? "-" : "") + String(decoding: self.digits + zeros, as: UTF8.self))
    }
}
