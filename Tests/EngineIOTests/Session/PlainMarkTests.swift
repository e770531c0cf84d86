/// Which messages of an outbox are marked not to be compressed, and where the marks must not be.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct PlainMarkTests {
    private static let large = String(repeating: "l", count: 5000)

    private static func marks(_ frames: FrameList) -> [Bool] {
        var bytes = ByteBuffer()
        for buffer in frames { bytes.writeImmutableBuffer(buffer) }
        var marks: [Bool] = []
        while bytes.readableBytes > 0 { marks.append(WebSocketFrame.readUnmasked(from: &bytes).isPlain) }
        return marks
    }

    private static func fill(_ outbox: inout Outbox, volatile: Bool = false) {
        for text in ["a", Self.large] {
            for isAllowed in [true, false] {
                let unit = MessageUnit(text: text).compress(isAllowed)
                if volatile {
                    _ = outbox.append(volatile: unit, limit: .max)
                } else {
                    outbox.append(unit)
                }
            }
        }
        outbox.append(own: MessageUnit(text: "own").compress(false))
    }

    @Test func `the setting of a unit is kept, and the unit's bytes are the same but for the mark`() {
        let unit = MessageUnit(text: "a")
        #expect(unit.isCompressible)
        let plain = unit.compress(false)
        #expect(!plain.isCompressible)
        #expect(plain.frames == unit.frames)
        #expect(Array(plain.markedFrames.readableBytesView) == [0xA1, 2] + Array("4a".utf8))
        #expect(plain.compress(true).isCompressible)
        #expect(plain.compress(true).markedFrames == unit.frames)
    }

    @Test func `what is appended to a unit's buffer leaves the unit as it was`() {
        let unit = MessageUnit(text: "a").compress(false)
        let (frames, marked) = (Array(unit.frames.readableBytesView), Array(unit.markedFrames.readableBytesView))
        for size in [1, 4000] {
            var outbox = Outbox(tracksUnits: false)
            // Its buffer is taken over, with the marked frames behind what is read.
            outbox.append(own: unit)
            let next = MessageUnit(text: String(repeating: "b", count: size))
            outbox.append(next)
            outbox.append(next)
            let sent = outbox.takeFrames().flatMap { Array($0.readableBytesView) }
            #expect(sent == frames + Array(next.frames.readableBytesView) + Array(next.frames.readableBytesView))
            #expect(Array(unit.markedFrames.readableBytesView) == marked)
        }
    }

    @Test(arguments: [true, false])
    func `frames are marked only for a WebSocket that looks at marks`(marksPlain: Bool) {
        var outbox = Outbox(tracksUnits: false, marksPlain: marksPlain)
        Self.fill(&outbox)
        #expect(Self.marks(outbox.takeFrames()) == [false, marksPlain, false, marksPlain, marksPlain])
        outbox.append(own: MessageUnit(text: "own").compress(false))
        #expect(Self.marks(outbox.takeFrames()) == [marksPlain])
    }

    @Test(arguments: [true, false], [true, false])
    func `an upgrade keeps the marks of what waits, or removes them`(marksPlain: Bool, volatile: Bool) {
        var outbox = Outbox(tracksUnits: true, keepsVolatile: volatile, marksPlain: true)
        Self.fill(&outbox, volatile: volatile)
        let size = outbox.byteCount
        outbox.stopTrackingUnits(marksPlain: marksPlain)
        outbox.append(MessageUnit(text: "behind").compress(false))
        #expect(outbox.byteCount > size)
        #expect(Self.marks(outbox.takeFrames()) == [false, marksPlain, false, marksPlain, marksPlain, marksPlain])
    }

    @Test(arguments: [true, false])
    func `a payload may be compressed when one of its packets may`(volatile: Bool) {
        var outbox = Outbox(tracksUnits: true, keepsVolatile: volatile, marksPlain: true)
        Self.fill(&outbox, volatile: volatile)
        let payloads = [1, 1, 2, 1].map { outbox.takePayload(maximumPackets: $0)?.isCompressible }
        #expect(payloads == [true, false, true, false])
        #expect(outbox.isEmpty)
    }

    @Test func `the packet that ends a payload does not make it one to compress`() {
        var outbox = Outbox(tracksUnits: true, marksPlain: true)
        outbox.append(MessageUnit(text: Self.large).compress(false))
        #expect(outbox.takePayload(maximumPackets: 16, last: .close)?.isCompressible == false)
        #expect(!PollPayload.noop.isCompressible)
    }
}
