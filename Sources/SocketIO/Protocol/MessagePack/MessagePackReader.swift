/// Turns MessagePack into JSON with attachments, the form in which everything else knows values.
internal import NIOCore

/// Writes what a cursor reads as JSON; bytes become attachments.
struct MessagePackReader {
    private let message: ByteBuffer
    private let maximumDepth: Int
    var cursor: MessagePackCursor

    /// Reads the bytes of a message, which must be those that the cursor stands in.
    init(_ cursor: MessagePackCursor, of message: ByteBuffer, maximumDepth: Int) {
        self.cursor = cursor
        self.message = message
        self.maximumDepth = maximumDepth
    }

    /// Copies the next value.
    ///
    /// - Returns: `false` when it was `undefined`, for which nothing has been written.
    mutating func copyValue(to writer: inout JSONWriter, depth: Int = 0) throws(PacketViolation) -> Bool {
        switch try cursor.next() {
        case .null: writer.writeNull()
        case .undefined: return false
        case .bool(let value): writer.write(value)
        case .integer(let value): writer.write(value)
        case .unsigned(let value): writer.write(value)
        case .double(let value): writer.write(value)
        case .text(let range): writer.write(text(range))
        case .binary(let range):
            writer.write(
                message.getSlice(at: message.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
            )
        case .date(let milliseconds):
            if let text = ISODate.text(milliseconds: milliseconds) { writer.write(text) } else { writer.writeNull() }
        case .array(let count):
            try copyArray(count, to: &writer, depth: try deeper(depth))
        case .map(let count):
            try copyMap(count, to: &writer, depth: try deeper(depth))
        }
        return true
    }

    /// Text that is not valid UTF-8 is repaired, as Node's decoder does.
    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]), as: UTF8.self)
    }

    private func deeper(_ depth: Int) throws(PacketViolation) -> Int {
        guard depth < maximumDepth else {
            throw .tooMany("levels", found: depth + 1, limit: maximumDepth, of: .nestingDepth)
        }
        return depth + 1
    }

    private mutating func copyArray(
        _ count: Int,
        to writer: inout JSONWriter,
        depth: Int
    ) throws(PacketViolation) {
        writer.write(punctuation: UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { writer.write(punctuation: UInt8(ascii: ",")) }
            if try !copyValue(to: &writer, depth: depth) { writer.writeNull() }
        }
        writer.write(punctuation: UInt8(ascii: "]"))
    }

    /// Members that are `undefined` are left out.
    private mutating func copyMap(
        _ count: Int,
        to writer: inout JSONWriter,
        depth: Int
    ) throws(PacketViolation) {
        writer.write(punctuation: UInt8(ascii: "{"))
        var isFirst = true
        for _ in 0..<count {
            let mark = writer.mark
            let key = try readKey()
            if !isFirst { writer.write(punctuation: UInt8(ascii: ",")) }
            writer.write(key)
            writer.write(punctuation: UInt8(ascii: ":"))
            if try copyValue(to: &writer, depth: depth) { isFirst = false } else { writer.rollBack(to: mark) }
        }
        writer.write(punctuation: UInt8(ascii: "}"))
    }

    /// Reads the key of a map, which must be text.
    mutating func readKey() throws(PacketViolation) -> String {
        let token = try cursor.next()
        guard case .text(let range) = token else {
            throw PacketViolation(message: "expected a text as key, found \(token.kind)")
        }
        return text(range)
    }

    /// Reads a text, or nothing at all.
    mutating func readText(for key: String) throws(PacketViolation) -> String {
        let token = try cursor.next()
        guard case .text(let range) = token else {
            throw PacketViolation(message: "expected a text for \(key), found \(token.kind)")
        }
        return text(range)
    }
}

extension MessagePackToken {
    /// What kind of value it is, without the peer's bytes.
    var kind: String {
        switch self {
        case .null: "null"
        case .undefined: "undefined"
        case .bool: "a Boolean"
        case .integer, .unsigned, .double: "a number"
        case .text: "a text"
        case .binary: "bytes"
        case .date: "a date"
        case .array: "an array"
        case .map: "a map"
        }
    }
}
