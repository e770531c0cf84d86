/// The bytes of the frames a server writes.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct WebSocketFrameTests {
    static let headers: [(length: Int, bytes: [UInt8])] = [
        (0, [0x81, 0]), (1, [0x81, 1]), (125, [0x81, 125]), (126, [0x81, 126, 0, 126]), (127, [0x81, 126, 0, 127]),
        (65_535, [0x81, 126, 0xFF, 0xFF]), (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        (1 << 40, [0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0]),
    ]

    @Test(arguments: headers)
    func `a header is appended in its shortest form`(_ length: Int, _ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: [0xAA])
        WebSocketFrame.writeHeader(.text, length: length, into: &buffer)
        #expect(Array(buffer: buffer) == [0xAA] + bytes)
        #expect(WebSocketFrame.headerSize(forLength: length) == bytes.count)
        #expect(bytes.count <= WebSocketFrame.maximumHeaderSize)
    }

    @Test(arguments: headers)
    func `a header put in front of a payload ends where that begins`(_ length: Int, _ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: [UInt8](repeating: 0xEE, count: 12) + [0x61])
        let start = WebSocketFrame.setHeader(.text, length: length, endingAt: 12, in: &buffer)
        #expect(start == 12 - bytes.count)
        #expect(Array(buffer: buffer) == [UInt8](repeating: 0xEE, count: start) + bytes + [0x61])
    }

    @Test(
        arguments: [
            (WebSocketOpcode.continuation, 0x80), (.text, 0x81), (.binary, 0x82), (.close, 0x88), (.ping, 0x89),
            (.pong, 0x8A),
        ] as [(WebSocketOpcode, UInt8)]
    )
    func `frames are final and carry their opcode`(_ opcode: WebSocketOpcode, _ first: UInt8) {
        var buffer = ByteBuffer()
        WebSocketFrame.writeHeader(opcode, length: 3, into: &buffer)
        #expect(Array(buffer: buffer) == [first, 3])
        #expect(opcode.isControl == (first >= 0x88))
    }

    @Test func `a close frame holds its code, or nothing`() {
        var buffer = ByteBuffer()
        WebSocketFrame.writeClose(code: 1009, into: &buffer)
        WebSocketFrame.writeClose(code: nil, into: &buffer)
        #expect(Array(buffer: buffer) == [0x88, 2, 0x03, 0xF1, 0x88, 0])
    }

    @Test func `a pong repeats the ping's payload`() {
        var buffer = ByteBuffer()
        WebSocketFrame.writePong(ByteBuffer(string: "hi"), into: &buffer)
        WebSocketFrame.writePong(ByteBuffer(), into: &buffer)
        #expect(Array(buffer: buffer) == [0x8A, 2, 0x68, 0x69, 0x8A, 0])
    }
}
