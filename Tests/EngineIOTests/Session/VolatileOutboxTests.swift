/// An outbox that keeps volatile units: they are in their place, and the first to go.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct VolatileOutboxTests {
    private static func unit(_ text: String, attachments: Int = 0) -> MessageUnit {
        var buffer = ByteBuffer()
        buffer.writeRepeatingByte(0, count: MessageUnit.headroom)
        buffer.moveReaderIndex(forwardBy: MessageUnit.headroom)
        buffer.writeString(text)
        return MessageUnit(text: buffer, attachments: (0..<attachments).map { ByteBuffer(string: "\(text)\($0)") })
    }

    /// What a WebSocket's client would get.
    private static func texts(_ frames: FrameList) -> [String] {
        var bytes = ByteBuffer()
        for buffer in frames { bytes.writeImmutableBuffer(buffer) }
        var texts: [String] = []
        while bytes.readableBytes > 0 {
            texts.append(String(buffer: WebSocketFrame.readUnmasked(from: &bytes).payload))
        }
        return texts
    }

    private static func texts(_ payload: ByteBuffer?) -> [String] {
        payload.map { String(buffer: $0).split(separator: "\u{1E}").map(String.init) } ?? []
    }

    private func append(_ text: String, to outbox: inout Outbox, limit: Int = .max) -> Bool {
        outbox.append(volatile: Self.unit(text), limit: limit).isAppended
    }

    @Test func `volatile units leave in their place among the others`() {
        var outbox = Outbox(tracksUnits: false, keepsVolatile: true)
        for (index, text) in ["a", "v1", "b", "c", "v2", "v3", "d"].enumerated() {
            if [1, 4, 5].contains(index) {
                #expect(self.append(text, to: &outbox))
            } else {
                outbox.append(Self.unit(text))
            }
        }
        #expect(outbox.byteCount == 4 * 4 + 3 * 5)
        #expect(Self.texts(outbox.takeFrames()) == ["4a", "4v1", "4b", "4c", "4v2", "4v3", "4d"])
        #expect(outbox.isEmpty)
        #expect(self.append("again", to: &outbox))
        outbox.append(Self.unit("e"))
        #expect(Self.texts(outbox.takeFrames()) == ["4again", "4e"])
    }

    @Test func `short units leave in one buffer, volatile or not`() {
        var outbox = Outbox(tracksUnits: false, keepsVolatile: true)
        for number in 0..<300 {
            if number % 3 == 0 {
                outbox.append(Self.unit("\(number)"))
            } else {
                _ = self.append("\(number)", to: &outbox)
            }
        }
        let frames = outbox.takeFrames()
        #expect(frames.count == 1)
        #expect(Self.texts(frames) == (0..<300).map { "4\($0)" })
    }

    @Test func `the oldest are dropped first, and only as many as needed`() {
        var outbox = Outbox(tracksUnits: true, keepsVolatile: true)
        for text in ["v1", "v2", "v3"] { #expect(self.append(text, to: &outbox)) }
        outbox.append(Self.unit("a"))
        let size = 5
        #expect(outbox.byteCount == 3 * size + 4)
        #expect(outbox.dropVolatile(downTo: 2 * size + 4) == 1)
        #expect(outbox.dropVolatile(downTo: 2 * size + 3) == 1)
        #expect(outbox.byteCount == size + 4)
        #expect(Self.texts(outbox.takePayload(maximumPackets: 16)?.body) == ["4v3", "4a"])
    }

    @Test func `a volatile unit makes room for itself among its kind`() {
        var outbox = Outbox(tracksUnits: false, keepsVolatile: true)
        let limit = 3 * 5
        for text in ["v1", "v2", "v3", "v4", "v5"] { #expect(self.append(text, to: &outbox, limit: limit)) }
        #expect(outbox.byteCount == limit)
        #expect(Self.texts(outbox.takeFrames()) == ["4v3", "4v4", "4v5"])
    }

    @Test func `none is dropped for one that finds no room all the same`() {
        var outbox = Outbox(tracksUnits: false, keepsVolatile: true)
        outbox.append(Self.unit("lasting"))
        #expect(self.append("v1", to: &outbox, limit: 100))
        #expect(!self.append(String(repeating: "x", count: 95), to: &outbox, limit: 100))
        #expect(Self.texts(outbox.takeFrames()) == ["4lasting", "4v1"])
    }

    @Test func `one alone may be larger than the limit`() {
        var outbox = Outbox(tracksUnits: false, keepsVolatile: true)
        #expect(self.append(String(repeating: "x", count: 1000), to: &outbox, limit: 100))
        #expect(!outbox.isEmpty && outbox.holdsOnlyVolatile)
    }

    @Test func `a poll cuts only a unit that is larger than a poll, and what is cut is not dropped`() {
        var outbox = Outbox(tracksUnits: true, keepsVolatile: true)
        let large = Self.unit("v", attachments: 5)
        outbox.append(Self.unit("a"))
        _ = outbox.append(volatile: large, limit: .max)
        #expect(self.append("w", to: &outbox))
        outbox.append(Self.unit("b"))
        #expect(Self.texts(outbox.takePayload(maximumPackets: 4)?.body) == ["4a"])
        #expect(Self.texts(outbox.takePayload(maximumPackets: 4)?.body).count == 4)
        // The rest of the large one has to follow; the other goes.
        #expect(outbox.dropVolatile(downTo: 0) == 1)
        #expect(Self.texts(outbox.takePayload(maximumPackets: 4)?.body).count == 3)
        #expect(outbox.isEmpty)
    }

    @Test func `a client that reads nothing can have volatile units sent for ever`() {
        var outbox = Outbox(tracksUnits: true, keepsVolatile: true)
        outbox.append(Self.unit("first"))
        for number in 0..<50_000 { _ = self.append("\(number)", to: &outbox, limit: 1000) }
        #expect(outbox.byteCount <= 1000)
        let texts = Self.texts(outbox.takePayload(maximumPackets: 1000)?.body)
        #expect(texts.first == "4first" && texts.last == "449999")
        #expect(texts.count < 1000)
    }

    @Test(arguments: 0..<20)
    func `whatever is taken and dropped when, the order stays and nothing else is missing`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var outbox = Outbox(tracksUnits: true, keepsVolatile: true)
        var (lasting, found): ([String], [String]) = ([], [])
        for number in 0..<200 {
            let padding = String(repeating: "x", count: [0, 10, 5000].randomElement(using: &generator) ?? 0)
            let attachments = Int.random(in: 0..<3, using: &generator)
            if Bool.random(using: &generator) {
                _ = outbox.append(volatile: Self.unit("v\(number)-\(padding)", attachments: attachments), limit: 20_000)
            } else {
                outbox.append(Self.unit("l\(number)-\(padding)"))
                lasting.append("l\(number)")
                _ = outbox.dropVolatile(downTo: 20_000)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                found += Self.texts(outbox.takePayload(maximumPackets: 4)?.body)
            }
        }
        outbox.stopTrackingUnits()
        found += Self.texts(outbox.takeFrames())
        #expect(outbox.byteCount == 0)
        let names = found.filter { $0.hasPrefix("4") }.map { String($0.dropFirst().prefix { $0 != "-" }) }
        #expect(names.filter { $0.hasPrefix("l") } == lasting)
        let numbers = names.compactMap { Int($0.dropFirst()) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(numbers.count < 200, "nothing was dropped")
    }
}
