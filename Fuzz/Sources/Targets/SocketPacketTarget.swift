/// Socket.IO packets: texts and attachments as they come from a client, in any order.
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    /// A byte 0xFF before a message makes it binary, a byte 0xFE text.
    static let socketPacket = FuzzTarget("socket-packet") { input in
        let messages = Message.all(in: input.bytes)
        let whole = try input.bounded(perByte: 400) { DecodedMessages(messages) { $0 } }
        try expectSame(DecodedMessages(messages) { $0.inside() }, whole, "cut out of larger buffers")
        for packet in whole.packets { try check(packet) }
    }

    private static let limits = PacketLimits()

    /// Checks the limits, and that the packet sent on is the same.
    private static func check(_ packet: DecodedPacket) throws {
        try expect(packet.namespace.utf8.first == UInt8(ascii: "/"), "namespace \(packet.namespace)")
        if case .event(_, let event) = packet {
            try expect(!ReservedEventName.contains(event.name), "event name \(event.name)")
        }
        if let unit = packet.sentOn(by: .standard) { try self.expectCopy(unit, of: packet) }
    }

    private static func expectCopy(_ unit: MessageUnit, of packet: DecodedPacket) throws {
        var frames = unit.frames
        var messages: [Message] = []
        while frames.readableBytes > 0 {
            var frame = WebSocketFrame.readUnmasked(from: &frames)
            if frame.opcode == .text { frame.payload.moveReaderIndex(forwardBy: 1) }
            messages.append(Message(isText: frame.opcode == .text, bytes: frame.payload))
        }
        // Without its limits: a name that was no UTF-8 is longer once it is repaired.
        let limits = PacketLimits(maximumNamespaceLength: 2000, maximumEventNameLength: 8000)
        let copy = DecodedMessages(messages, limits: limits) { $0 }
        try expectSame(copy.violation, nil, "sent on")
        try expectSame(copy.packets.map(PacketMeaning.init), [PacketMeaning(packet)], "sent on")
    }
}

private struct Message {
    var isText: Bool
    var bytes: ByteBuffer

    static func all(in bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        var rest = bytes[...]
        var isText = true
        while true {
            let message = rest.prefix { $0 < 0xFE }
            messages.append(Message(isText: isText, bytes: ByteBuffer(bytes: message)))
            guard message.endIndex < rest.endIndex else { return messages }
            isText = rest[message.endIndex] == 0xFE
            rest = rest[(message.endIndex + 1)...]
        }
    }
}

/// The packets of some messages, up to the first that is none.
private struct DecodedMessages: Equatable, CustomStringConvertible {
    var packets: [DecodedPacket] = []
    var violation: PacketViolation?

    var description: String { "\(self.packets), \(self.violation?.description ?? "complete")" }

    init(_ messages: [Message], limits: PacketLimits = PacketLimits(), _ placed: (ByteBuffer) -> ByteBuffer) {
        var decoder = SocketIO.PacketDecoder(limits: limits)
        do throws(PacketViolation) {
            for message in messages {
                let bytes = placed(message.bytes)
                let packet = message.isText ? try decoder.decodeText(bytes) : try decoder.decodeBinary(bytes)
                if let packet { self.packets.append(packet) }
            }
        } catch {
            self.violation = error
        }
    }

    static func == (first: Self, second: Self) -> Bool {
        first.violation == second.violation
            && first.packets.map(PacketMeaning.init) == second.packets.map(PacketMeaning.init)
    }
}
