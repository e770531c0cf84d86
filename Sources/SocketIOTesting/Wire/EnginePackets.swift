/// Packets of Engine.IO from a client's point of view.
import EngineIO
import NIOCore
import SocketIO

/// A packet on its way, to the server or from it.
enum EnginePacket: Sendable, Equatable {
    /// A packet of text, its type in front.
    case text(ByteBuffer)
    /// A binary message.
    case binary(ByteBuffer)

    static func text(_ text: String) -> Self { .text(ByteBuffer(string: text)) }

    static let separator: UInt8 = 0x1E

    /// The packets of a unit, which the library encodes as a server's frames.
    static func packets(of unit: MessageUnit) throws -> [EnginePacket] {
        var reader = ServerFrameReader()
        reader.append(unit.frames)
        var packets: [EnginePacket] = []
        while let frame = try reader.next() {
            switch frame {
            case .text(let text): packets.append(.text(text))
            case .binary(let bytes): packets.append(.binary(bytes))
            case .ping, .pong, .close: break
            }
        }
        return packets
    }

    /// The packets of an answer to a poll.
    static func packets(inPayload payload: ByteBuffer) throws -> [EnginePacket] {
        try payload.readableBytesView.split(separator: self.separator, omittingEmptySubsequences: false).map { part in
            let bytes = ByteBuffer(bytes: part)
            guard part.first == UInt8(ascii: "b") else { return .text(bytes) }
            return .binary(try Base64.decode(bytes.getSlice(at: 1, length: bytes.readableBytes - 1) ?? ByteBuffer()))
        }
    }

    /// As it stands in the body of a POST.
    func write(intoPayload payload: inout ByteBuffer) {
        switch self {
        case .text(let text):
            payload.writeImmutableBuffer(text)
        case .binary(let bytes):
            payload.writeInteger(UInt8(ascii: "b"))
            Base64.encode(bytes, into: &payload)
        }
    }

    /// As it travels over a WebSocket.
    var frame: ByteBuffer {
        switch self {
        case .text(let text): ClientFrame.encode(.text, text)
        case .binary(let bytes): ClientFrame.encode(.binary, bytes)
        }
    }
}

/// What the server says when it opens a session.
struct OpenPacket: Sendable, Equatable {
    var sid: String
    var maxPayload: Int
    /// Whether the server offers a WebSocket to a session on polling.
    var offersWebSocket: Bool

    /// Reads the packet behind its type.
    init(_ json: ByteBuffer) throws {
        let value = try EncodedValue(json: String(buffer: json)).value
        guard let sid = value["sid"]?.stringValue, let maxPayload = value["maxPayload"]?.intValue else {
            throw TestFailure("the server opened a session with \(value)")
        }
        self.sid = sid
        self.maxPayload = maxPayload
        self.offersWebSocket = value["upgrades"]?[0]?.stringValue == "websocket"
    }
}
