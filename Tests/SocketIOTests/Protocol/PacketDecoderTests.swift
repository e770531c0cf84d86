// What the table of packets cannot say: limits, sharing, state, robustness.

import NIOCore
import Testing

@testable import SocketIO

@Suite struct PacketDecoderTests {
    /// Decodes one text with a decoder of its own.
    private func decode(_ text: String, limits: PacketLimits = PacketLimits()) throws(PacketViolation) -> DecodedPacket?
    {
        var decoder = PacketDecoder(limits: limits)
        return try decoder.decodeText(ByteBuffer(string: text))
    }

    private func event(_ text: String, limits: PacketLimits = PacketLimits()) throws -> IncomingEvent {
        guard case .event(_, let event) = try decode(text, limits: limits) else { throw Unexpected() }
        return event
    }

    private struct Unexpected: Error {}

    /// The message of the violation that a text is.
    private func violation(_ text: String, limits: PacketLimits = PacketLimits()) throws -> String {
        let error = #expect(throws: PacketViolation.self) { try decode(text, limits: limits) }
        return try #require(error).message
    }

    // MARK: Arguments

    @Test(arguments: 0...6)
    func `any number of arguments is kept in order`(count: Int) throws {
        let values = (0..<count).map { "{\"n\":\($0)}" }
        let event = try event("2[" + (["\"e\""] + values).joined(separator: ",") + "]")
        #expect(event.arguments.count == count)
        #expect(event.arguments.map(\.json) == values)
        #expect(event.arguments.reversed().map(\.json) == values.reversed())
    }

