internal import NIOCore

/// Turns the messages of one connection into packets, waiting for the attachments that a packet announces.
///
/// Takes text without the Engine.IO type in front. A throw means that the connection has to be closed; the decoder is
/// of no further use then.
struct PacketDecoder: Sendable {
    private let limits: PacketLimits
    private var pending: PendingPacket?

    init(limits: PacketLimits = PacketLimits()) {
        self.limits = limits
    }

    /// Whether a packet waits for attachments; the driver sets a deadline while it does.
    var hasPendingAttachments: Bool { pending != nil }

    /// Takes one text message.
    ///
    /// - Returns: The packet, or nothing when its attachments are still to come.
    mutating func decodeText(_ message: ByteBuffer) throws(PacketViolation) -> DecodedPacket? {
        try takeText()
        let (packet, attachments) = try Self.decode(message, limits: limits)
        guard attachments > 0 else { return packet }
        expect(attachments, of: packet)
        return nil
    }

    /// Notes that a text has come, which may not be while attachments are awaited.
    func takeText() throws(PacketViolation) {
        guard pending == nil else { throw .textWhileAttachmentsPending }
    }

    /// Decodes one text, which needs nothing of what came before.
    ///
    /// - Returns: The packet, and how many attachments have to follow it.
    static func decode(
        _ message: ByteBuffer,
        limits: PacketLimits
    ) throws(PacketViolation) -> (packet: DecodedPacket, attachments: Int) {
        try message.withUnsafeReadableBytes { (text) throws(PacketViolation) in
            var reader = PacketReader(text, limits: limits)
            let header = try reader.readHeader()
            return (try decodePacket(header, from: &reader, message: message, limits), header.attachments)
        }
    }

    /// Reads only what stands before the payload, for a packet that is not wanted.
    ///
    /// - Returns: The header; its attachments will follow all the same.
    static func decodeHeader(
        _ message: ByteBuffer,
        limits: PacketLimits
    ) throws(PacketViolation) -> PacketHeader {
        try message.withUnsafeReadableBytes { (text) throws(PacketViolation) in
            var reader = PacketReader(text, limits: limits)
            return try reader.readHeader()
        }
    }

    /// Waits for the attachments of a packet.
    mutating func expect(_ attachments: Int, of packet: DecodedPacket) {
        pending = PendingPacket(packet: packet, expected: attachments)
    }

    /// Takes one binary message.
    ///
    /// - Returns: The packet that this was the last attachment of, or nothing while more are to come.
    mutating func decodeBinary(_ message: ByteBuffer) throws(PacketViolation) -> DecodedPacket? {
        guard var packet = pending.take() else { throw .unexpectedAttachment }
        packet.add(message)
        guard packet.byteCount <= limits.maximumAttachmentBytes else {
            throw .tooMany(
                "bytes of attachments",
                found: packet.byteCount,
                limit: limits.maximumAttachmentBytes,
                of: .attachmentBytes
            )
        }
        if packet.isComplete { return packet.assembled() }
        pending = packet
        return nil
    }
}

/// A packet whose attachments have not all come.
private struct PendingPacket: Sendable {
    private var packet: DecodedPacket
    private let expected: Int
    private var attachments: [ByteBuffer] = []
    private(set) var byteCount = 0

    init(packet: DecodedPacket, expected: Int) {
        self.packet = packet
        self.expected = expected
    }

    var isComplete: Bool { attachments.count == expected }

    mutating func add(_ attachment: ByteBuffer) {
        attachments.append(attachment)
        byteCount += attachment.readableBytes
    }

    func assembled() -> DecodedPacket {
        var packet = packet
        packet.attach(attachments)
        return packet
    }
}

extension DecodedPacket {
    fileprivate mutating func attach(_ attachments: [ByteBuffer]) {
        switch self {
        case .event(let namespace, var event):
            event.arguments.attach(attachments)
            self = .event(namespace: namespace, event)
        case .ack(let namespace, let id, var arguments):
            arguments.attach(attachments)
            self = .ack(namespace: namespace, id: id, arguments: arguments)
        case .connect, .disconnect, .connectError, .ignored:
            return
        }
    }
}

// MARK: - One method per type

extension PacketDecoder {
    private static func decodePacket(
        _ header: PacketHeader,
        from reader: inout PacketReader,
        message: ByteBuffer,
        _ limits: PacketLimits
    ) throws(PacketViolation) -> DecodedPacket {
        switch header.type {
        case .event, .binaryEvent:
            return try decodeEvent(header, from: &reader, message: message, limits)
        case .ack, .binaryAck:
            return try decodeAck(header, from: &reader, message: message, limits)
        case .connect:
            return .connect(namespace: header.namespace, auth: try decodeAuth(from: &reader, message: message))
        case .disconnect:
            try reader.readEnd()
            return .disconnect(namespace: header.namespace)
        case .connectError:
            if reader.hasPayload() { try reader.readStringOrObject() }
            return .connectError(namespace: header.namespace)
        }
    }

    private static func decodeEvent(
        _ header: PacketHeader,
        from reader: inout PacketReader,
        message: ByteBuffer,
        _ limits: PacketLimits
    ) throws(PacketViolation) -> DecodedPacket {
        guard reader.hasPayload() else { return .ignored(namespace: header.namespace) }
        var arguments = Arguments(payload: message)
        let name = try reader.readEvent(into: &arguments)
        try checkPlaceholders(in: arguments, of: header, limits)
        guard case .string(let name) = name else { return .ignored(namespace: header.namespace) }
        let event = IncomingEvent(name: name, arguments: arguments, ackID: header.ackID)
        return .event(namespace: header.namespace, event)
    }

    private static func decodeAck(
        _ header: PacketHeader,
        from reader: inout PacketReader,
        message: ByteBuffer,
        _ limits: PacketLimits
    ) throws(PacketViolation) -> DecodedPacket {
        var arguments = Arguments(payload: message)
        if reader.hasPayload() { try reader.readAck(into: &arguments) }
        try checkPlaceholders(in: arguments, of: header, limits)
        guard let id = header.ackID else { return .ignored(namespace: header.namespace) }
        return .ack(namespace: header.namespace, id: id, arguments: arguments)
    }

    private static func decodeAuth(
        from reader: inout PacketReader,
        message: ByteBuffer
    ) throws(PacketViolation) -> EncodedValue? {
        guard reader.hasPayload() else { return nil }
        var arguments = Arguments(payload: message)
        arguments.append(try reader.readObject())
        return arguments[0]
    }

    private static func checkPlaceholders(
        in arguments: Arguments,
        of header: PacketHeader,
        _ limits: PacketLimits
    ) throws(PacketViolation) {
        guard header.type.isBinary else { return }
        var placeholders = Placeholders(attachments: header.attachments, limit: limits.maximumAttachments)
        for argument in arguments { try placeholders.check(argument) }
    }
}
