/// Bodies and packets of revision 3, from tables and beyond them.
import NIOCore
import Testing

@testable import EngineIO

/// What a body gives: its packets up to the first that is none.
private struct Outcome: Equatable, CustomStringConvertible {
    var packets: [InboundPacket] = []
    var violation: ProtocolViolation.Kind?

    var description: String { "\(self.packets), \(self.violation.map { "\($0)" } ?? "complete")" }

    init(_ packets: [InboundPacket], _ violation: ProtocolViolation.Kind? = nil) {
        self.packets = packets
        self.violation = violation
    }

    init(decoding body: [UInt8], isBinary: Bool, maximumPackets: Int = 1000) {
        // Between other bytes, as bodies may stand in a larger buffer.
        var buffer = ByteBuffer(string: "9:x")
        buffer.moveReaderIndex(forwardBy: 3)
        buffer.writeBytes(body)
        var decoder = Revision3PayloadDecoder(buffer, isBinary: isBinary, maximumPackets: maximumPackets)
        do throws(ProtocolViolation) {
            while let packet = try decoder.next() { self.packets.append(packet) }
        } catch {
            self.violation = error.kind
        }
    }
}

extension InboundPacket {
    fileprivate static func text(_ text: String) -> Self { .text(ByteBuffer(string: text)) }
    fileprivate static func binary(_ bytes: UInt8...) -> Self { .binary(ByteBuffer(bytes: bytes)) }
}

@Suite struct Revision3PayloadDecoderTests {
    /// A body of text, and what it gives.
    private static let texts: [(String, Outcome)] = [
        ("6:4hello2:4€", Outcome([.text("hello"), .text("€")])),
        ("3:4😀2:4a", Outcome([.text("😀"), .text("a")])),
        ("9:4a😀é€x\u{1E}b1:6", Outcome([.text("a😀é€x\u{1E}b"), .noop])),
        ("10:b4AQIDBA==", Outcome([.binary(1, 2, 3, 4)])),
        ("2:b41:4", Outcome([.binary(ByteBuffer()), .text("")])),
        ("6:2probe1:31:1", Outcome([.ping(ByteBuffer(string: "probe")), .pong(ByteBuffer()), .close])),
        ("1:51:01:6", Outcome([.upgrade, .open, .noop])),
        ("05:4abcd", Outcome([.text("abcd")])),
        ("0:", Outcome([])),
        ("0:0:2:4a0:", Outcome([.text("a")])),
        // A packet of base64 with an unknown type is ignored.
        ("2:b92:4a1:b2:4b", Outcome([.noop, .text("a"), .noop, .text("b")])),
        ("", Outcome([], .malformedPayload)),
        ("abc", Outcome([], .malformedPayload)),
        ("5:4hi", Outcome([], .malformedPayload)),
        ("x:4hi", Outcome([], .malformedPayload)),
        (":4hi", Outcome([], .malformedPayload)),
        ("-1:4", Outcome([], .malformedPayload)),
        (" 2:4a", Outcome([], .malformedPayload)),
        ("2:4", Outcome([], .malformedPayload)),
        ("3", Outcome([], .malformedPayload)),
        ("3:4hi2", Outcome([.text("hi")], .malformedPayload)),
        ("3:4hi3:9zz", Outcome([.text("hi")], .unknownPacketType)),
        ("3:4hix", Outcome([.text("hi")], .malformedPayload)),
        // A length that ends between the two halves of a character.
        ("2:4😀", Outcome([], .malformedPayload)),
        ("4:4😀", Outcome([], .malformedPayload)),
        ("5:b4A=x", Outcome([], .invalidBase64)),
        ("99999999999999999999999999:4a", Outcome([], .malformedPayload)),
        ("4294967297:4", Outcome([], .malformedPayload)),
    ]

    @Test(arguments: Self.texts.indices) func `text is decoded as the table says`(index: Int) {
        let (body, outcome) = Self.texts[index]
        #expect(Outcome(decoding: Array(body.utf8), isBinary: false) == outcome, "\(body)")
    }

    @Test func `what is no UTF-8 counts as the characters it is repaired to`() {
        let body = Array("3:4".utf8) + [0xFF, 0xC3] + Array("2:4a".utf8)
        #expect(Outcome(decoding: body, isBinary: false) == Outcome([.text("\u{FFFD}\u{FFFD}"), .text("a")]))
    }

