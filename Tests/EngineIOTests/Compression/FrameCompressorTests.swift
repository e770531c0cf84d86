/// Which frames of a session are compressed, and that they can be read again.
import NIOCore
import Testing

@testable import EngineIO

/// A frame as it leaves.
private struct SentFrame: Equatable {
    var first: UInt8
    var payload: [UInt8]

    var isCompressed: Bool { self.first & 0x40 != 0 }

    static func read(_ frames: FrameList) -> [SentFrame] {
        var bytes = ByteBuffer()
        for buffer in frames { bytes.writeImmutableBuffer(buffer) }
        var sent: [SentFrame] = []
        while let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) {
            sent.append(
                SentFrame(
                    first: first,
                    payload: Array(WebSocketFrame.readUnmasked(from: &bytes).payload.readableBytesView)
                )
            )
        }
        return sent
    }
}

@Suite struct FrameCompressorTests {
    private static func compressor(
        _ offer: String = "permessage-deflate",
        threshold: Int = 100
    ) throws -> FrameCompressor {
        let options = PerMessageDeflate.changed { $0.threshold = threshold }
        let offers = try ExtensionOffer.parse([offer])
        let agreement = try #require(DeflateAgreement.negotiate(offers, options: options))
        return FrameCompressor(agreement, options: options)
    }

    private static func list(_ units: [MessageUnit], marked: Bool = true) -> FrameList {
        var frames = FrameList()
        for unit in units { frames.append(marked ? unit.markedFrames : unit.frames) }
        return frames
    }

    @Test func `messages are compressed from the threshold on, type included`() throws {
        let compressor = try Self.compressor()
        let units = [98, 99, 200].map { MessageUnit(text: String(repeating: "a", count: $0)) }
        let sent = SentFrame.read(compressor.compress(Self.list(units)))
        #expect(sent.map(\.isCompressed) == [false, true, true])
        #expect(sent[0].payload == Array(("4" + String(repeating: "a", count: 98)).utf8))
        let texts = try MessageInflaterTests.inflate(sent.dropFirst().map(\.payload))
        #expect(texts.map { $0.count } == [100, 201])
    }

    @Test func `frames of which none is to be compressed leave as they came`() throws {
        let compressor = try Self.compressor()
        let frames = Self.list([MessageUnit(text: "a"), MessageUnit(text: "b")])
        #expect(compressor.compress(frames) == frames)
    }

    @Test func `one that must not be compressed is sent as it is, and without its mark`() throws {
        let compressor = try Self.compressor()
        let text = String(repeating: "a", count: 5000)
        let units = [
            MessageUnit(text: text).compress(false), MessageUnit(text: text), MessageUnit(text: "b").compress(false),
        ]
        let sent = SentFrame.read(compressor.compress(Self.list(units)))
        #expect(sent.map(\.first) == [0x81, 0xC1, 0x81])
        #expect(sent[0].payload == Array("4\(text)".utf8))
        #expect(sent[2].payload == Array("4b".utf8))
        #expect(try MessageInflaterTests.inflate([sent[1].payload]) == [Array("4\(text)".utf8)])
    }

    @Test func `attachments are compressed each by itself`() throws {
        let compressor = try Self.compressor()
        let bytes = [UInt8](repeating: 3, count: 70_000)
        let unit = MessageUnit([
            (isText: true, payload: ByteBuffer(string: String(repeating: "t", count: 300))),
            (isText: false, payload: ByteBuffer(bytes: bytes)), (isText: false, payload: ByteBuffer(bytes: [1])),
        ])
        let sent = SentFrame.read(compressor.compress(Self.list([unit])))
        #expect(sent.map(\.first) == [0xC1, 0xC2, 0x82])
        #expect(try MessageInflaterTests.inflate([sent[0].payload, sent[1].payload])[1] == bytes)
    }

    @Test func `without context what does not shrink is sent as it is`() throws {
        let noise = MessageInflaterTests.noise(5000)
        let frames = Self.list([MessageUnit(binary: ByteBuffer(bytes: noise))])
        let alone = SentFrame.read(
            try Self.compressor("permessage-deflate; server_no_context_takeover").compress(frames)
        )
        #expect(alone == [SentFrame(first: 0x82, payload: noise)])
        // With context it must be: the receiver's window has to have it as well.
        let sent = SentFrame.read(try Self.compressor().compress(frames))
        #expect(sent.map(\.first) == [0xC2])
        #expect(try MessageInflaterTests.inflate(sent.map(\.payload)) == [noise])
    }

    @Test(arguments: ["", "; server_no_context_takeover"])
    func `empty messages are never compressed`(parameters: String) throws {
        let compressor = try Self.compressor("permessage-deflate" + parameters, threshold: 0)
        let units = [MessageUnit(binary: ByteBuffer()), MessageUnit(text: ""), MessageUnit(binary: ByteBuffer())]
        let sent = SentFrame.read(compressor.compress(Self.list(units)))
        #expect(sent.map(\.payload.isEmpty) == [true, false, true])
        #expect(!sent[0].isCompressed && !sent[2].isCompressed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `whatever is sent can be read in its order`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let offers = [
            "permessage-deflate", "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits=9",
        ]
        let offer = try #require(offers.randomElement(using: &generator))
        let compressor = try Self.compressor(offer, threshold: 64)
        let inflater = MessageInflater(windowBits: 15, keepsContext: true)
        for _ in 0..<40 {
            let payloads = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                let sizes = [0, 1, 63, 64, 125, 126, 4095, 4096, 65_535, 65_536]
                let size = sizes.randomElement(using: &generator) ?? 0
                return Bool.random(using: &generator)
                    ? MessageInflaterTests.noise(size, seed: UInt64(size)) : [UInt8](repeating: 9, count: size)
            }
            let units = payloads.map {
                MessageUnit(binary: ByteBuffer(bytes: $0)).compress(Bool.random(using: &generator))
            }
            let sent = SentFrame.read(compressor.compress(Self.list(units)))
            #expect(sent.allSatisfy { $0.first & 0x30 == 0 })
            let received = try sent.map { frame -> [UInt8] in
                guard frame.isCompressed else { return frame.payload }
                var output = ByteBuffer()
                try inflater.inflate(ByteBuffer(bytes: frame.payload), into: &output, limit: 100_000)
                try inflater.endMessage(into: &output, limit: 100_000)
                return Array(output.readableBytesView)
            }
            #expect(received == payloads)
        }
    }
}
