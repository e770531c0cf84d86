internal import NIOCore

extension JSONWriter {
    /// Writes a string with its quotation marks, escaped no more than needed.
    mutating func write(_ string: String) {
        var string = string
        string.withUTF8 { write(text: UnsafeRawBufferPointer($0), before: nil, after: nil) }
    }

    /// Writes what comes before the value of a member: a comma except for the first, the name, a colon.
    mutating func write(key: String, isFirst: Bool) {
        var key = key
        let comma = isFirst ? nil : UInt8(ascii: ",")
        key.withUTF8 { write(text: UnsafeRawBufferPointer($0), before: comma, after: UInt8(ascii: ":")) }
    }

    @inline(__always)
    private mutating func write(text: UnsafeRawBufferPointer, before: UInt8?, after: UInt8?) {
        if text.firstSpecialCharacter(from: 0) == text.count {
            writePlain(text, before: before, after: after)
        } else {
            if let before { write(punctuation: before) }
            writeEscaped(text)
            if let after { write(punctuation: after) }
        }
    }

    /// Writes what needs no escapes, and the punctuation around it, in one piece.
    @inline(__always)
    private mutating func writePlain(_ text: UnsafeRawBufferPointer, before: UInt8?, after: UInt8?) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: text.count + 4) { output in
            var end = 0
            func append(_ byte: UInt8) {
                output[end] = byte
                end += 1
            }
            if let before { append(before) }
            append(UInt8(ascii: "\""))
            UnsafeMutableRawBufferPointer(rebasing: output[end...]).copyMemory(from: text)
            end += text.count
            append(UInt8(ascii: "\""))
            if let after { append(after) }
            return end
        }
    }

    private mutating func writeEscaped(_ text: UnsafeRawBufferPointer) {
        write(punctuation: UInt8(ascii: "\""))
        var start = 0
        while true {
            let end = text.firstSpecialCharacter(from: start)
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: text[start..<end]))
            guard end < text.count else { break }
            writeEscape(of: text[end])
            start = end + 1
        }
        write(punctuation: UInt8(ascii: "\""))
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
        case 0x08: buffer.writeStaticString("\\b")
        case 0x0C: buffer.writeStaticString("\\f")
        case 0x0A: buffer.writeStaticString("\\n")
        case 0x0D: buffer.writeStaticString("\\r")
        case 0x09: buffer.writeStaticString("\\t")
        default:
            buffer.writeStaticString(byte < 0x10 ? "\\u000" : "\\u001")
            write(punctuation: Self.hexadecimal(byte & 0xF))
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
