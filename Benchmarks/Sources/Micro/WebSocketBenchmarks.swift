/// The WebSocket's frames.
import NIOCore

@testable import EngineIO

func webSocketBenchmarks() -> [Benchmark] {
    let text = ByteBuffer(string: #"42["echo",{"text":"hello","number":1}]"#)
    let one = clientFrame(text)
    var many = ByteBuffer()
    for _ in 0..<16 { many.writeImmutableBuffer(one) }
    let large = clientFrame(ByteBuffer(repeating: UInt8(ascii: "a"), count: 100_000))
    return [
        Benchmark("websocket/read one short text") { readAll(one) },
        Benchmark("websocket/read 16 short texts at once") { readAll(many) },
        Benchmark("websocket/read 100000 bytes of text") { readAll(large) },
        Benchmark("websocket/frame a short text") { use(MessageUnit(text: "2[\"message\",\"hello\"]")) },
    ]
}

private func readAll(_ bytes: ByteBuffer) {
    var reader = WebSocketReader(maximumMessageSize: 1_000_000)
    var bytes = bytes
    while let event = try? reader.next(from: &bytes) { use(event) }
}

/// A text frame as clients send it, masked.
private func clientFrame(_ payload: ByteBuffer) -> ByteBuffer {
    let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
    var frame = ByteBuffer(bytes: [0x81])
    switch payload.readableBytes {
    case ...125:
        frame.writeInteger(0x80 | UInt8(payload.readableBytes))
    case ...65_535:
        frame.writeInteger(UInt8(0xFE))
        frame.writeInteger(UInt16(payload.readableBytes))
    default:
        frame.writeInteger(UInt8(0xFF))
        frame.writeInteger(UInt64(payload.readableBytes))
    }
    frame.writeBytes(key)
    for (index, byte) in payload.readableBytesView.enumerated() { frame.writeInteger(byte ^ key[index % 4]) }
    return frame
}
