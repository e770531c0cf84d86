/// Writes a packet: the JSON first, then its prefix and frame header backwards into the room left before it.
internal import EngineIO
internal import NIOCore

/// A packet under construction.
///
/// The number of attachments stands before the JSON but is known only after it. So the JSON is written behind some
/// headroom, and type, count, namespace and id go right before it: one buffer, nothing moved.
struct OutboundPacket {
    private static let digitCapacity = 20

    private(set) var writer: JSONWriter
    private let namespace: String

    /// Starts a packet.
    ///
    /// - Parameters:
    ///   - namespace: The namespace the packet belongs to.
    ///   - capacity: The expected size of the JSON in bytes.
    init(namespace: String, capacity: Int = 256) {
        self.namespace = namespace
        // The type, a count with its dash, the namespace with its comma, and the id.
        let headroom = MessageUnit.headroom + 1 + Self.digitCapacity + 1 + namespace.utf8.count + 1 + Self.digitCapacity
        var buffer = ByteBuffer()
        buffer.reserveCapacity(headroom + capacity)
        buffer.moveWriterIndex(forwardBy: headroom)
        buffer.moveReaderIndex(forwardBy: headroom)
        self.writer = JSONWriter(buffer: buffer)
    }

    /// Starts the array of an event.
    static func event(_ name: String, namespace: String) -> Self {
        var packet = Self(namespace: namespace)
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

    /// Puts the prefix before the JSON; an event or acknowledgement with attachments becomes its binary kind.
    consuming func finished(type: PacketType, id: UInt64? = nil) -> MessageUnit {
        let attachments = self.writer.attachments
        var buffer = self.writer.buffer
        var prefix = BackwardWriter(index: buffer.readerIndex)
        if let id { prefix.write(digits: id, into: &buffer) }
        if self.namespace != "/" {
            prefix.write(UInt8(ascii: ","), into: &buffer)
            prefix.write(self.namespace, into: &buffer)
        }
        if attachments.isEmpty {
            prefix.write(digits: UInt64(type.rawValue), into: &buffer)
        } else {
            prefix.write(UInt8(ascii: "-"), into: &buffer)
            prefix.write(digits: UInt64(attachments.count), into: &buffer)
            prefix.write(digits: UInt64(type.binaryKind.rawValue), into: &buffer)
        }
        buffer.moveReaderIndex(to: prefix.index)
        return MessageUnit(text: buffer, attachments: attachments)
    }
}

extension OutboundPacket {
    /// A packet without payload.
    static func empty(_ type: PacketType, namespace: String) -> MessageUnit {
        Self(namespace: namespace, capacity: 0).finished(type: type)
    }
}

extension PacketType {
    fileprivate var binaryKind: Self {
        switch self {
        case .event: .binaryEvent
        case .ack: .binaryAck
        default: self
        }
    }
}

/// Writes into a buffer from back to front.
private struct BackwardWriter {
    private(set) var index: Int

    init(index: Int) {
        self.index = index
    }

    mutating func write(_ byte: UInt8, into buffer: inout ByteBuffer) {
        self.index -= 1
        buffer.setInteger(byte, at: self.index)
    }

    mutating func write(digits value: UInt64, into buffer: inout ByteBuffer) {
        var rest = value
        repeat {
            self.write(UInt8(ascii: "0") + UInt8(rest % 10), into: &buffer)
            rest /= 10
        } while rest > 0
    }

    mutating func write(_ text: String, into buffer: inout ByteBuffer) {
        self.index -= text.utf8.count
        buffer.setString(text, at: self.index)
    }
}
