/// Writes packets as MessagePack maps, from the JSON and the attachments they were encoded as.
internal import NIOCore

/// Appends MessagePack to a buffer, in its shortest form.
struct MessagePackWriter {
    private(set) var buffer: ByteBuffer

    /// Starts with room for a number of bytes.
    init(capacity: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    // MARK: Packets

    /// Writes a packet; an acknowledgement begins with its id, as Node's does.
    mutating func write(type: PacketType, namespace: String, id: UInt64?, payload: EncodedValue?) {
        let hasPayload = payload != nil
        writeMapHead(count: 2 + (hasPayload ? 1 : 0) + (id == nil ? 0 : 1))
        if type == .ack, let id { write(key: "id", id) }
        write("type")
        write(UInt64(type.rawValue))
        if let payload {
            write("data")
            write(JSONDocument(payload))
        }
        if type != .ack, let id { write(key: "id", id) }
        write("nsp")
        write(namespace)
    }

    private mutating func write(key: String, _ value: UInt64) {
        write(key)
        write(value)
    }

    // MARK: JSON

    /// Writes a whole document.
    mutating func write(_ document: JSONDocument) {
        _ = write(row: 0, of: document)
    }

    /// Writes one value.
    ///
    /// - Returns: The row behind it.
    private mutating func write(row: Int, of document: JSONDocument) -> Int {
        switch document.kind(of: row) {
        case .null: buffer.writeInteger(UInt8(0xC0))
        case .bool: buffer.writeInteger(document.bool(at: row) == true ? UInt8(0xC3) : 0xC2)
        case .number: document.withText(of: row) { write(number: $0) }
        case .string: write(document.string(at: row) ?? "")
        case .binary: write(document.attachment(at: row) ?? ByteBuffer())
        case .array:
            writeArrayHead(count: document.memberCount(of: row))
            writeMembers(of: row, document)
        case .object:
            writeMapHead(count: document.memberCount(of: row))
            writeMembers(of: row, document)
        }
        return document.next(after: row)
    }

    /// Keys and values are rows alike.
    private mutating func writeMembers(of container: Int, _ document: JSONDocument) {
        let end = document.next(after: container)
        var row = container + 1
        while row < end { row = write(row: row, of: document) }
    }

    private mutating func write(number text: UnsafeRawBufferPointer) {
        if let value = JSONNumber.integer(text, as: UInt64.self) {
            write(value)
        } else if let value = JSONNumber.integer(text, as: Int64.self) {
            write(negative: value)
        } else {
            buffer.writeInteger(UInt8(0xCB))
            buffer.writeInteger((JSONNumber.double(text) ?? .nan).bitPattern)
        }
    }

    // MARK: Values

    mutating func write(_ value: UInt64) {
        switch value {
        case ...0x7F:
            buffer.writeInteger(UInt8(value))
        case ...UInt64(UInt32.max):
            writeLength(Int(value), bytes: (0xCC, 0xCD, 0xCE))
        default:
            buffer.writeInteger(UInt8(0xCF))
            buffer.writeInteger(value)
        }
    }

    private mutating func write(negative value: Int64) {
        if let value = Int8(exactly: value) {
            if value < -32 { buffer.writeInteger(UInt8(0xD0)) }
            buffer.writeInteger(value)
        } else if let value = Int16(exactly: value) {
            buffer.writeInteger(UInt8(0xD1))
            buffer.writeInteger(value)
        } else if let value = Int32(exactly: value) {
            buffer.writeInteger(UInt8(0xD2))
            buffer.writeInteger(value)
        } else {
            buffer.writeInteger(UInt8(0xD3))
            buffer.writeInteger(value)
        }
    }

    mutating func write(_ text: String) {
        let count = text.utf8.count
        if count < 32 {
            buffer.writeInteger(0xA0 | UInt8(count))
        } else {
            writeLength(count, bytes: (0xD9, 0xDA, 0xDB))
        }
        buffer.writeString(text)
    }

    mutating func write(_ binary: ByteBuffer) {
        writeLength(binary.readableBytes, bytes: (0xC4, 0xC5, 0xC6))
        buffer.writeImmutableBuffer(binary)
    }

    // MARK: Heads

    private mutating func writeArrayHead(count: Int) {
        if count < 16 {
            buffer.writeInteger(0x90 | UInt8(count))
        } else {
            writeLength(count, bytes: (nil, 0xDC, 0xDD))
        }
    }

    private mutating func writeMapHead(count: Int) {
        if count < 16 {
            buffer.writeInteger(0x80 | UInt8(count))
        } else {
            writeLength(count, bytes: (nil, 0xDE, 0xDF))
        }
    }

    /// Writes the head byte for a length of 1, 2 or 4 bytes, and the length.
    private mutating func writeLength(_ length: Int, bytes: (one: UInt8?, two: UInt8, four: UInt8)) {
        if let one = bytes.one, let length = UInt8(exactly: length) {
            buffer.writeInteger(one)
            buffer.writeInteger(length)
        } else if let length = UInt16(exactly: length) {
            buffer.writeInteger(bytes.two)
            buffer.writeInteger(length)
        } else {
            buffer.writeInteger(bytes.four)
            buffer.writeInteger(UInt32(truncatingIfNeeded: length))
        }
    }
}
