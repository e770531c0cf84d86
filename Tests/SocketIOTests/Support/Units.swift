/// Reading what a message unit holds.
import EngineIO
import NIOCore
import SocketIO

/// One message of a unit.
enum UnitMessage: Equatable {
    case text(String)
    case binary([UInt8])
}

extension MessageUnit {
    /// The messages, taken from their frames.
    var messages: [UnitMessage] {
        var frames = self.frames
        var messages: [UnitMessage] = []
        while let first: UInt8 = frames.readInteger(), let payload = Self.readPayload(from: &frames) {
            messages.append(first == 0x81 ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
        }
        return messages
    }

    private static func readPayload(from frames: inout ByteBuffer) -> [UInt8]? {
        guard let length: UInt8 = frames.readInteger() else { return nil }
        switch length {
        case 126: return frames.readInteger(as: UInt16.self).flatMap { frames.readBytes(length: Int($0)) }
        case 127: return frames.readInteger(as: UInt64.self).flatMap { frames.readBytes(length: Int($0)) }
        default: return frames.readBytes(length: Int(length))
        }
    }
}

extension Value {
    /// An attachment of these bytes.
    static func bytes(_ bytes: UInt8...) -> Value { .binary(ByteBuffer(bytes: bytes)) }
}
