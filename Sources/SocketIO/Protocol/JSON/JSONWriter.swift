internal import NIOCore

/// Writes JSON as `JSON.stringify` does, and collects bytes as attachments.
///
/// Several values may be written one after the other, with whatever belongs between them: the arguments of one packet
/// share a writer, so that their attachments are numbered through.
struct JSONWriter: Sendable {
    /// The text so far.
    var buffer: ByteBuffer

    /// The bytes that placeholders in ``buffer`` stand for, in the order of their numbers.
    private(set) var attachments: [ByteBuffer] = []

    /// The placeholders in ``buffer`` that this writer wrote; an attachment may have several.
    private var placeholderCount = 0

    /// Goes on where `buffer` ends.
    init(buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// Starts with room for most packets.
    init() {
        self.init(buffer: ByteBuffer())
        buffer.reserveCapacity(256)
    }

    @inline(__always)
    mutating func write(punctuation byte: UInt8) {
        buffer.writeInteger(byte)
    }

    mutating func writeNull() {
        buffer.writeStaticString("null")
    }

    mutating func write(_ value: Bool) {
        buffer.writeStaticString(value ? "true" : "false")
    }

    /// Writes bytes as a placeholder, and makes them an attachment.
    mutating func write(_ value: ByteBuffer) {
        attachments.append(value)
        writePlaceholder(attachments.count - 1)
    }

    private mutating func writePlaceholder(_ number: Int) {
        placeholderCount += 1
        buffer.writeStaticString(#"{"_placeholder":true,"num":"#)
        write(number)
        buffer.writeStaticString("}")
    }
}

// MARK: - Placeholders of others

extension JSONWriter {
    /// Whether the text, which must be complete, has objects that look like placeholders but are data.
    ///
    /// The protocol has no escape for them. They do no harm in a packet without attachments; in one with attachments
    /// every receiver would take them for attachments, and close the connection when there are not that many. A client
    /// could do that to all others with a message that the server sends on next to some bytes.
    var hasForeignPlaceholders: Bool {
        guard !attachments.isEmpty else { return false }
        let document = JSONDocument(EncodedValue(validated: buffer, attachments: attachments))
        var found = 0
        var row = 0
        while row < document.rowCount {
            // Also inside of one, which, when it is data, would otherwise hide an attachment of ours behind itself.
            if document.placeholder(at: row) != nil { found += 1 }
            row += 1
        }
        return found != placeholderCount
    }
}

// MARK: - Undoing

extension JSONWriter {
    /// Takes back the last byte, which must be punctuation.
    mutating func removeLastByte() {
        buffer.moveWriterIndex(to: buffer.writerIndex - 1)
    }

    /// How much was written at some moment.
    struct Mark {
        fileprivate let writerIndex: Int
        fileprivate let attachmentCount: Int
        fileprivate let placeholderCount: Int
    }

    var mark: Mark {
        let attachments = attachments.count
        return Mark(writerIndex: buffer.writerIndex, attachmentCount: attachments, placeholderCount: placeholderCount)
    }

    /// Forgets what was written since.
    mutating func rollBack(to mark: Mark) {
        buffer.moveWriterIndex(to: mark.writerIndex)
        attachments.removeLast(attachments.count - mark.attachmentCount)
        placeholderCount = mark.placeholderCount
    }

    /// Gives the text away, so that whoever takes it is its only owner and can write without copying.
    mutating func takeBuffer() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&buffer, &taken)
        return taken
    }

    /// Gives the contents away, so that whoever takes them is their only owner and can write without copying.
    mutating func release() -> JSONWriter {
        var contents = JSONWriter(buffer: ByteBuffer())
        swap(&self, &contents)
        return contents
    }
}

// MARK: - Whole values

extension JSONWriter {
    /// Writes a value that is JSON already: as it is, except that its placeholders get new numbers.
    mutating func write(_ value: EncodedValue) {
        if value.hasAttachments { writeRenumbered(JSONDocument(value)) } else { write(json: value.bytes) }
    }

    /// Copies JSON that stands in a larger text.
    mutating func write(json text: ByteBuffer, at index: Int, length: Int) {
        _ = text.withVeryUnsafeBytes { buffer.writeBytes(UnsafeRawBufferPointer(rebasing: $0[index..<index + length])) }
    }

    /// Copies JSON in one piece.
    private mutating func write(json: ByteBuffer) {
        _ = json.withUnsafeReadableBytes { buffer.writeBytes($0) }
    }

    /// Copies the text between the placeholders.
    ///
    /// One attachment that several of them name stays one.
    private mutating func writeRenumbered(_ document: JSONDocument) {
        var copied = 0
        var row = 0
        var numbers: [Int: Int] = [:]
        while row < document.rowCount {
            guard case .index(let index) = document.placeholder(at: row), index < document.attachments.count else {
                row += 1
                continue
            }
            let range = document.range(of: row)
            copy(document.bytes, copied..<range.lowerBound)
            writePlaceholder(number(for: index, in: document, &numbers))
            copied = range.upperBound
            row = document.next(after: row)
        }
        copy(document.bytes, copied..<document.bytes.readableBytes)
    }

    private mutating func number(for index: Int, in document: JSONDocument, _ numbers: inout [Int: Int]) -> Int {
        if let number = numbers[index] { return number }
        attachments.append(document.attachments[index])
        numbers[index] = attachments.count - 1
        return attachments.count - 1
    }

    private mutating func copy(_ bytes: ByteBuffer, _ range: Range<Int>) {
        _ = bytes.withUnsafeReadableBytes { buffer.writeBytes(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Inserts values at the given offsets, which ascend, into what was written.
    ///
    /// What stands before the first of them stays where it is, also the room that a packet keeps for its prefix.
    mutating func fill(_ gaps: [(position: Int, content: EncodedValue)]) {
        guard let first = gaps.first?.position else { return }
        let tail = ByteBuffer(bytes: buffer.readableBytesView.dropFirst(first))
        buffer.moveWriterIndex(to: buffer.readerIndex + first)
        var copied = 0
        for gap in gaps {
            copy(tail, copied..<gap.position - first)
            write(gap.content)
            copied = gap.position - first
        }
        copy(tail, copied..<tail.readableBytes)
    }

    mutating func write(_ value: Value) {
        switch value {
        case .null: writeNull()
        case .bool(let value): write(value)
        case .int(let value): write(value)
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .binary(let value): write(value)
        case .array(let elements): write(elements)
        case .object(let members): write(members)
        }
    }

    private mutating func write(_ elements: [Value]) {
        var separator = UInt8(ascii: "[")
        for element in elements {
            write(punctuation: separator)
            write(element)
            separator = UInt8(ascii: ",")
        }
        if elements.isEmpty { write(punctuation: separator) }
        write(punctuation: UInt8(ascii: "]"))
    }

    private mutating func write(_ members: Value.Object) {
        var separator = UInt8(ascii: "{")
        for (key, value) in members {
            write(punctuation: separator)
            write(key)
            write(punctuation: UInt8(ascii: ":"))
            write(value)
            separator = UInt8(ascii: ",")
        }
        if members.isEmpty { write(punctuation: separator) }
        write(punctuation: UInt8(ascii: "}"))
    }
}
