/// Turns the frames that sessions keep into those of revision 3, where a binary message has its type before it.
import NIOCore

/// Units are encoded once for all receivers, as revision 4 wants them; text is the same in both.
enum Revision3Frames {
    /// The frames for a client of revision 3; buffers without binary messages are passed on as they are.
    static func rewritten(_ frames: FrameList, usesBase64: Bool) -> FrameList {
        var result = FrameList()
        for buffer in frames {
            if Self.hasBinary(buffer) {
                Self.rewrite(buffer, usesBase64: usesBase64, into: &result)
            } else {
                result.append(buffer)
            }
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

    private static func rewrite(_ buffer: ByteBuffer, usesBase64: Bool, into result: inout FrameList) {
        var rest = buffer
        var small = ByteBufferAllocator().buffer(capacity: min(rest.readableBytes + 64, Outbox.sharingThreshold))
        while rest.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &rest)
            switch frame.opcode {
            case .binary where usesBase64: Self.writeBase64(frame.payload, into: &small)
            case .binary:
                WebSocketFrame.writeHeader(.binary, length: 1 + frame.payload.readableBytes, into: &small)
                small.writeInteger(PacketType.message.number)
                Self.write(frame.payload, behind: &small, into: &result)
            default:
                WebSocketFrame.writeHeader(.text, length: frame.payload.readableBytes, into: &small)
                Self.write(frame.payload, behind: &small, into: &result)
            }
        }
        if small.readableBytes > 0 { result.append(small) }
    }

    private static func writeBase64(_ message: ByteBuffer, into small: inout ByteBuffer) {
        let length = 2 + Base64.encodedLength(of: message.readableBytes)
        WebSocketFrame.writeHeader(.text, length: length, into: &small)
        small.writeStaticString("b4")
        Base64.encode(message, into: &small)
    }

    /// Copies a small payload, and shares a large one.
    private static func write(_ payload: ByteBuffer, behind small: inout ByteBuffer, into result: inout FrameList) {
        guard payload.readableBytes >= Outbox.sharingThreshold else {
            small.writeImmutableBuffer(payload)
            return
        }
        result.append(small)
        result.append(payload)
        small = ByteBuffer()
    }
}
