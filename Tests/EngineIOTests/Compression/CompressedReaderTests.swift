/// What the reader makes of compressed messages: whole, cut, in fragments, and wrong in every way.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct CompressedReaderTests {
    private static let compressed: UInt8 = 0x40
    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    private static func frame(
        _ opcode: WebSocketOpcode,
        _ payload: [UInt8],
        isFinal: Bool = true
    ) -> ClientFrame {
        ClientFrame(opcode, payload, isFinal: isFinal).with { $0.first |= Self.compressed }
    }

    private static func outcome(
        of pieces: some Sequence<ArraySlice<UInt8>>,
        limit: Int = 1_000_000,
        fragments: Int = 131_072,
        keepsContext: Bool = true
    ) -> ReaderOutcome {
        let inflater = MessageInflater(windowBits: 15, keepsContext: keepsContext)
        return ReaderOutcome(of: pieces, limit: limit, fragments: fragments, inflater: inflater)
    }

    static let messages: [ReaderCase] = [
        ReaderCase("text", [frame(.text, hello)], [.text("Hello")]),
        ReaderCase("binary", [frame(.binary, hello)], [.binary(Array("Hello".utf8))]),
        ReaderCase("an empty message", [frame(.text, [0])], [.text("")]),
        ReaderCase("no byte at all", [frame(.binary, [])], [.binary([])]),
        ReaderCase(
            "three fragments",
            [
                frame(.text, Array(hello[..<2]), isFinal: false),
                ClientFrame(.continuation, Array(hello[2..<3]), isFinal: false),
                ClientFrame(.continuation, Array(hello[3...])),
            ],
            [.text("Hello")]
        ),
        ReaderCase(
            "empty fragments",
            [
                frame(.text, [], isFinal: false), ClientFrame(.continuation, hello, isFinal: false),
                ClientFrame(.continuation, []),
            ],
            [.text("Hello")]
        ),
        ReaderCase(
            "control frames between fragments",
            [
                frame(.text, Array(hello[..<3]), isFinal: false), ClientFrame(.ping, "p"),
                ClientFrame(.continuation, Array(hello[3..<5]), isFinal: false), ClientFrame(.pong, "q"),
                ClientFrame(.continuation, Array(hello[5...])),
            ],
            [.ping("p"), .pong("q"), .text("Hello")]
        ),
        ReaderCase(
            "compressed and plain messages in turn",
            [
                frame(.text, hello), ClientFrame(.text, "a"), ClientFrame(.text, "b"),
                frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00]), ClientFrame(.binary, [1]),
            ],
            [.text("Hello"), .text("a"), .text("b"), .text("Hello"), .binary([1])]
        ),
        ReaderCase(
            "a character cut by fragments",
            {
                let bytes = MessageInflaterTests.deflate([Array("a😀€".utf8)])[0]
                return bytes.indices.map { index in
                    let isFinal = index == bytes.count - 1
                    return index == 0
                        ? frame(.text, [bytes[0]], isFinal: isFinal)
                        : ClientFrame(.continuation, [bytes[index]], isFinal: isFinal)
                }
            }(),
            [.text("a😀€")]
        ),
    ]

    @Test(arguments: messages)
    func `messages are the same however their bytes arrive`(_ input: ReaderCase) {
        let expected = ReaderOutcome.events(input.events)
        #expect(Self.outcome(of: [input.bytes[...]]) == expected)
        #expect(Self.outcome(of: input.bytes.bytewise) == expected)
        for pieces in input.bytes.splits { #expect(Self.outcome(of: pieces) == expected) }
        #expect(Self.outcome(of: [(input.bytes + input.bytes)[...]]) == .events(input.events + input.events))
    }

    // MARK: Violations

    struct Violation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var frames: [ClientFrame]
        var code: UInt16
        var limit = 1_000_000
    }

    static let violations: [Violation] = [
        Violation(testDescription: "a compressed ping", frames: [frame(.ping, [])], code: 1002),
        Violation(testDescription: "a compressed pong", frames: [frame(.pong, [])], code: 1002),
        Violation(testDescription: "a compressed close", frames: [frame(.close, [])], code: 1002),
        Violation(
            testDescription: "a continuation that says it is compressed",
            frames: [frame(.text, hello, isFinal: false), frame(.continuation, [])],
            code: 1002
        ),
        Violation(
            testDescription: "the second reserved bit",
            frames: [ClientFrame(.text, "a").with { $0.first |= 0x20 }],
            code: 1002
        ),
        Violation(
            testDescription: "the third reserved bit",
            frames: [frame(.text, hello).with { $0.first |= 0x10 }],
            code: 1002
        ),
        Violation(testDescription: "nonsense", frames: [frame(.text, [0x07, 0xFF])], code: 1007),
        Violation(testDescription: "a cut block", frames: [frame(.binary, Array(hello.prefix(4)))], code: 1007),
        Violation(
            testDescription: "text that is no UTF-8",
            frames: [frame(.text, MessageInflaterTests.deflate([[0x61, 0xFF, 0x62]])[0])],
            code: 1007
        ),
        Violation(
            testDescription: "text that ends inside a character",
            frames: [frame(.text, MessageInflaterTests.deflate([[0x61, 0xE2, 0x82]])[0])],
            code: 1007
        ),
        Violation(
            testDescription: "a bomb",
            frames: [frame(.binary, MessageInflaterTests.deflate([[UInt8](repeating: 0, count: 300_000)])[0])],
            code: 1009,
            limit: 100_000
        ),
        Violation(
            testDescription: "a bomb in fragments",
            frames: {
                let bomb = MessageInflaterTests.deflate([[UInt8](repeating: 0, count: 300_000)])[0]
                return [
                    frame(.binary, Array(bomb.prefix(10)), isFinal: false),
                    ClientFrame(.continuation, Array(bomb.dropFirst(10))),
                ]
            }(),
            code: 1009,
            limit: 100_000
        ),
        Violation(
            testDescription: "a flood of empty blocks",
            frames: (0..<20).map { number in
                let blocks: [UInt8] = [0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0xFF, 0xFF]
                return number == 0
                    ? frame(.binary, blocks, isFinal: false) : ClientFrame(.continuation, blocks, isFinal: false)
            },
            code: 1009,
            limit: 80
        ),
        Violation(
            testDescription: "bad text in front of too much",
            frames: [
                frame(.text, MessageInflaterTests.deflate([[0xFF] + [UInt8](repeating: 0x61, count: 300_000)])[0])
            ],
            code: 1007,
            limit: 100_000
        ),
    ]

    @Test(arguments: violations)
    func `whoever breaks a rule is told which, however the bytes arrive`(_ violation: Violation) {
        let bytes = violation.frames.flatMap(\.bytes)
        let whole = Self.outcome(of: [bytes[...]], limit: violation.limit)
        #expect(whole.violation?.closeCode == violation.code)
        #expect(whole.events == [])
        #expect(Self.outcome(of: bytes.bytewise, limit: violation.limit) == whole)
    }

    @Test func `a client that has not agreed on compression may not compress`() {
        let bytes = Self.frame(.text, Self.hello).bytes
        #expect(ReaderOutcome(of: bytes).violation?.closeCode == 1002)
    }

    @Test func `a client that promised to compress each message alone may not refer to those before`() {
        let frames = [Self.frame(.text, Self.hello), Self.frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00])]
        let bytes = frames.flatMap(\.bytes)
        #expect(Self.outcome(of: [bytes[...]]).events == [.text("Hello"), .text("Hello")])
        let outcome = Self.outcome(of: [bytes[...]], keepsContext: false)
        #expect(outcome.events == [.text("Hello")])
        #expect(outcome.violation?.closeCode == 1007)
    }

    @Test func `a message as large as may be that does not compress is read`() {
        let noise = MessageInflaterTests.noise(50_000)
        let bytes = Self.frame(.binary, MessageInflaterTests.deflate([noise])[0]).bytes
        #expect(bytes.count > 50_000)
        #expect(Self.outcome(of: [bytes[...]], limit: 50_000) == .events([.binary(noise)]))
        #expect(Self.outcome(of: [bytes[...]], limit: 49_999).violation?.closeCode == 1009)
    }

    // MARK: Damage

    @Test(arguments: UInt64(0)..<8)
    func `damaged messages are read or refused, however they are cut`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let characters = ["a", "ü", "€", "😀", "aaaaaaaaaaaaaaaaaaaaaa"]
        for _ in 0..<150 {
            let texts = (0..<3).map { _ in
                (0..<Int.random(in: 1...40, using: &generator)).map { _ in characters.randomElement(using: &generator)!
                }
            }
            let messages = MessageInflaterTests.deflate(texts.map { Array($0.joined().utf8) })
            var bytes = messages.flatMap { Self.frame(.text, $0).bytes }
            if Bool.random(using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            let whole = Self.outcome(of: [bytes[...]], limit: 400, fragments: 4)
            #expect(Self.outcome(of: bytes.bytewise, limit: 400, fragments: 4) == whole, "\(bytes)")
        }
    }
}
