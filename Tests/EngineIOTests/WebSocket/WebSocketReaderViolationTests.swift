/// What the reader refuses, at which byte, and with which close code (RFC 6455 §5, §7.4, §8.1).
import NIOCore
import Testing

@testable import EngineIO

struct ViolationCase: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let kind: WebSocketViolation.Kind
    let events: [WebSocketEvent]
    /// How many bytes are enough to know; nil when it takes all of them.
    let noticedAfter: Int

    init(
        _ name: String,
        _ frames: [ClientFrame],
        _ kind: WebSocketViolation.Kind = .protocolError,
        events: [WebSocketEvent] = [],
        noticedAfter: Int? = nil
    ) {
        self.testDescription = name
        self.bytes = frames.flatMap(\.bytes)
        self.kind = kind
        self.events = events
        self.noticedAfter = noticedAfter ?? self.bytes.count
    }
}

@Suite struct WebSocketReaderViolationTests {
    static let headers: [ViolationCase] =
        [0x40, 0x20, 0x10, 0x70].map { bits in
            ViolationCase(
                "reserved bits \(bits)",
                [ClientFrame(.text, "hi").with { $0.first |= UInt8(bits) }],
                noticedAfter: 1
            )
        }
        + [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF].map { opcode in
            ViolationCase(
                "opcode \(opcode)",
                [ClientFrame(.text).with { $0.first = 0x80 | UInt8(opcode) }],
                noticedAfter: 1
            )
        }
        + [WebSocketOpcode.close, .ping, .pong].map { opcode in
            ViolationCase("fragmented \(opcode)", [ClientFrame(opcode, isFinal: false)], noticedAfter: 1)
        }
        + [WebSocketOpcode.close, .ping, .pong].map { opcode in
            ViolationCase(
                "\(opcode) of 126 bytes",
                [ClientFrame(opcode, [UInt8](repeating: 0x61, count: 126))],
                noticedAfter: 2
            )
        }
        + [
            ViolationCase("no mask", [ClientFrame(.text, "hi").with { $0.key = nil }], noticedAfter: 2),
            ViolationCase("length 125 in two bytes", [Self.frame(lengthField: [126, 0, 125])], noticedAfter: 4),
            ViolationCase("length 0 in two bytes", [Self.frame(lengthField: [126, 0, 0])], noticedAfter: 4),
            ViolationCase(
                "length 65535 in eight bytes",
                [Self.frame(lengthField: [127] + ClientFrame.bigEndian(65_535, count: 8))],
                noticedAfter: 10
            ),
        ]

    static let messages: [ViolationCase] = [
        ViolationCase("continuation of nothing", [ClientFrame(.continuation, "a")], noticedAfter: 6),
        ViolationCase(
            "continuation of a completed message",
            [ClientFrame(.text, "a"), ClientFrame(.continuation, "b")],
            events: [.text("a")],
            noticedAfter: 13
        ),
        ViolationCase(
            "text inside a fragmented message",
            [ClientFrame(.text, "a", isFinal: false), ClientFrame(.text, "b")],
            noticedAfter: 13
        ),
        ViolationCase(
            "binary inside a fragmented message",
            [ClientFrame(.binary, [1], isFinal: false), ClientFrame(.binary, [2], isFinal: false)],
            noticedAfter: 13
        ),
        ViolationCase(
            "text that is not UTF-8",
            [ClientFrame(.text, [0x61, 0xFF, 0x61])],
            .invalidPayload,
            noticedAfter: 8
        ),
        ViolationCase("a surrogate", [ClientFrame(.text, [0xED, 0xA0, 0x80])], .invalidPayload, noticedAfter: 8),
        ViolationCase("text that ends inside a character", [ClientFrame(.text, [0x61, 0xE2, 0x82])], .invalidPayload),
        ViolationCase(
            "a bad byte in a second fragment",
            [ClientFrame(.text, [0xE2], isFinal: false), ClientFrame(.continuation, [0x28, 0x61], isFinal: false)],
            .invalidPayload,
            noticedAfter: 14
        ),
        ViolationCase(
            "a message behind a good one",
            [ClientFrame(.text, "ok"), ClientFrame(.ping, "p"), ClientFrame(.text, [0xC0])],
            .invalidPayload,
            events: [.text("ok"), .ping("p")]
        ),
    ]

