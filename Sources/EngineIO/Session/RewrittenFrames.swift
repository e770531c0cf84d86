/// Turns the frames that sessions keep into those of a client that wants binary messages in another form.
import NIOCore

/// Units are encoded once for all receivers, as most clients want them; text is the same for all.
enum RewrittenFrames {
    /// What becomes of a binary message.
    enum BinaryForm {
        /// Revision 3: bytes with the packet's type before them.
        case typed
        /// A text: base64 behind this, for clients that cannot read bytes.
        case base64(StaticString)
    }

    /// The frames in another form, whole ones in each buffer; those without binary messages are passed on.
    static func rewritten(_ frames: FrameList, as form: BinaryForm) -> FrameList {
        var result = FrameList()
        for buffer in frames {
            result.append(Self.hasBinary(buffer) ? Self.rewritten(buffer, as: form) : buffer)
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

    private static func rewritten(_ buffer: ByteBuffer, as form: BinaryForm) -> ByteBuffer {
        var rest = buffer
        var result = ByteBufferAllocator().buffer(capacity: rest.readableBytes + WebSocketFrame.maximumHeaderSize)
        while rest.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &rest)
            let payload = frame.payload
            let start = result.writerIndex
            switch (frame.opcode, form) {
            case (.binary, .base64(let prefix)):
                let length = prefix.utf8CodeUnitCount + Base64.encodedLength(of: payload.readableBytes)
                WebSocketFrame.writeHeader(.text, length: length, into: &result)
                result.writeStaticString(prefix)
                Base64.encode(payload, into: &result)
            case (.binary, .typed):
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
