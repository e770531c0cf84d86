/// The outbox: what goes in comes out, in order and in whole units.
import DequeModule
import NIOCore
import Testing

@testable import EngineIO

/// A unit and the packets a client should make of it.
private struct Sample {
    var unit: MessageUnit
    var packets: [String]

    /// A text with binary attachments.
    init(_ text: String, attachments: [[UInt8]] = []) {
        var buffer = ByteBuffer()
        buffer.writeRepeatingByte(0, count: MessageUnit.headroom)
        buffer.moveReaderIndex(forwardBy: MessageUnit.headroom)
        buffer.writeString(text)
        self.unit = MessageUnit(text: buffer, attachments: attachments.map { ByteBuffer(bytes: $0) })
        self.packets = ["4" + text] + attachments.map(Self.base64)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var encoded = ByteBuffer(string: "b")
        Base64.encode(ByteBuffer(bytes: bytes), into: &encoded)
        return String(buffer: encoded)
    }

    static func random(_ generator: inout SeededGenerator) -> Sample {
        // Around the lengths at which a frame's header grows, and where units are shared instead of copied.
        let lengths = [0, 1, 124, 125, 126, 4000, 4090, 4096, 5000, 65_535, 65_536]
        let length = lengths.randomElement(using: &generator) ?? 0
        let count = [0, 0, 0, 1, 3, 20].randomElement(using: &generator) ?? 0
        let attachments = (0..<count).map { [UInt8](repeating: UInt8($0), count: $0 * 7) }
        return Sample(String(repeating: "x", count: length), attachments: attachments)
    }
}

extension ByteBuffer {
    fileprivate var packets: [String] {
        String(buffer: self).split(separator: "\u{1E}", omittingEmptySubsequences: false).map(String.init)
    }
}

@Suite struct OutboxTests {
    @Test func `an empty outbox has nothing to give`() {
        var outbox = Outbox(tracksUnits: true)
        #expect(outbox.isEmpty)
        #expect(outbox.takePayload(maximumPackets: 16)?.body == nil)
        #expect(outbox.takeFrames().isEmpty)
    }

    @Test func `messages are separated and binary becomes base64`() {
        var outbox = Outbox(tracksUnits: true)
        for sample in [Sample("hello"), Sample("", attachments: [[1, 2, 3, 4]]), Sample("wörld")] {
            outbox.append(sample.unit)
        }
        let payload = outbox.takePayload(maximumPackets: 16)?.body
        #expect(payload.map { String(buffer: $0) } == "4hello\u{1E}4\u{1E}bAQIDBA==\u{1E}4wörld")
        #expect(outbox.isEmpty)
    }

    @Test func `a poll gets sixteen packets at most and the next one the rest`() {
        var outbox = Outbox(tracksUnits: true)
        for index in 0..<40 { outbox.append(MessageUnit(text: "\(index)")) }
        var counts: [Int] = []
        while let payload = outbox.takePayload(maximumPackets: 16)?.body { counts.append(payload.packets.count) }
        #expect(counts == [16, 16, 8])
    }

