/// Packets in MessagePack, read and written.
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    static let messagePack = FuzzTarget("msgpack") { input in
        let message = ByteBuffer(bytes: input.bytes)
        let result = try input.bounded(perByte: 400) { decode(message) }
        let inside = decode(message.inside()).map(PacketMeaning.init)
        try expect(inside == result.map(PacketMeaning.init), "cut out of a larger buffer: \(inside)")
        if case .success(let packet) = result { try checkCopy(packet) }
        if let value = encodedValue(message, maximumDepth: 40) { try checkWritten(value) }
    }

    private static func decode(_ message: ByteBuffer) -> Result<DecodedPacket, PacketViolation> {
        do throws(PacketViolation) {
            return .success(try MessagePackPacket.decode(message, limits: PacketLimits()))
        } catch {
            return .failure(error)
        }
    }

    /// A packet sent on is the same packet.
    private static func checkCopy(_ packet: DecodedPacket) throws {
        guard let unit = packet.sentOn(by: .messagePack) else { return }
        var frames = unit.frames
        let frame = WebSocketFrame.readUnmasked(from: &frames)
        try expect(frame.opcode == .binary && frames.readableBytes == 0, "one binary message for a packet")
        // Without its limits: a name that was no UTF-8 is longer once it is repaired.
        let limits = PacketLimits(maximumNamespaceLength: 2000, maximumEventNameLength: 8000)
        let copy = try MessagePackPacket.decode(frame.payload, limits: limits)
        try expectSame(PacketMeaning(copy), PacketMeaning(packet), "sent on")
    }

    /// JSON, written as MessagePack, reads back as the same.
    private static func checkWritten(_ value: EncodedValue) throws {
        var writer = MessagePackWriter(capacity: 16)
        writer.write(
            type: .ack,
            namespace: "/",
            id: 1,
            payload: EncodedValue(validated: ByteBuffer(string: "[\(value.json)]"))
        )
        let packet = try MessagePackPacket.decode(writer.buffer, limits: PacketLimits())
        guard case .ack("/", 1, let arguments) = packet, arguments.count == 1 else {
            throw Finding("an acknowledgement became \(packet)")
        }
        try expect(try arguments[0].value.means(value.value.written), "\(arguments[0]) instead of \(value)")
    }
}
