/// Reading ahead: what shares memory, what is left alone, and that nobody can tell the difference.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct WebSocketMessageBatchTests {
    @Test func `a read of many short messages gives each of them, in order`() {
        let frames = (0..<1000).map { index in
            let payload = (0..<(index % 126)).map { UInt8(0x20 + ($0 + index) % 90) }
            return ClientFrame(index % 3 == 0 ? .binary : .text, payload).with {
                $0.key![index % 4] = UInt8(index % 256)
            }
        }
        let events = frames.map { frame in
            frame.first == 0x82 ? WebSocketEvent.binary(frame.payload) : .text(ByteBuffer(bytes: frame.payload))
        }
        #expect(ReaderOutcome(of: frames.flatMap(\.bytes)) == .events(events))
    }

    @Test(arguments: [
        ClientFrame(.ping, "p"), ClientFrame(.text, "a", isFinal: false), ClientFrame(.continuation, "b"),
        ClientFrame(.text, [UInt8](repeating: 0x61, count: 126)), ClientFrame(.close), ClientFrame(.text, [0xFF]),
        ClientFrame(.text, [0xE2, 0x82]), ClientFrame(.text, "x").with { $0.key = nil },
        ClientFrame(.text, "x").with { $0.first |= 0x40 }, ClientFrame(.text, [UInt8](repeating: 0x61, count: 121)),
    ])
    func `whatever stands between short messages is read in its turn`(_ frame: ClientFrame) {
        let short = [ClientFrame(.text, "ü"), ClientFrame(.binary, [0xFF]), ClientFrame(.text)].flatMap(\.bytes)
        let bytes = short + frame.bytes + short + short
        let whole = ReaderOutcome(of: bytes, limit: 120)
        #expect(whole.events.prefix(3) == [.text("ü"), .binary([0xFF]), .text("")])
        #expect(whole == ReaderOutcome(of: bytes.bytewise, limit: 120))
    }

    @Test func `a caller may stop in the middle and come back with more bytes`() throws {
        var reader = WebSocketReader(maximumMessageSize: 100)
        var buffer = ByteBuffer(bytes: ["a", "b", "c"].flatMap { ClientFrame(.text, $0).bytes } + [0x81])
        let first = try reader.next(from: &buffer)
        #expect(first == .text("a"))
        #expect(buffer.readableBytes == 15)
        buffer.writeBytes(ClientFrame(.text, "d").bytes.dropFirst())
        var moved = ByteBuffer(bytes: buffer.readableBytesView)
        var others: [WebSocketEvent] = []
        while let event = try reader.next(from: &moved) { others.append(event) }
        #expect(others == [.text("b"), .text("c"), .text("d")])
        #expect(moved.readableBytes == 0)
    }

    @Test func `a batch takes one piece of memory, just as large as its payloads`() throws {
        var batch = WebSocketMessageBatch()
        var buffer = ByteBuffer(bytes: (0..<64).flatMap { _ in ClientFrame(.text, "12345678").bytes })
        batch.fill(from: buffer, maximumMessageSize: 100)
        guard case .text(let payload)? = batch.next(from: &buffer) else { return #expect(Bool(false)) }
        #expect(payload.storageCapacity == 512)
    }

    @Test func `a batch is bounded`() {
        var batch = WebSocketMessageBatch()
        let count = WebSocketMessageBatch.maximumSize / 7
        var buffer = ByteBuffer(bytes: (0..<(count * 2)).flatMap { _ in ClientFrame(.text, "1").bytes })
        batch.fill(from: buffer, maximumMessageSize: 100)
        var events = 0
        while batch.next(from: &buffer) != nil { events += 1 }
        #expect(events == count)
        #expect(buffer.readableBytes == count * 7)
    }

    @Test func `a message alone is left to be read by itself`() {
        var batch = WebSocketMessageBatch()
        var buffer = ByteBuffer(bytes: ClientFrame(.text, "a").bytes + ClientFrame(.ping).bytes)
        batch.fill(from: buffer, maximumMessageSize: 100)
        let event = batch.next(from: &buffer)
        #expect(event == nil)
        #expect(buffer.readableBytes == 13)
    }
}