    @Test func `a unit that does not fit behind others waits for the next poll`() {
        var outbox = Outbox(tracksUnits: true)
        for _ in 0..<10 { outbox.append(MessageUnit(text: "a")) }
        let large = Sample("b", attachments: Array(repeating: [9], count: 9))
        outbox.append(large.unit)
        outbox.append(MessageUnit(text: "c"))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == Array(repeating: "4a", count: 10))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == large.packets + ["4c"])
    }

    @Test func `only a unit that alone is larger than a poll is cut`() {
        var outbox = Outbox(tracksUnits: true)
        let huge = Sample("b", attachments: Array(repeating: [9], count: 39))
        outbox.append(MessageUnit(text: "a"))
        outbox.append(huge.unit)
        outbox.append(MessageUnit(text: "c"))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == ["4a"])
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == Array(huge.packets[..<16]))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == Array(huge.packets[16..<32]))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == Array(huge.packets[32...]) + ["4c"])
        #expect(outbox.isEmpty)
    }

    @Test(arguments: [0, 1, 14, 15, 16, 17, 31])
    func `a farewell comes last, within the limit, behind everything`(count: Int) {
        var outbox = Outbox(tracksUnits: true)
        for index in 0..<count { outbox.append(MessageUnit(text: "\(index)")) }
        var packets: [String] = []
        while packets.last != "1" {
            guard let payload = outbox.takePayload(maximumPackets: 16, last: .close)?.body else {
                Issue.record("the farewell is missing behind \(packets)")
                return
            }
            #expect(payload.packets.count <= 16)
            packets += payload.packets
        }
        #expect(packets == (0..<count).map { "4\($0)" } + ["1"])
    }

    @Test func `frames leave in few buffers`() {
        var outbox = Outbox(tracksUnits: false)
        for _ in 0..<500 { outbox.append(MessageUnit(text: "short")) }
        #expect(outbox.takeFrames().count == 1)
    }

    @Test func `a large unit is shared between outboxes instead of copied`() {
        let unit = MessageUnit(text: String(repeating: "x", count: 10_000))
        var (first, second) = (Outbox(tracksUnits: false), Outbox(tracksUnits: true))
        first.append(unit)
        second.append(unit)
        first.append(MessageUnit(text: "behind"))
        let frames = first.takeFrames()
        #expect(frames.count == 2)
        #expect(frames.first == unit.frames)
        #expect(second.takePayload(maximumPackets: 16)?.body.readableBytes == 10_001)
    }

    @Test func `appending behind a unit of one's own leaves the receivers of the same unit alone`() {
        let unit = MessageUnit(text: "one")
        var (first, second) = (Outbox(tracksUnits: false), Outbox(tracksUnits: false))
        first.append(own: unit)
        first.append(MessageUnit(text: "two"))
        second.append(unit)
        #expect(first.takeFrames().first?.readableBytes == 2 * (2 + 4))
        #expect(second.takeFrames().first == unit.frames)
    }

    @Test func `bytes are counted until they are taken or discarded`() {
        var outbox = Outbox(tracksUnits: true)
        outbox.append(MessageUnit(text: "four"))
        outbox.append(own: MessageUnit(binary: ByteBuffer(bytes: [1, 2])))
        #expect(outbox.byteCount == 2 + 5 + 2 + 2)
        _ = outbox.takePayload(maximumPackets: 1)
        #expect(outbox.byteCount == 4)
        outbox.discard()
        #expect(outbox.isEmpty)
        #expect(outbox.takePayload(maximumPackets: 16)?.body == nil)
        outbox.append(MessageUnit(text: "again"))
        #expect(outbox.takePayload(maximumPackets: 16)?.body.packets == ["4again"])
    }

    @Test(arguments: 0..<20)
    func `packets come out as they went in, whatever is taken when`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var outbox = Outbox(tracksUnits: true)
        var (expected, found): ([String], [String]) = ([], [])
        for _ in 0..<60 {
            let sample = Sample.random(&generator)
            expected += sample.packets
            if Bool.random(using: &generator) { outbox.append(own: sample.unit) } else { outbox.append(sample.unit) }
            guard Int.random(in: 0..<3, using: &generator) == 0 else { continue }
            found += outbox.takePayload(maximumPackets: 16)?.body.packets ?? []
        }
        while let payload = outbox.takePayload(maximumPackets: 16)?.body {
            #expect(payload.packets.count <= 16)
            found += payload.packets
        }
        #expect(found == expected)
        #expect(outbox.byteCount == 0)
    }

    @Test(arguments: 0..<10)
    func `an outbox that goes over to WebSocket midway loses nothing`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(100 + seed))
        let samples = (0..<40).map { _ in Sample.random(&generator) }
        var outbox = Outbox(tracksUnits: true)
        for sample in samples { outbox.append(sample.unit) }
        var found: [String] = []
        for _ in 0..<Int.random(in: 0..<5, using: &generator) {
            let payload = outbox.takePayload(maximumPackets: 16)?.body
            found += try #require(payload).packets
        }
        outbox.stopTrackingUnits()
        var frames = ByteBuffer()
        for segment in outbox.takeFrames() { frames.writeImmutableBuffer(segment) }
        var encoder = PayloadEncoder()
        while frames.readableBytes > 0 { encoder.append(WebSocketFrame.readUnmasked(from: &frames)) }
        found += encoder.payload.packets
        #expect(found == samples.flatMap(\.packets))
    }
}
