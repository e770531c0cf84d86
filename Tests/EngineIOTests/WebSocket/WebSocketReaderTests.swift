/// What the reader makes of frames: each input whole, split at each byte, byte by byte and twice in a row.
import NIOCore
import Testing

@testable import EngineIO

struct ReaderCase: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let events: [WebSocketEvent]

    init(_ name: String, _ frames: [ClientFrame], _ events: [WebSocketEvent]) {
        self.testDescription = name
        self.bytes = frames.flatMap(\.bytes)
        self.events = events
    }
}

@Suite struct WebSocketReaderTests {
    static let messages: [ReaderCase] = [
        ReaderCase("text", [ClientFrame(.text, "4hello")], [.text("4hello")]),
        ReaderCase("empty text", [ClientFrame(.text)], [.text("")]),
        ReaderCase("empty binary", [ClientFrame(.binary)], [.binary([])]),
        ReaderCase("text beyond ASCII", [ClientFrame(.text, "4Grüße €😀")], [.text("4Grüße €😀")]),
        ReaderCase(
            "binary that is no text",
            [ClientFrame(.binary, [0xFF, 0xC0, 0x00])],
            [.binary([0xFF, 0xC0, 0x00])]
        ),
        ReaderCase("a mask of zeros", [ClientFrame(.text, "hi").with { $0.key = [0, 0, 0, 0] }], [.text("hi")]),
        ReaderCase("a mask of ones", [ClientFrame(.text, "hi").with { $0.key = [255, 255, 255, 255] }], [.text("hi")]),
        ReaderCase(
            "two fragments",
            [ClientFrame(.text, "Hel", isFinal: false), ClientFrame(.continuation, "lo")],
            [.text("Hello")]
        ),
        ReaderCase(
            "empty fragments",
            [
                ClientFrame(.binary, isFinal: false), ClientFrame(.continuation, [7], isFinal: false),
                ClientFrame(.continuation),
            ],
            [.binary([7])]
        ),
        ReaderCase(
            "a character cut by fragments",
            [
                ClientFrame(.text, [0x61, 0xF0], isFinal: false),
                ClientFrame(.continuation, [0x9F, 0x98], isFinal: false),
                ClientFrame(.continuation, [0x80]),
            ],
            [.text("a😀")]
        ),
        ReaderCase(
            "control frames between fragments",
            [
                ClientFrame(.text, "a", isFinal: false), ClientFrame(.ping, "p"),
                ClientFrame(.continuation, "b", isFinal: false), ClientFrame(.pong, "q"),
                ClientFrame(.continuation, "c"),
            ],
            [.ping("p"), .pong("q"), .text("abc")]
        ),
        ReaderCase("ping without data", [ClientFrame(.ping)], [.ping("")]),
        ReaderCase(
            "the longest ping",
            [ClientFrame(.ping, [UInt8](repeating: 0x61, count: 125))],
            [.ping(String(repeating: "a", count: 125))]
        ),
        ReaderCase(
            "messages in a row",
            [ClientFrame(.text, "1"), ClientFrame(.binary, [2]), ClientFrame(.text, "3")],
            [.text("1"), .binary([2]), .text("3")]
        ),
    ]

    @Test(arguments: messages)
    func `messages are the same however their bytes arrive`(_ input: ReaderCase) {
        let expected = ReaderOutcome.events(input.events)
        #expect(ReaderOutcome(of: input.bytes) == expected)
        #expect(ReaderOutcome(of: input.bytes.bytewise) == expected)
        for pieces in input.bytes.splits { #expect(ReaderOutcome(of: pieces) == expected) }
        #expect(ReaderOutcome(of: input.bytes + input.bytes) == .events(input.events + input.events))
    }

    static let closes: [ReaderCase] =
        [
            ReaderCase("no code", [ClientFrame(.close)], [.close(nil)]),
            ReaderCase("code and reason", [ClientFrame(.close, [0x03, 0xE8] + "böse".utf8)], [.close(1000, "böse")]),
            ReaderCase(
                "inside a message",
                [ClientFrame(.text, "a", isFinal: false), ClientFrame(.close, [0x03, 0xE9])],
                [.close(1001)]
            ),
        ]
        + [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map { code in
            ReaderCase("\(code)", [ClientFrame(.close, ClientFrame.bigEndian(code, count: 2))], [.close(UInt16(code))])
        }

    @Test(arguments: closes)
    func `a close frame is the last event`(_ input: ReaderCase) {
        let expected = ReaderOutcome.events(input.events)
        let followed = input.bytes + ClientFrame(.text, "late").bytes + [0xFF, 0xFF]
        #expect(ReaderOutcome(of: input.bytes) == expected)
        #expect(ReaderOutcome(of: followed) == expected)
        for pieces in followed.splits { #expect(ReaderOutcome(of: pieces) == expected) }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 70_001])
    func `each length arrives whole, cut and bytewise`(_ length: Int) {
        let text = String(decoding: (0..<length).map { UInt8(0x20 + $0 % 90) }, as: UTF8.self)
        let bytes = ClientFrame(.text, text).bytes
        let expected = ReaderOutcome.events([.text(text)])
        #expect(ReaderOutcome(of: bytes) == expected)
        #expect(ReaderOutcome(of: bytes.bytewise) == expected)
        for cut in [1, 2, 3, 9, 13, 14, 15, 1000, length] where cut < bytes.count {
            #expect(ReaderOutcome(of: [bytes[..<cut], bytes[cut...]]) == expected)
        }
    }

    @Test func `received bytes are not changed in place`() throws {
        let bytes = ClientFrame(.text, "4hello").bytes
        var buffer = ByteBuffer(bytes: bytes)
        var reader = WebSocketReader(maximumMessageSize: 100)
        let event = try reader.next(from: &buffer)
        #expect(event == .text("4hello"))
        #expect(buffer.readableBytes == 0)
        buffer.moveReaderIndex(to: 0)
        #expect(Array(buffer: buffer) == bytes)
    }

    @Test func `bytes behind an event stay in the buffer until the next call`() throws {
        let second = ClientFrame(.text, "b").bytes
        var buffer = ByteBuffer(bytes: ClientFrame(.text, "a").bytes + second)
        var reader = WebSocketReader(maximumMessageSize: 100)
        let event = try reader.next(from: &buffer)
        #expect(event == .text("a"))
        #expect(Array(buffer: buffer) == second)
    }

    @Test func `an announced length takes no memory before its bytes arrive`() throws {
        let start = ClientFrame(.binary, []).with { $0.lengthField = [127] + ClientFrame.bigEndian(1 << 40, count: 8) }
        var reader = WebSocketReader(maximumMessageSize: 1 << 41)
        var buffer = ByteBuffer(bytes: start.bytes + [1, 2, 3])
        let event = try reader.next(from: &buffer)
        // 2^40 bytes could not have been allocated.
        #expect(event == nil)
        #expect(buffer.readableBytes == 0)
    }
}
