/// Packets from a client's point of view, for the test client: what it sends, and what a server sent it.
package import EngineIO
package import NIOCore

/// Encodes what clients send.
package struct ClientPackets: Sendable {
    private let parser: PacketParser

    /// Packets as a parser writes them.
    package init(parser: PacketParser) {
        self.parser = parser
    }

    /// Joins a namespace.
    package func connect(to namespace: String, auth: Value?) -> MessageUnit {
        var packet = OutboundPacket(namespace: namespace, parser: self.parser)
        if let auth { packet.write { $0.write(auth) } }
        return packet.finished(type: .connect)
    }

    /// Leaves a namespace.
    package func disconnect(from namespace: String) -> MessageUnit {
        OutboundPacket.empty(.disconnect, namespace: namespace, parser: self.parser)
    }

    /// Emits an event.
    package func event<each Argument: Encodable>(
        _ name: String,
        in namespace: String,
        id: UInt64? = nil,
        _ arguments: repeat each Argument
    ) throws -> MessageUnit {
        var packet = OutboundPacket.event(name, namespace: namespace, parser: self.parser)
        repeat try packet.append(each arguments)
        packet.endArray()
        return packet.finished(type: .event, id: id)
    }

    /// Emits an event with as many arguments as a sequence has elements.
    package func event(
        _ name: String,
        in namespace: String,
        id: UInt64? = nil,
        arguments: some Sequence<some Encodable>
    ) throws -> MessageUnit {
        var packet = OutboundPacket.event(name, namespace: namespace, parser: self.parser)
        for argument in arguments { try packet.append(argument) }
        packet.endArray()
        return packet.finished(type: .event, id: id)
    }

    /// Answers an event of the server.
    package func acknowledgement(
        of id: UInt64,
        in namespace: String,
        arguments: some Sequence<some Encodable>
    ) throws -> MessageUnit {
        var packet = OutboundPacket(namespace: namespace, parser: self.parser)
        try packet.write { writer in
            writer.write(punctuation: UInt8(ascii: "["))
            for (position, argument) in arguments.enumerated() {
                if position > 0 { writer.write(punctuation: UInt8(ascii: ",")) }
                try writer.encode(argument)
            }
        }
        packet.endArray()
        return packet.finished(type: .ack, id: id)
    }
}

/// A complete packet as a server sent it.
package enum ServerPacket: Sendable {
    /// The client has joined; the payload has the socket's id.
    case connected(namespace: String, EncodedValue)
    /// The client may not join; the payload says why.
    case refused(namespace: String, EncodedValue)
    /// The server made the client leave.
    case disconnected(namespace: String)
    /// The server emits an event; with an id it asks for an acknowledgement.
    case event(namespace: String, AnyEvent, id: UInt64?)
    /// The server answers an event of the client.
    case acknowledgement(namespace: String, id: UInt64, Arguments)
}

/// Decodes what servers send.
package struct ServerPacketDecoder: Sendable {
    /// Whoever tests a server trusts it.
    private static let limits = PacketLimits(
        maximumAttachments: .max,
        maximumAttachmentBytes: .max,
        maximumNestingDepth: 512,
        maximumEventNameLength: .max
    )

    private let parser: PacketParser
    private var decoder = PacketDecoder(limits: Self.limits)

    /// A decoder that has seen nothing.
    package init(parser: PacketParser) {
        self.parser = parser
    }

    /// Takes one text message.
    ///
    /// - Returns: The packet; `nil` when its attachments are still to come.
    /// - Throws: What is wrong with it.
    package mutating func decodeText(_ message: ByteBuffer) throws -> ServerPacket? {
        if let refusal = try Self.decodeRefusal(message) { return refusal }
        return try self.decoder.decodeText(message).map(Self.packet)
    }

    /// Takes one binary message.
    ///
    /// - Returns: The packet that this was the last attachment of; `nil` when others are still to come.
    /// - Throws: What is wrong with it.
    package mutating func decodeBinary(_ message: ByteBuffer) throws -> ServerPacket? {
        guard self.parser == .messagePack else { return try self.decoder.decodeBinary(message).map(Self.packet) }
        let (text, attachments) = try MessagePackPacket.standardForm(of: message, limits: Self.limits)
        var packet = try self.decodeText(text)
        for attachment in attachments { packet = try self.decoder.decodeBinary(attachment).map(Self.packet) }
        return packet
    }

    /// The one packet that only servers send, so that their decoder does not keep its payload.
    private static func decodeRefusal(_ message: ByteBuffer) throws -> ServerPacket? {
        let (header, start) = try message.withUnsafeReadableBytes { text throws(PacketViolation) in
            var reader = PacketReader(text, limits: Self.limits)
            let header = try reader.readHeader()
            return (header, reader.cursor.position)
        }
        guard header.type == .connectError else { return nil }
        let payload = message.getString(at: message.readerIndex + start, length: message.readableBytes - start) ?? ""
        return .refused(namespace: header.namespace, try EncodedValue(json: payload))
    }

    private static func packet(_ packet: DecodedPacket) throws -> ServerPacket {
        switch packet {
        case .connect(let namespace, let payload): .connected(namespace: namespace, payload ?? .null)
        case .disconnect(let namespace): .disconnected(namespace: namespace)
        case .event(let namespace, let event): .event(namespace: namespace, AnyEvent(event), id: event.ackID)
        case .ack(let namespace, let id, let arguments): .acknowledgement(namespace: namespace, id: id, arguments)
        case .connectError, .ignored:
            throw SocketIOError(.invalidArguments, "the server sent a packet that means nothing")
        }
    }
}