    /// A binary body, and what it gives.
    private static let bodies: [([UInt8], Outcome)] = [
        (
            [0x00, 0x04, 0xFF, 0x34, 0xE2, 0x82, 0xAC, 0x01, 0x05, 0xFF, 0x04, 0x01, 0x02, 0x03, 0x04],
            Outcome([.text("€"), .binary(1, 2, 3, 4)])
        ),
        ([0x00, 0x01, 0xFF, 0x32], Outcome([.ping(ByteBuffer())])),
        ([0x01, 0x01, 0xFF, 0x02], Outcome([.ping(ByteBuffer())])),
        // A probe is text.
        ([0x01, 0x06, 0xFF, 0x02] + Array("probe".utf8), Outcome([.ping(ByteBuffer())])),
        ([0x01, 0x01, 0xFF, 0x04, 0x00, 0x00, 0x02, 0xFF, 0x34, 0x61], Outcome([.binary(ByteBuffer()), .text("a")])),
        ([0x00, 0x00, 0x00, 0x02, 0xFF, 0x34, 0x61], Outcome([.text("a")])),
        ([0x01, 0x01, 0xFF, 0x07, 0x01, 0x00, 0xFF], Outcome([.noop, .noop])),
        ([0x00, 0x01, 0x00, 0xFF] + Array("4123456789".utf8), Outcome([.text("123456789")])),
        // As in Node, a length that is too large means what there is.
        ([0x00, 0x09, 0xFF, 0x34, 0x41], Outcome([.text("A")])),
        ([], Outcome([])),
        ([0x00], Outcome([], .malformedPayload)),
        ([0x00, 0xFF, 0x34], Outcome([], .malformedPayload)),
        ([0x00, 0x01], Outcome([], .malformedPayload)),
        ([0x00, 0x0A, 0xFF, 0x34], Outcome([], .malformedPayload)),
        ([0x00, 0x31, 0xFF, 0x34], Outcome([], .malformedPayload)),
        ([0x00, 0x00, 0xFF], Outcome([], .emptyPacket)),
        ([0x00, 0x01, 0xFF, 0x39], Outcome([], .unknownPacketType)),
        ([0x00, 0x02, 0xFF, 0x34, 0xFF], Outcome([], .malformedPayload)),
        ([0x00, 0x02, 0xFF, 0x34, 0x61, 0x00, 0x02], Outcome([.text("a")], .malformedPayload)),
    ]

    @Test(arguments: Self.bodies.indices) func `bytes are decoded as the table says`(index: Int) {
        let (body, outcome) = Self.bodies[index]
        #expect(Outcome(decoding: body, isBinary: true) == outcome, "\(body)")
    }

    @Test func `a body cut at any byte gives the packets before the cut, and nothing else`() {
        for isBinary in [false, true] {
            let bodies = isBinary ? Self.bodies.map(\.0) : Self.texts.map { Array($0.0.utf8) }
            for body in bodies {
                let whole = Outcome(decoding: body, isBinary: isBinary)
                for end in body.indices {
                    let part = Outcome(decoding: Array(body[..<end]), isBinary: isBinary)
                    // The last packet may be cut short where a length may be too large, or a character is.
                    let certain = part.packets.dropLast()
                    #expect(whole.packets.starts(with: certain), "\(body) cut at \(end): \(part)")
                }
            }
        }
    }

    @Test func `bodies glued together give the packets of both`() {
        for isBinary in [false, true] {
            let table = isBinary ? Self.bodies : Self.texts.map { (Array($0.0.utf8), $0.1) }
            let complete = table.filter { $0.1.violation == nil && $0.0 != [0x00, 0x09, 0xFF, 0x34, 0x41] }
            #expect(complete.count > 6)
            for (first, packets) in complete where !first.isEmpty {
                for (second, others) in table where !second.isEmpty {
                    let glued = Outcome(decoding: first + second, isBinary: isBinary)
                    #expect(glued == Outcome(packets.packets + others.packets, others.violation), "\(first) \(second)")
                }
            }
        }
    }

    @Test(arguments: [false, true]) func `one packet more than allowed is a violation`(isBinary: Bool) {
        let one: [UInt8] = isBinary ? [0x00, 0x02, 0xFF, 0x34, 0x61] : Array("2:4a".utf8)
        let body = Array(repeatElement(one, count: 3).joined())
        #expect(Outcome(decoding: body, isBinary: isBinary, maximumPackets: 3).violation == nil)
        let outcome = Outcome(decoding: body, isBinary: isBinary, maximumPackets: 2)
        #expect(outcome == Outcome([.text("a"), .text("a")], .tooManyPackets))
    }

    @Test func `packets of nothing count too`() {
        let body = Array(String(repeating: "0:", count: 100_000).utf8)
        #expect(Outcome(decoding: body, isBinary: false, maximumPackets: 1000) == Outcome([], .tooManyPackets))
    }