    static let closes: [ViolationCase] =
        [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map { code in
            ViolationCase("code \(code)", [ClientFrame(.close, ClientFrame.bigEndian(code, count: 2))])
        } + [
            ViolationCase("half a code", [ClientFrame(.close, [0x03])]),
            ViolationCase("bad reason", [ClientFrame(.close, [0x03, 0xE8, 0x61, 0x80])], .invalidPayload),
            ViolationCase("cut reason", [ClientFrame(.close, [0x03, 0xE8, 0xE2, 0x82])], .invalidPayload),
        ]

    private static func frame(lengthField: [UInt8]) -> ClientFrame {
        ClientFrame(.text).with { $0.lengthField = lengthField }
    }

    @Test(arguments: headers + messages + closes)
    func `violations are the same however their bytes arrive`(_ input: ViolationCase) {
        let outcome = ReaderOutcome(of: input.bytes)
        #expect(outcome.events == input.events)
        #expect(outcome.violation?.kind == input.kind)
        #expect(ReaderOutcome(of: input.bytes.bytewise) == outcome)
        for pieces in input.bytes.splits { #expect(ReaderOutcome(of: pieces) == outcome) }
    }

    @Test(arguments: headers + messages + closes)
    func `a violation is noticed at its first byte`(_ input: ViolationCase) {
        let before = Array(input.bytes.prefix(input.noticedAfter - 1))
        #expect(ReaderOutcome(of: before).violation == nil)
        #expect(ReaderOutcome(of: before.bytewise).violation == nil)
        #expect(ReaderOutcome(of: Array(input.bytes.prefix(input.noticedAfter))).violation?.kind == input.kind)
    }

    @Test func `after a violation everything is dropped`() throws {
        var reader = WebSocketReader(maximumMessageSize: 100)
        var bad = ByteBuffer(bytes: ClientFrame(.continuation).bytes)
        #expect(throws: WebSocketViolation.self) { try reader.next(from: &bad) }
        var good = ByteBuffer(bytes: ClientFrame(.text, "late").bytes)
        let event = try reader.next(from: &good)
        #expect(event == nil)
        #expect(good.readableBytes == 0)
    }

    @Test func `a violation tells its close code and its reason`() {
        let violation = WebSocketViolation(.messageTooBig, "too much")
        #expect(violation.closeCode == 1009)
        #expect(violation.description == "too much (1009)")
    }

    // MARK: - Limits

    @Test func `a message of exactly the limit passes, one byte more is refused from its header`() {
        let fits = ClientFrame(.text, String(repeating: "a", count: 1000))
        let over = ClientFrame(.text, String(repeating: "a", count: 1001))
        #expect(ReaderOutcome(of: fits.bytes, limit: 1000).events.count == 1)
        #expect(ReaderOutcome(of: Array(over.bytes.prefix(8)), limit: 1000).violation?.kind == .messageTooBig)
    }

    @Test func `fragments count together`() {
        let first = ClientFrame(.binary, [UInt8](repeating: 1, count: 600), isFinal: false)
        let fits = ClientFrame(.continuation, [UInt8](repeating: 2, count: 400))
        let over = ClientFrame(.continuation, [UInt8](repeating: 2, count: 401))
        #expect(ReaderOutcome(of: first.bytes + fits.bytes, limit: 1000).events.count == 1)
        let outcome = ReaderOutcome(of: first.bytes + over.bytes.prefix(8), limit: 1000)
        #expect(outcome.violation?.kind == .messageTooBig)
    }

    @Test(arguments: [Int64.max, Int64.min, -1, 1 << 53])
    func `lengths beyond every limit are too big`(_ length: Int64) {
        let field = [127] + ClientFrame.bigEndian(Int(length), count: 8)
        let whole = ClientFrame(.binary).with { $0.lengthField = field }
        #expect(ReaderOutcome(of: whole.bytes).violation?.kind == .messageTooBig)
        let second = ClientFrame(.continuation).with { $0.lengthField = field }
        let pieces = ClientFrame(.binary, [1], isFinal: false).bytes + second.bytes
        #expect(ReaderOutcome(of: pieces).violation?.kind == .messageTooBig)
    }

    @Test func `a ping does not count towards the message's size`() {
        let frames = [
            ClientFrame(.text, "12345", isFinal: false), ClientFrame(.ping, "0123456789"),
            ClientFrame(.continuation, "67890"),
        ]
        let outcome = ReaderOutcome(of: frames.flatMap(\.bytes), limit: 10)
        #expect(outcome == .events([.ping("0123456789"), .text("1234567890")]))
    }

    @Test func `as many fragments as allowed pass, one more is refused`() {
        let start = ClientFrame(.text, "a", isFinal: false).bytes
        let middle = ClientFrame(.continuation, isFinal: false).bytes
        let end = ClientFrame(.continuation).bytes
        let fits = start + middle + middle + end
        #expect(ReaderOutcome(of: fits, fragments: 4) == .events([.text("a")]))
        #expect(ReaderOutcome(of: fits, fragments: 3).violation?.kind == .policyViolation)
    }

    @Test func `endless empty fragments are cut off at the default`() {
        let middle = ClientFrame(.continuation, isFinal: false).bytes
        let start = [ClientFrame(.text, "a", isFinal: false).bytes[...]]
        let chunk = (0..<1024).flatMap { _ in middle }
        let allowed = ReaderOutcome(of: start + Array(repeating: chunk[...], count: 127))
        #expect(allowed == ReaderOutcome())
        let refused = ReaderOutcome(of: start + Array(repeating: chunk[...], count: 128))
        #expect(refused.violation?.kind == .policyViolation)
    }
}
