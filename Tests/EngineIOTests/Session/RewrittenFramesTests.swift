/// Frames in another form, made of those that sessions keep.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct RewrittenFramesTests {
    private static func messages(_ frames: FrameList) -> [(WebSocketOpcode, ByteBuffer)] {
        var bytes = ByteBuffer()
        for buffer in frames { bytes.writeImmutableBuffer(buffer) }
        var messages: [(WebSocketOpcode, ByteBuffer)] = []
        while bytes.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &bytes)
            messages.append((frame.opcode, frame.payload))
        }
        return messages
    }

    private static func unit(_ messages: [(isText: Bool, payload: ByteBuffer)]) -> MessageUnit { MessageUnit(messages) }

    @Test func `text is passed on as it is`() {
        let frames = FrameList(MessageUnit(text: "hello").frames)
        #expect(RewrittenFrames.rewritten(frames, as: .typed) == frames)
    }

    @Test(arguments: [0, 1, 124, 125, 4095, 4096, 65_534, 65_535, 100_000])
    func `binary messages get their type and keep their place`(size: Int) {
        let bytes = ByteBuffer(repeating: 7, count: size)
        var frames = FrameList(MessageUnit(text: "before").frames)
        frames.append(
            Self.unit([(true, ByteBuffer(string: "head")), (false, bytes), (false, bytes), (true, bytes)]).frames
        )
        frames.append(MessageUnit(text: "after").frames)
        let messages = Self.messages(RewrittenFrames.rewritten(frames, as: .typed))
        #expect(messages.map(\.0) == [.text, .text, .binary, .binary, .text, .text])
        #expect(messages[0].1 == ByteBuffer(string: "4before"))
        #expect(messages[1].1 == ByteBuffer(string: "4head"))
        for index in [2, 3] { #expect(messages[index].1 == ByteBuffer(bytes: [4] + Array(repeating: 7, count: size))) }
        #expect(messages[4].1 == ByteBuffer(bytes: [0x34] + Array(repeating: 7, count: size)))
        #expect(messages[5].1 == ByteBuffer(string: "4after"))
    }

    @Test(arguments: [("b4", "b4AQIDBA=="), ("b", "bAQIDBA==")] as [(StaticString, String)])
    func `a client that cannot read bytes gets base64`(prefix: StaticString, text: String) {
        let frames = FrameList(MessageUnit(binary: ByteBuffer(bytes: [1, 2, 3, 4])).frames)
        let messages = Self.messages(RewrittenFrames.rewritten(frames, as: .base64(prefix)))
        #expect(messages.map(\.0) == [.text])
        #expect(messages.map(\.1) == [ByteBuffer(string: text)])
    }

    /// Whoever writes them looks at one buffer after the other.
    @Test func `each buffer holds whole frames`() {
        var frames = FrameList()
        for size in [1, 5000, 70_000] {
            frames.append(MessageUnit(binary: ByteBuffer(repeating: 7, count: size)).frames)
        }
        let rewritten = RewrittenFrames.rewritten(frames, as: .typed)
        #expect(rewritten.map { Self.messages(FrameList($0)).map(\.1.readableBytes) } == [[2], [5001], [70_001]])
    }
}
