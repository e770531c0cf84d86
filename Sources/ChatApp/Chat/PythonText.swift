/// What Python decided in the original chat, decided alike: which characters are white space, and what counts as true.
import NIOCore
import SocketIO

/// Python's rules for text and truth.
enum PythonText {
    /// The text without white space at its ends, as Python's `str.strip()`.
    static func strip(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.drop(while: Self.isSpace)
        guard let last = start.lastIndex(where: { !Self.isSpace($0) }) else { return "" }
        return String(start[...last])
    }

    /// Whether a character is white space for Python's `str.isspace()`.
    ///
    /// Swift's `isWhitespace` lacks U+001C to U+001F.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Whether the texts have the same characters, one for one.
    ///
    /// Swift's `==` also takes `é` for `e` with an accent.
    static func areEqual(_ first: String, _ second: String) -> Bool {
        first.utf8.elementsEqual(second.utf8)
    }
}

/// Python's truth of a JSON value.
enum PythonTruth {
    /// Whether Python's `bool()` of the value holds: false for null, false, zero and everything empty.
    static func isTrue(_ value: EncodedValue) -> Bool {
        switch value.kind {
        case .null: false
        case .bool: value.json == "true"
        case .string: value.json != "\"\""
        case .number: !Self.isZero(value.json)
        case .array, .object: !Self.isEmptyContainer(value.json)
        case .binary: Self.hasBytes(value)
        }
    }

    /// Whether the text of a number means zero, also because it is too small for a double.
    private static func isZero(_ number: String) -> Bool {
        let significand = number.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        guard significand.contains(where: { UInt8(ascii: "1")...UInt8(ascii: "9") ~= $0 }) else { return true }
        return significand.count < number.utf8.count && Double(number) == 0
    }

    private static func isEmptyContainer(_ json: String) -> Bool {
        let content = json.utf8.dropFirst().first { $0 > UInt8(ascii: " ") }
        return content == UInt8(ascii: "]") || content == UInt8(ascii: "}")
    }

    private static func hasBytes(_ value: EncodedValue) -> Bool {
        guard let bytes = try? value.value.binaryValue else { return false }
        return bytes.readableBytes > 0
    }
}