    @Test func `arguments are the bytes that came, without the white space around them`() throws {
        let event = try event(#"2["e", {"b" : 1.0, "a":"\u00e9" } ,1e2 ]"#)
        #expect(event.arguments.map(\.json) == [#"{"b" : 1.0, "a":"\u00e9" }"#, "1e2"])
    }

    @Test func `a message that is a slice of a larger buffer is read from its own start`() throws {
        var buffer = ByteBuffer(string: #"xxxx212["echo",{"a":1},[2]]yyyy"#)
        buffer.moveReaderIndex(forwardBy: 4)
        let slice = buffer.readSlice(length: 23)
        let message = try #require(slice)
        var decoder = PacketDecoder()
        guard case .event(_, let event) = try decoder.decodeText(message) else { throw Unexpected() }
        #expect(event.arguments.map(\.json) == [#"{"a":1}"#, "[2]"])
        buffer = ByteBuffer(string: #"xxxx2["echo","moved reader"]"#)
        buffer.moveReaderIndex(forwardBy: 4)
        guard case .event(_, let other) = try decoder.decodeText(buffer) else { throw Unexpected() }
        #expect(try other.arguments[0].decode(as: String.self) == "moved reader")
    }

    @Test func `arguments share the memory of the message`() throws {
        let message = ByteBuffer(string: #"2["e","abcdefghijklmnopqrstuvwxyz",[1]]"#)
        var decoder = PacketDecoder()
        guard case .event(_, let event) = try decoder.decodeText(message) else { throw Unexpected() }
        let whole = message.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let argument = event.arguments[0].bytes.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(argument == whole + 6)
    }

    // MARK: Attachments

    @Test func `a decoder goes on after a packet with attachments`() throws {
        var decoder = PacketDecoder()
        #expect(try decoder.decodeText(ByteBuffer(string: #"51-["a",{"_placeholder":true,"num":0}]"#)) == nil)
        #expect(decoder.hasPendingAttachments)
        #expect(try decoder.decodeBinary(ByteBuffer(bytes: [1])) != nil)
        #expect(!decoder.hasPendingAttachments)
        #expect(try decoder.decodeText(ByteBuffer(string: #"2["b"]"#)) != nil)
    }

    @Test func `attachments are bounded in total`() throws {
        var limits = PacketLimits()
        limits.maximumAttachmentBytes = 10
        var decoder = PacketDecoder(limits: limits)
        #expect(try decoder.decodeText(ByteBuffer(string: #"53-["a"]"#)) == nil)
        #expect(try decoder.decodeBinary(ByteBuffer(repeating: 0, count: 6)) == nil)
        #expect(try decoder.decodeBinary(ByteBuffer(repeating: 0, count: 4)) == nil)
        let error = #expect(throws: PacketViolation.self) {
            try decoder.decodeBinary(ByteBuffer(repeating: 0, count: 1))
        }
        #expect(error?.message == "expected at most 10 bytes of attachments, found 11")
    }

    @Test func `the number of attachments is a limit of its own`() throws {
        var limits = PacketLimits()
        limits.maximumAttachments = 2
        #expect(try decode(#"52-["a"]"#, limits: limits) == nil)
        #expect(try violation(#"53-["a"]"#, limits: limits) == "expected at most 2 attachments, found 3")
    }

    // MARK: Limits

    @Test(arguments: ["2[\"a\",", "2[\"a\",{\"b\":", "31[", "51-[\"a\","])
    func `nesting a hundred thousand deep is a violation`(prefix: String) throws {
        let text = prefix + String(repeating: "[", count: 100_000)
        #expect(try violation(text).contains("levels of nesting"))
    }

    @Test func `the limit of nesting includes the array of the packet`() throws {
        var limits = PacketLimits()
        limits.maximumNestingDepth = 3
        #expect(try event(#"2["a",[[1]]]"#, limits: limits).arguments.count == 1)
        #expect(try event(#"2["a",{"b":[1]}]"#, limits: limits).arguments.count == 1)
        #expect(try violation(#"2["a",[[[]]]]"#, limits: limits).contains("at most 2 levels"))
        #expect(try decode(#"0{"a":{"b":[]}}"#, limits: limits) != nil)
        #expect(try violation(#"0{"a":{"b":[[]]}}"#, limits: limits).contains("at most 3 levels"))
    }

    @Test func `names of namespaces are bounded`() throws {
        let name = "/" + String(repeating: "n", count: 511)
        #expect(try decode("0\(name),")?.namespace == name)
        #expect(try violation("0\(name)n,") == "expected at most 512 bytes of namespace, found 513")
    }

    @Test func `names of events are bounded`() throws {
        let name = String(repeating: "n", count: 512)
        #expect(try event("2[\"\(name)\"]").name == name)
        #expect(try violation("2[\"\(name)n\"]") == "expected at most 512 bytes of event name, found 513")
    }

    @Test func `acknowledgement ids are bounded, leading zeros apart`() throws {
        #expect(try event("2" + String(repeating: "9", count: 19) + "[\"a\"]").ackID == 9_999_999_999_999_999_999)
        #expect(try event("2" + String(repeating: "0", count: 1000) + "12[\"a\"]").ackID == 12)
        let text = "2" + String(repeating: "9", count: 20) + "[\"a\"]"
        #expect(try violation(text) == "expected at most 19 digits of acknowledgement id, found 20")
    }

    @Test func `an id that fits no integer is a violation even when its digits are allowed`() throws {
        var limits = PacketLimits()
        limits.maximumAckIDDigits = 100
        #expect(try event("218446744073709551615[\"a\"]", limits: limits).ackID == .max)
        #expect(try violation("218446744073709551616[\"a\"]", limits: limits).contains("acknowledgement id"))
    }

    // MARK: Robustness

    @Test func `a violation repeats at most 64 characters of the peer`() throws {
        let text = "9" + String(repeating: "\u{1}é\"", count: 10_000)
        let message = try violation(text)
        let prefix = "expected a packet type from 0 to 6, found "
        #expect(message.hasPrefix(prefix))
        #expect(message.utf8.count <= prefix.utf8.count + 64 + 5)
        #expect(message.allSatisfy { $0.isASCII && !$0.isNewline && $0 != "\u{1}" || $0 == "…" })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random messages are decoded or refused`(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        let starts = ["2", "20", "3", "31", "51-", "61-1", "0", "4", "2/a,", ""]
        for _ in 0..<300 {
            var decoder = PacketDecoder()
            let start = starts.randomElement(using: &random.generator)!
            let text = random.mutated(start + "[\"e\"," + random.text() + "]")
            do throws(PacketViolation) {
                _ = try decoder.decodeText(ByteBuffer(bytes: text))
                if decoder.hasPendingAttachments { _ = try decoder.decodeBinary(ByteBuffer(bytes: [1])) }
            } catch {
                #expect(error.message.contains("expected"))
            }
        }
    }

    @Test func `bytes that are no text do no harm`() {
        for first in UInt8.min...UInt8.max {
            for second in stride(from: UInt8.min, through: .max - 3, by: 3) {
                var decoder = PacketDecoder()
                let message = ByteBuffer(bytes: [0x32, 0x5B, 0x22, first, second, 0x22, 0x5D])
                _ = try? decoder.decodeText(message)
                _ = try? decoder.decodeText(ByteBuffer(bytes: [first, second]))
            }
        }
        var decoder = PacketDecoder()
        #expect(throws: PacketViolation.self) { try decoder.decodeText(ByteBuffer(bytes: [0xFF])) }
    }
}
