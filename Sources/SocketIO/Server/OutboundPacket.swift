/// Writes a packet: the JSON first, then its prefix and frame header backwards into the room left before it.
internal import EngineIO
internal import NIOCore

/// A packet under construction.
///
/// The number of attachments stands before the JSON but is known only after it. So the JSON is written behind some
/// headroom, and type, count, namespace and id go right before it: one buffer, nothing moved. There is one owner at any
/// time, or the prefix would be written into a copy.
struct OutboundPacket: ~Copyable {
    private static let digitCapacity = 20

    private(set) var writer: JSONWriter
    private let namespace: String
    private let parser: PacketParser

    /// Starts a packet.
    ///
    /// - Parameters:
    ///   - namespace: The namespace the packet belongs to.
    ///   - parser: How it is written in the end.
    ///   - capacity: The expected size of the JSON in bytes.
    init(namespace: String, parser: PacketParser = .standard, capacity: Int = 256) {
        self.namespace = namespace
        self.parser = parser
        // The type, a count with its dash, the namespace with its comma, and the id.
        let headroom = MessageUnit.headroom + 1 + Self.digitCapacity + 1 + namespace.utf8.count + 1 + Self.digitCapacity
        var buffer = ByteBufferAllocator().buffer(capacity: headroom + capacity)
        buffer.moveWriterIndex(forwardBy: headroom)
        buffer.moveReaderIndex(forwardBy: headroom)
        self.writer = JSONWriter(buffer: buffer)
    }

    /// Starts the array of an event.
    static func event(_ name: String, namespace: String, parser: PacketParser = .standard) -> Self {
        var packet = Self(namespace: namespace, parser: parser)
        packet.writer.write(punctuation: UInt8(ascii: "["))
        packet.writer.write(name)
        return packet
    }

    /// Adds an argument behind an event's name.
    mutating func append(_ argument: some Encodable) throws {
        self.writer.write(punctuation: UInt8(ascii: ","))
        try self.writer.encode(argument)
    }

    /// Writes the JSON.
    mutating func write(_ body: (inout JSONWriter) throws -> Void) rethrows {
        try body(&self.writer)
    }

    /// Ends the array of an event.
    mutating func endArray() {
        self.writer.write(punctuation: UInt8(ascii: "]"))
    }

    /// Adds an argument behind the others of an event whose array has been ended.
    mutating func appendLast(_ argument: String) {
        self.writer.removeLastByte()
        self.writer.write(punctuation: UInt8(ascii: ","))
        self.writer.write(argument)
        self.endArray()
    }

    /// Puts the prefix before the JSON; an event or acknowledgement with attachments becomes its binary kind.
    consuming func finished(type: PacketType, id: UInt64? = nil) -> MessageUnit {
        if self.parser == .messagePack { return self.finishedAsMessagePack(type: type, id: id) }
        // Taken out, since the prefix would be written into a copy while the writer has the buffer too.
        let attachments = self.writer.attachments
        var buffer = self.writer.takeBuffer()
        let end = buffer.readerIndex
        let start = buffer.withVeryUnsafeMutableBytes { bytes in
            var prefix = BackwardWriter(bytes: bytes, index: end)
            if let id { prefix.write(digits: id) }
            if self.namespace != "/" {
                prefix.write(UInt8(ascii: ","))
                prefix.write(self.namespace)
            }
            if attachments.isEmpty {
                prefix.write(type.digit)
            } else {
                prefix.write(UInt8(ascii: "-"))
                prefix.write(digits: UInt64(attachments.count))
                prefix.write(type.binaryKind.digit)
            }
            return prefix.index
        }
        buffer.moveReaderIndex(to: start)
        return MessageUnit(text: buffer, attachments: attachments)
    }
}

extension OutboundPacket {
    /// A packet without payload.
    static func empty(_ type: PacketType, namespace: String, parser: PacketParser = .standard) -> MessageUnit {
        Self(namespace: namespace, parser: parser, capacity: 0).finished(type: type)
    }

    /// Writes the packet anew, as one binary message.
    private consuming func finishedAsMessagePack(type: PacketType, id: UInt64?) -> MessageUnit {
        let payload =
            self.writer.buffer.readableBytes == 0
            ? nil : EncodedValue(validated: self.writer.buffer, attachments: self.writer.attachments)
        var writer = MessagePackWriter(capacity: self.namespace.utf8.count + 32 + self.writer.buffer.readableBytes)
        writer.write(type: type, namespace: self.namespace, id: id, payload: payload)
        return MessageUnit(binary: writer.buffer)
    }
}

extension PacketType {
    fileprivate var digit: UInt8 { UInt8(ascii: "0") + self.rawValue }

    fileprivate var binaryKind: Self {
        switch self {
        case .event: .binaryEvent
        case .ack: .binaryAck
        default: self
        }
    }
}

/// Writes from back to front, into room that is there.
private struct BackwardWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var index: Int

    init(bytes: UnsafeMutableRawBufferPointer, index: Int) {
        self.bytes = bytes
        self.index = index
    }

    mutating func write(_ byte: UInt8) {
        self.index -= 1
        self.bytes[self.index] = byte
    }

    mutating func write(digits value: UInt64) {
        var rest = value
        repeat {
            self.write(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
    }

    mutating func write(_ text: String) {
        for byte in text.utf8.reversed() { self.write(byte) }
    }
}
