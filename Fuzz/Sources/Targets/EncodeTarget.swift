/// What the server writes reads back as the same: events of values that no client would send.
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    static let encode = FuzzTarget("encode") { input in
        var source = ByteSource(input.bytes)
        let name = source.choice(["message", "chat\u{0}", "ü\"\\", ""])
        let namespace = source.choice(["/", "/chat", "/räume/1"])
        let id = source.bool() ? source.word() >> 1 : nil
        let values = (0..<source.number(below: 6)).map { _ in Value(from: &source, depth: 4) }
        var packet = OutboundPacket.event(name, namespace: namespace)
        for value in values { try packet.append(value) }
        packet.endArray()
        // The emitter refuses to send it: data that looks like the place of an attachment.
        guard !packet.writer.hasForeignPlaceholders else { return }
        let unit = packet.finished(type: .event, id: id)

        let (decoded, isBinary) = try decode(unit)
        guard case .event(let foundNamespace, let event)? = decoded else {
            throw Finding("an event became \(String(describing: decoded))")
        }
        try expectSame(foundNamespace, namespace, "namespaces")
        try expectSame(event.name, name, "names")
        try expectSame(event.ackID, id, "ids")
        let arguments = try event.arguments.map { try $0.value }
        try expect(Value.array(arguments).means(.array(values.map(\.written))), "\(arguments) instead of \(values)")
        try expectSame(isBinary, values.contains(where: \.hasAttachments), "is it binary")
    }
}

/// Reads a unit as a client would, if clients had no limits.
private func decode(_ unit: MessageUnit) throws -> (packet: DecodedPacket?, isBinary: Bool) {
    let limits = PacketLimits(maximumAttachments: 10_000)
    var decoder = SocketIO.PacketDecoder(limits: limits)
    var frames = unit.frames
    var text = WebSocketFrame.readUnmasked(from: &frames).payload
    try expectSame(text.readInteger(as: UInt8.self), UInt8(ascii: "4"), "the packet's type")
    var packet = try decoder.decodeText(text)
    let isBinary = frames.readableBytes > 0
    while frames.readableBytes > 0 {
        try expect(packet == nil, "complete before its last attachment")
        packet = try decoder.decodeBinary(WebSocketFrame.readUnmasked(from: &frames).payload)
    }
    return (packet, isBinary)
}

extension Value {
    fileprivate init(from source: inout ByteSource, depth: Int) {
        switch source.number(below: depth > 0 ? 12 : 8) {
        case 0: self = .null
        case 1: self = .bool(source.bool())
        case 2: self = .int(Int64(bitPattern: source.word()))
        case 3: self = .int(Int64(source.byte()) - 128)
        case 4: self = .double(Double(bitPattern: source.word()))
        case 5: self = .double(Double(source.byte()) / 8)
        case 6: self = .string(source.text())
        case 7: self = .binary(ByteBuffer(bytes: source.bytes()))
        case 8, 9: self = .array((0..<source.number(below: 5)).map { _ in Value(from: &source, depth: depth - 1) })
        case 10:
            // What stands for an attachment on the wire, as an application's data.
            self = ["_placeholder": .bool(source.bool()), "num": .int(Int64(source.byte()))]
        default:
            var members = Object()
            for _ in 0..<source.number(below: 24) { members[source.text()] = Value(from: &source, depth: depth - 1) }
            self = .object(members)
        }
    }

    fileprivate var hasAttachments: Bool {
        switch self {
        case .binary: true
        case .array(let elements): elements.contains(where: \.hasAttachments)
        case .object(let members): members.contains { $0.value.hasAttachments }
        default: false
        }
    }
}
