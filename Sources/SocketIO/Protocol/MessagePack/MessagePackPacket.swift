/// Packets that are one MessagePack map each (Socket.IO, msgpack parser).
internal import NIOCore

/// Reads packets of the msgpack parser.
///
/// A packet becomes the text and the attachments that the default parser would have sent, and is decoded as those: one
/// set of rules and limits for both. Keys may come in any order, and unknown ones are passed over.
enum MessagePackPacket {
    private struct Fields {
        var type: Int64?
        var namespace: String?
        var id: UInt64?
        var data: JSONWriter?
    }

    /// Decodes one message.
    static func decode(_ message: ByteBuffer, limits: PacketLimits) throws(PacketViolation) -> DecodedPacket {
        let (text, attachments) = try Self.standardForm(of: message, limits: limits)
        var decoder = PacketDecoder(limits: limits)
        var packet = try decoder.decodeText(text)
        for attachment in attachments { packet = try decoder.decodeBinary(attachment) }
        guard let packet else { throw .unexpectedAttachment }
        return packet
    }

    /// The text and the attachments that the default parser would have sent.
    static func standardForm(
        of message: ByteBuffer,
        limits: PacketLimits
    ) throws(PacketViolation) -> (text: ByteBuffer, attachments: [ByteBuffer]) {
        try message.withUnsafeReadableBytes { (bytes) throws(PacketViolation) in
            try Self.encode(try Self.fields(of: message, bytes, limits), limits)
        }
    }

    private static func fields(
        of message: ByteBuffer,
        _ bytes: UnsafeRawBufferPointer,
        _ limits: PacketLimits
    ) throws(PacketViolation) -> Fields {
        var reader = MessagePackReader(MessagePackCursor(bytes), of: message, limits: limits)
        let head = try reader.cursor.next()
        guard case .map(let count) = head else {
            throw PacketViolation(message: "expected a map, found \(head.kind)")
        }
        var fields = Fields()
        for _ in 0..<count { try Self.readField(into: &fields, from: &reader) }
        guard reader.cursor.isAtEnd else {
            throw PacketViolation(message: "expected the end of a packet, found more")
        }
        return fields
    }

    private static func readField(
        into fields: inout Fields,
        from reader: inout MessagePackReader
    ) throws(PacketViolation) {
        switch try reader.readKey() {
        case "type": fields.type = try Self.readInteger("type", from: &reader)
        case "nsp": fields.namespace = try reader.readText(for: "nsp")
        case "id":
            guard let id = try Self.readInteger("id", from: &reader) else { return }
            guard let id = UInt64(exactly: id) else {
                throw PacketViolation(message: "expected an id of 0 or more, found \(id)")
            }
            fields.id = id
        case "data":
            var writer = JSONWriter()
            fields.data = try reader.copyValue(to: &writer) ? writer : nil
        default:
            // Such as the options that JavaScript clients send along.
            try reader.skipValue()
        }
    }

    private static func readInteger(
        _ key: String,
        from reader: inout MessagePackReader
    ) throws(PacketViolation) -> Int64? {
        let token = try reader.cursor.next()
        switch token {
        case .integer(let value): return value
        case .unsigned(let value): if let value = Int64(exactly: value) { return value }
        case .null, .undefined: return nil
        default: break
        }
        throw PacketViolation(message: "expected an integer as \(key), found \(token.kind)")
    }

    /// Writes the packet as the default parser would have.
    private static func encode(
        _ fields: Fields,
        _ limits: PacketLimits
    ) throws(PacketViolation) -> (ByteBuffer, [ByteBuffer]) {
        guard let type = fields.type, (0...4).contains(type) else {
            throw PacketViolation(
                message: "expected a type from 0 to 4, found \(fields.type.map(String.init) ?? "none")"
            )
        }
        // The default parser's namespaces begin with a slash and end with a comma: others do not exist.
        guard let namespace = fields.namespace, namespace.utf8.first == UInt8(ascii: "/"),
            !namespace.utf8.contains(UInt8(ascii: ","))
        else { throw PacketViolation(message: "expected a namespace that begins with a slash and has no comma") }
        let data = try Self.payload(of: type, fields.data)
        let attachments = data?.attachments ?? []
        var text = ByteBufferAllocator().buffer(capacity: namespace.utf8.count + 48 + (data?.buffer.readableBytes ?? 0))
        text.writeInteger(UInt8(ascii: "0") + UInt8(type) + (attachments.isEmpty ? 0 : 3))
        if !attachments.isEmpty { text.writeString("\(attachments.count)-") }
        if namespace != "/" { text.writeString("\(namespace),") }
        if let id = fields.id { text.writeString("\(id)") }
        if let data { text.writeImmutableBuffer(data.buffer) }
        return (text, attachments)
    }

    /// The payload, which has the shape that the type wants (Socket.IO, msgpack parser).
    ///
    /// Checked here, since a number would be taken for an id in the text.
    private static func payload(of type: Int64, _ data: JSONWriter?) throws(PacketViolation) -> JSONWriter? {
        let first = data?.buffer.readableBytesView.first
        // `null` stands for nothing with python-socketio, where the JavaScript client has `undefined`.
        if type < 2, first == nil || first == UInt8(ascii: "n") { return nil }
        let shapes: [UInt8] =
            switch type {
            case 0: [UInt8(ascii: "{")]
            case 1: []
            case 4: [UInt8(ascii: "{"), UInt8(ascii: "\"")]
            default: [UInt8(ascii: "[")]
            }
        guard let data, let first, shapes.contains(first) else {
            throw PacketViolation(message: "expected data that belongs to type \(type), found other data or none")
        }
        guard data.attachments.isEmpty || type == 2 || type == 3 else {
            throw PacketViolation(message: "expected no bytes in a packet of type \(type), found some")
        }
        guard !data.hasForeignPlaceholders else {
            throw PacketViolation(message: "found data that looks like bytes beside bytes")
        }
        return data
    }
}
