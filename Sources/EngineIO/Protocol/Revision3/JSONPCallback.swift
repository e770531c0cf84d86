/// Polling by script elements, as browsers without cross-origin requests did it ("Engine.IO v3, JSONP").
import NIOCore

/// The function that a client wants its payloads handed to: `___eio[0]`.
struct JSONPCallback: Sendable, Hashable {
    let index: UInt32

    init(index: UInt32) {
        self.index = index
    }

    /// Takes the digits of a parameter, as Node does; nil when there are none, or too many for an index.
    init?(parameter: String) {
        let digits = parameter.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let index = UInt32(String(decoding: digits, as: UTF8.self)) else { return nil }
        self.index = index
    }

    // MARK: Answers

    /// The script that hands over a payload of text.
    func call(with payload: ByteBuffer) -> ByteBuffer {
        var script = ByteBufferAllocator().buffer(capacity: payload.readableBytes * 5 / 4 + 32)
        script.writeStaticString("___eio[")
        script.writeString(String(self.index))
        script.writeStaticString("](\"")
        Self.writeEscaped(payload, into: &script)
        script.writeStaticString("\");")
        return script
    }

    /// Writes the inside of a string, of JSON and of a script alike: U+2028 and U+2029 end a line in old scripts.
    private static func writeEscaped(_ text: ByteBuffer, into script: inout ByteBuffer) {
        var rest = text
        while let byte = rest.readInteger(as: UInt8.self) {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): script.writeBytes([UInt8(ascii: "\\"), byte])
            case 0x08: script.writeStaticString("\\b")
            case 0x09: script.writeStaticString("\\t")
            case 0x0A: script.writeStaticString("\\n")
            case 0x0C: script.writeStaticString("\\f")
            case 0x0D: script.writeStaticString("\\r")
            case ..<0x20: script.writeString((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
            case 0xE2 where rest.isLineSeparator:
                rest.moveReaderIndex(forwardBy: 1)
                script.writeStaticString(rest.readInteger(as: UInt8.self) == 0xA8 ? "\\u2028" : "\\u2029")
            default: script.writeInteger(byte)
            }
        }
    }

    // MARK: Requests

    /// The payload that a form carries in its field `d`; nil when it has no such field, or several, as in Node.
    static func payload(ofForm form: ByteBuffer) -> ByteBuffer? {
        var found: ByteBuffer?
        var rest = form.readableBytesView
        // One field after the other: a list of a million empty ones would be large.
        while !rest.isEmpty {
            let field = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest.dropFirst(field.count + 1)
            guard field.starts(with: "d=".utf8) else { continue }
            guard found == nil else { return nil }
            found = Self.unescaped(Self.decoded(field.dropFirst(2)))
        }
        return found
    }

    /// Undoes the form's own escapes.
    private static func decoded(_ text: ByteBufferView) -> ByteBuffer {
        var result = ByteBufferAllocator().buffer(capacity: text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                result.writeInteger(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), let escaped = Self.escapedByte(text[index...].prefix(2)) {
                result.writeInteger(escaped)
                index += 2
            } else {
                result.writeInteger(byte)
            }
        }
        return result
    }

    private static func escapedByte(_ digits: ByteBufferView) -> UInt8? {
        let values = digits.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == 2, let high = values[0], let low = values[1] else { return nil }
        return UInt8(high << 4 | low)
    }

    /// Undoes what clients do to line breaks, which forms would change: `\n` is one, and `\\n` a backslash with an n.
    private static func unescaped(_ text: ByteBuffer) -> ByteBuffer {
        let bytes = text.readableBytesView
        var result = ByteBufferAllocator().buffer(capacity: text.readableBytes)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let rest = bytes[index...]
            if rest.starts(with: #"\\n"#.utf8) {
                result.writeStaticString(#"\n"#)
                index += 3
            } else if rest.starts(with: #"\n"#.utf8) {
                result.writeStaticString("\n")
                index += 2
            } else {
                result.writeInteger(bytes[index])
                index += 1
            }
        }
        return result
    }
}

extension ByteBuffer {
    /// Whether what follows a byte of 0xE2 makes it U+2028 or U+2029.
    fileprivate var isLineSeparator: Bool {
        guard let second: UInt8 = self.getInteger(at: self.readerIndex), second == 0x80,
            let third: UInt8 = self.getInteger(at: self.readerIndex + 1)
        else { return false }
        return third == 0xA8 || third == 0xA9
    }
}
