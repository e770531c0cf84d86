/// What is compressed comes out as it went in, and nothing comes out that is too much.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct MessageInflaterTests {
    /// Inflates messages one after the other, each in pieces of a size.
    static func inflate(
        _ messages: [[UInt8]],
        keepsContext: Bool = true,
        windowBits: Int = 15,
        pieceSize: Int = .max,
        limit: Int = 1_000_000
    ) throws -> [[UInt8]] {
        let inflater = MessageInflater(windowBits: windowBits, keepsContext: keepsContext)
        return try messages.map { message in
            var output = ByteBuffer()
            var rest = message[...]
            while !rest.isEmpty {
                try inflater.inflate(ByteBuffer(bytes: rest.prefix(pieceSize)), into: &output, limit: limit)
                rest = rest.dropFirst(pieceSize)
            }
            try inflater.endMessage(into: &output, limit: limit)
            return Array(output.readableBytesView)
        }
    }

    static func deflater(windowBits: Int = 15, keepsContext: Bool = true, level: Int = 6) -> MessageDeflater {
        MessageDeflater(level: level, windowBits: windowBits, memoryLevel: 8, keepsContext: keepsContext)
    }

    static func deflate(_ messages: [[UInt8]], with deflater: MessageDeflater = deflater()) -> [[UInt8]] {
        messages.map { message in
            var output = ByteBuffer()
            #expect(deflater.deflate(ByteBuffer(bytes: message), into: &output))
            return Array(output.readableBytesView)
        }
    }

    /// Bytes that do not compress.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    // MARK: The examples of RFC 7692 §7.2.3

    static let hello = Array("Hello".utf8)
    static let examples: [(name: String, message: [UInt8])] = [
        ("one block", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
        ("without compression", [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]),
        ("a last block", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]),
        ("two blocks", [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
        // Some leave out the block behind the last one as well.
        ("a last block and nothing behind it", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]),
    ]

    @Test(arguments: examples)
    func `the examples of RFC 7692 are read`(name: String, message: [UInt8]) throws {
        for pieceSize in [1, 2, .max] {
            #expect(try Self.inflate([message], pieceSize: pieceSize) == [Self.hello])
            // As often as one likes: what follows a last block is a new stream with the same window.
            let takenOver: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
            #expect(
                try Self.inflate([message, takenOver, message, takenOver], pieceSize: pieceSize)
                    == [Self.hello, Self.hello, Self.hello, Self.hello]
            )
        }
    }

    @Test func `an empty message has an empty block or nothing at all`() throws {
        let first = Self.examples[0].message
        #expect(try Self.inflate([[0x00], first, [], first, [0x00]]) == [[], Self.hello, [], Self.hello, []])
    }

    @Test func `what is deflated is what the RFC has`() {
        #expect(Self.deflate([Self.hello, Self.hello]) == [Self.examples[0].message, [0xF2, 0x00, 0x11, 0x00, 0x00]])
        let alone = Self.deflater(keepsContext: false)
        #expect(
            Self.deflate([Self.hello, Self.hello], with: alone) == [Self.examples[0].message, Self.examples[0].message]
        )
    }

    // MARK: Round trips

    @Test(arguments: 9...15, [true, false])
    func `messages come out as they went in`(windowBits: Int, keepsContext: Bool) throws {
        let text = (0..<20_000).map { UInt8(0x20 + $0 * $0 % 37) }
        let messages = [
            [7], text, Self.noise(70_000), text, Array(repeating: 0x61, count: 200_000), Self.noise(1),
            Array(text.prefix(100)),
        ]
        for level in [1, 6, 9] {
            let deflater = Self.deflater(windowBits: windowBits, keepsContext: keepsContext, level: level)
            let compressed = Self.deflate(messages, with: deflater)
            for pieceSize in [977, .max] {
                let found = try Self.inflate(
                    compressed,
                    keepsContext: keepsContext,
                    windowBits: windowBits,
                    pieceSize: pieceSize
                )
                #expect(found == messages)
            }
        }
    }

    @Test func `a message may refer to those before only where context is taken over`() throws {
        let message = Self.noise(1000)
        let compressed = Self.deflate([message, message])
        #expect(compressed[1].count < 50)
        #expect(try Self.inflate(compressed) == [message, message])
        let error = #expect(throws: WebSocketViolation.self) { try Self.inflate(compressed, keepsContext: false) }
        #expect(error?.closeCode == 1007)
    }

    @Test func `noise grows no more than a message may`() {
        for count in [1, 100, 1000, 100_000] {
            let compressed = Self.deflate([Self.noise(count)], with: Self.deflater(level: 1))[0]
            #expect(compressed.count <= MessageInflater.largestCompressedSize(of: count))
        }
    }

    // MARK: Too much, and nonsense

    @Test func `a small message takes little memory`() throws {
        let compressed = Self.deflate([[0x61]])[0]
        let inflater = MessageInflater(windowBits: 15, keepsContext: true)
        var output = ByteBuffer()
        try inflater.inflate(ByteBuffer(bytes: compressed), into: &output, limit: 1_000_000)
        #expect(output.capacity <= 512)
    }

    @Test func `a bomb is noticed at the limit and takes no more memory than the limit`() throws {
        let bomb = Self.deflate([[UInt8](repeating: 0, count: 50_000_000)])[0]
        #expect(bomb.count < 60_000)
        let inflater = MessageInflater(windowBits: 15, keepsContext: true)
        var output = ByteBuffer()
        let error = #expect(throws: WebSocketViolation.self) {
            try inflater.inflate(ByteBuffer(bytes: bomb), into: &output, limit: 100_000)
        }
        #expect(error?.closeCode == 1009)
        #expect(output.readableBytes == 100_001)
        // The next power of two.
        #expect(output.capacity <= 131_072)
    }

    @Test(arguments: [0, 1, 4, 5, 6, 16_383, 16_384, 16_385])
    func `a message as large as the limit is read, one larger is not`(size: Int) throws {
        let message = [UInt8](repeating: 0x61, count: size + 1)
        let fits = size == 0 ? [[0x00]] : Self.deflate([Array(message.dropLast())])
        let exceeds = Self.deflate([message])
        for pieceSize in [1, .max] {
            #expect(try Self.inflate(fits, pieceSize: pieceSize, limit: size)[0].count == size)
            let error = #expect(throws: WebSocketViolation.self) {
                try Self.inflate(exceeds, pieceSize: pieceSize, limit: size)
            }
            #expect(error?.closeCode == 1009)
        }
    }

    @Test(
        arguments: [
            // A reserved kind of block, a stored block whose lengths do not match, a code that is not, a cut block.
            [0x07], [0x00, 0x05, 0x00, 0xFF, 0xFF], [0xED, 0xFD, 0x01], [0xF2, 0x48, 0xCD],
            // A distance beyond what came before.
            [0xF2, 0x00, 0x11, 0x00, 0x00],
            // The end of the empty block is left out by everybody.
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF],
        ] as [[UInt8]]
    )
    func `what cannot be decompressed is refused`(message: [UInt8]) {
        for pieceSize in [1, .max] {
            let error = #expect(throws: WebSocketViolation.self) { try Self.inflate([message], pieceSize: pieceSize) }
            #expect(error?.closeCode == 1007)
        }
    }

    @Test(arguments: UInt64(0)..<16)
    func `noise is inflated or refused, however it is cut`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...80, using: &generator)
            let message = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let whole = try? Self.inflate([message], limit: 2000)
            let cut = try? Self.inflate([message], pieceSize: 1, limit: 2000)
            #expect(whole == cut, "\(message)")
        }
    }
}
