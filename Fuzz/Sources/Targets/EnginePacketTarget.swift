/// One Engine.IO packet in text.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let enginePacket = FuzzTarget("engine-packet") { input in
        let text = ByteBuffer(bytes: input.bytes)
        let result = try input.bounded(perByte: 2) { EnginePackets.decode(text) }
        try expectSame(EnginePackets.decode(text.inside()), result, "cut out of a larger buffer")
        switch (result, input.bytes.first) {
        case (.value(let packet), _):
            try expectSame(EnginePackets.decode(packet.encoded), result, "there and back")
        case (.failure(let violation), nil):
            try expect(violation.kind == .emptyPacket, "no type: \(violation)")
        case (.failure(let violation), UInt8(ascii: "b")):
            try expect(violation.kind == .invalidBase64, "binary: \(violation)")
        case (.failure(let violation), .some(let type)):
            try expect(!(UInt8(ascii: "0")...UInt8(ascii: "6")).contains(type), "type \(type): \(violation)")
            try expect(violation.kind == .unknownPacketType, "type \(type): \(violation)")
        }
    }
}

/// What the targets for packets and payloads share.
enum EnginePackets {
    typealias Decoded = Outcome<InboundPacket, ProtocolViolation>

    static func decode(_ text: ByteBuffer) -> Decoded {
        Outcome { () throws(ProtocolViolation) in try PacketDecoder.decode(text) }
    }
}

extension InboundPacket {
    /// The packet as a client would write it, without data that means nothing.
    var encoded: ByteBuffer {
        switch self {
        case .open: ByteBuffer(string: "0")
        case .close: ByteBuffer(string: "1")
        case .ping(let data): Self.text("2", data)
        case .pong(let data): Self.text("3", data)
        case .text(let data): Self.text("4", data)
        case .upgrade: ByteBuffer(string: "5")
        case .noop: ByteBuffer(string: "6")
        case .binary(let data): Self.base64(data)
        }
    }

    private static func text(_ type: StaticString, _ data: ByteBuffer) -> ByteBuffer {
        var text = ByteBuffer(staticString: type)
        text.writeImmutableBuffer(data)
        return text
    }

    private static func base64(_ data: ByteBuffer) -> ByteBuffer {
        var text = ByteBuffer(string: "b")
        Base64.encode(data, into: &text)
        return text
    }
}