    @Test func `after a violation nothing follows`() throws {
        var decoder = Revision3PayloadDecoder(ByteBuffer(string: "x:2:4a"), isBinary: false, maximumPackets: 8)
        #expect(throws: ProtocolViolation.self) { try decoder.next() }
        let next = try decoder.next()
        #expect(next == nil)
    }
}

@Suite struct Revision3PayloadEncoderTests {
    private func encode(_ packets: [InboundPacket], _ options: Revision3Options = Revision3Options()) -> PollPayload {
        var encoder = Revision3PayloadEncoder()
        for packet in packets {
            switch packet {
            case .text(let text): encoder.append(text: ByteBuffer(string: "4" + String(buffer: text)))
            case .binary(let bytes): encoder.append(binary: bytes)
            case .noop: encoder.append(.noop)
            default: encoder.append(.close)
            }
        }
        return encoder.payload(options)
    }

    @Test func `text is counted in UTF-16 code units`() {
        let payload = self.encode([.text("hello"), .text("€"), .text("😀"), .text("é"), .noop, .close])
        #expect(payload == PollPayload(body: ByteBuffer(string: "6:4hello2:4€3:4😀2:4é1:61:1"), isCompressible: true))
    }

    @Test func `with a binary message all of the body is bytes`() {
        let payload = self.encode([.text("€"), .binary(1, 2, 3, 4)])
        let bytes: [UInt8] = [0, 4, 255, 0x34, 0xE2, 0x82, 0xAC, 1, 5, 255, 4, 1, 2, 3, 4]
        #expect(payload == PollPayload(body: ByteBuffer(bytes: bytes), isCompressible: true, isBinary: true))
    }

    @Test func `a client that cannot read bytes gets base64`() {
        let payload = self.encode([.text("hello"), .binary(1, 2, 3, 4)], Revision3Options(usesBase64: true))
        #expect(payload == PollPayload(body: ByteBuffer(string: "6:4hello10:b4AQIDBA=="), isCompressible: true))
    }

    @Test func `a callback is handed the body as a string of base64`() throws {
        let callback = try #require(JSONPCallback(parameter: "3"))
        let payload = self.encode([.text("a\"\u{2028}"), .binary(1)], Revision3Options(callback: callback))
        let expected = ByteBuffer(string: #"___eio[3]("4:4a\"\u20286:b4AQ==");"#)
        #expect(payload == PollPayload(body: expected, isCompressible: true))
    }

    @Test(arguments: UInt64(1)...8) func `what is encoded is decoded to the same`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let characters: [Character] = ["a", "é", "€", "😀", "0", ":", "\u{1E}", "\u{FFFD}", "👩‍👩‍👧"]
        for _ in 0..<200 {
            let packets = (0..<Int.random(in: 1...6, using: &generator)).map { _ -> InboundPacket in
                let count = Int.random(in: 0...20, using: &generator)
                if Bool.random(using: &generator) {
                    return .text(String((0..<count).map { _ in characters.randomElement(using: &generator)! }))
                }
                return .binary(ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }))
            }
            for usesBase64 in [false, true] {
                let payload = self.encode(packets, Revision3Options(usesBase64: usesBase64))
                let body = Array(payload.body.readableBytesView)
                #expect(Outcome(decoding: body, isBinary: payload.isBinary) == Outcome(packets))
            }
        }
    }
}

@Suite struct Revision3PacketDecoderTests {
    @Test func `binary messages have the number of their type in front`() {
        let decode = { (bytes: [UInt8]) in Revision3PacketDecoder.decode(binary: ByteBuffer(bytes: bytes)) }
        #expect(decode([4, 1, 2]) == .binary(1, 2))
        #expect(decode([4]) == .binary(ByteBuffer()))
        #expect(decode([0]) == .open)
        #expect(decode([1]) == .close)
        #expect(decode([3, 9]) == .pong(ByteBuffer()))
        #expect(decode([5]) == .upgrade)
        #expect(!decode(Array("\u{2}probe".utf8)).isProbe)
        for unknown in [[], [7], [0x34], [255]] as [[UInt8]] { #expect(decode(unknown) == .noop) }
    }

    @Test func `text is as in revision 4, but for base64`() throws {
        let decode = { (text: String) throws(ProtocolViolation) in
            try Revision3PacketDecoder.decode(text: ByteBuffer(string: text))
        }
        #expect(try decode("4hello") == .text("hello"))
        #expect(try decode("2probe").isProbe)
        #expect(try decode("b4AQI=") == .binary(1, 2))
        #expect(try decode("b2") == .ping(ByteBuffer()))
        #expect(try decode("bx") == .noop)
        for text in ["", "7", "x"] { #expect(throws: ProtocolViolation.self) { try decode(text) } }
    }
}
