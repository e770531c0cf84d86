/// Compresses the frames that a session writes to a WebSocket with permessage-deflate.
import NIOCore

/// Compresses the messages of frames that were encoded without a thought of it.
///
/// Confined to its event loop.
final class FrameCompressor {
    private let deflater: MessageDeflater
    private let threshold: Int

    init(_ agreement: DeflateAgreement, options: PerMessageDeflate) {
        self.threshold = max(1, options.threshold)
        self.deflater = MessageDeflater(
            level: options.level,
            windowBits: agreement.serverWindowBits,
            memoryLevel: options.memoryLevel,
            keepsContext: !agreement.serverNoContextTakeover
        )
    }

    /// The same messages, compressed where that is allowed and they are large enough.
    func compress(_ frames: FrameList) -> FrameList {
        guard frames.contains(where: self.concerns) else { return frames }
        var result = GatheredFrames()
        for var buffer in frames {
            while buffer.readableBytes > 0 {
                self.append(WebSocketFrame.readUnmasked(from: &buffer), to: &result)
            }
        }
        return result.list
    }

    /// Whether a frame among these does not stay as it is.
    private func concerns(_ frames: ByteBuffer) -> Bool {
        var rest = frames
        while rest.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &rest)
            if frame.isPlain || frame.payload.readableBytes >= self.threshold { return true }
        }
        return false
    }

    private func append(_ frame: WebSocketFrame.Unmasked, to result: inout GatheredFrames) {
        let payload = frame.payload
        if !frame.isPlain, payload.readableBytes >= self.threshold, let compressed = self.compressed(frame) {
            return result.append(compressed)
        }
        var header = ByteBuffer()
        WebSocketFrame.writeHeader(frame.opcode, length: payload.readableBytes, into: &header)
        result.append(header)
        result.append(payload)
    }

    /// The frame with its payload compressed; `nil` when it is to be sent as it is.
    private func compressed(_ frame: WebSocketFrame.Unmasked) -> ByteBuffer? {
        let room = WebSocketFrame.maximumHeaderSize
        var buffer = ByteBufferAllocator().buffer(capacity: room + 256 + frame.payload.readableBytes / 4)
        buffer.moveWriterIndex(forwardBy: room)
        guard self.deflater.deflate(frame.payload, into: &buffer) else { return nil }
        let size = buffer.writerIndex - room
        // Later messages may refer to this one, unless each is compressed by itself.
        if !self.deflater.keepsContext, size >= frame.payload.readableBytes { return nil }
        let start = WebSocketFrame.setHeader(
            frame.opcode,
            length: size,
            endingAt: room,
            in: &buffer,
            isCompressed: true
        )
        buffer.moveReaderIndex(to: start)
        return buffer
    }
}
