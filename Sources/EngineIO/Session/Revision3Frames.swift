/// Turns the frames that sessions keep into those of revision 3, where a binary message has its type before it.
import NIOCore

/// Units are encoded once for all receivers, as revision 4 wants them; text is the same in both.
enum Revision3Frames {
    /// The frames for a client of revision 3, whole ones in each buffer; those without binary messages are passed on.
    static func rewritten(_ frames: FrameList, usesBase64: Bool) -> FrameList {
        var result = FrameList()
        for buffer in frames {
            result.append(Self.hasBinary(buffer) ? Self.rewritten(buffer, usesBase64: usesBase64) : buffer)
        }
        return result
    }

    private static func hasBinary(_ buffer: ByteBuffer) -> Bool {
        var rest = buffer
        while rest.readableBytes > 0 {
            if WebSocketFrame.readUnmasked(from: &rest).opcode == .binary { return true }
        }
        return false
    }

    private static func rewritten(_ buffer: ByteBuffer, usesBase64: Bool) -> ByteBuffer {
        var rest = buffer
        var result = ByteBufferAllocator().buffer(capacity: rest.readableBytes + WebSocketFrame.maximumHeaderSize)
        while rest.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &rest)
            let payload = frame.payload
            let start = result.writerIndex
            switch frame.opcode {
            case .binary where usesBase64:
                let length = 2 + Base64.encodedLength(of: payload.readableBytes)
                WebSocketFrame.writeHeader(.text, length: length, into: &result)
                result.writeStaticString("b4")
                Base64.encode(payload, into: &result)
            case .binary:
                WebSocketFrame.writeHeader(.binary, length: 1 + payload.readableBytes, into: &result)
                result.writeInteger(PacketType.message.number)
                result.writeImmutableBuffer(payload)
            default:
                WebSocketFrame.writeHeader(.text, length: payload.readableBytes, into: &result)
                result.writeImmutableBuffer(payload)
            }
            if frame.isPlain { WebSocketFrame.mark(plainAt: start, in: &result) }
        }
        return result
    }
}
