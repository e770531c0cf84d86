import Foundation
import NIOCore
import Testing

@testable import SocketIO

/// The arguments of a binary event.
func binaryArguments(_ json: String, _ attachments: [[UInt8]]) throws -> Arguments {
    var decoder = PacketDecoder()
    var packet = try decoder.decodeText(ByteBuffer(string: "5\(attachments.count)-[\"e\",\(json)]"))
    for attachment in attachments { packet = try decoder.decodeBinary(ByteBuffer(bytes: attachment)) }
    guard case .event(_, let event) = packet else { throw CocoaError(.coderInvalidValue) }
    return event.arguments
}

@Suite struct EncodedValueTests {
    private let first = #"{"_placeholder":true,"num":0}"#
    private let second = #"{"_placeholder":true,"num":1}"#

    @Test(arguments: [
        ("null", EncodedValue.Kind.null), ("true", .bool), ("false", .bool), ("0", .number), ("-1.5", .number),
        ("\"a\"", .string), ("[1]", .array), ("{}", .object), (#"{"_placeholder":true,"num":0}"#, .object),
    ])
    func `the kind is seen from outside`(json: String, kind: EncodedValue.Kind) throws {
        #expect(try EncodedValue(json: json).kind == kind)
    }

    @Test func `a placeholder with an attachment is binary`() throws {
        let arguments = try binaryArguments("\(first),{\"a\":\(first)},{}", [[1, 2]])
        #expect(arguments.map(\.kind) == [.binary, .object, .object])
        #expect(try arguments[0].value == .binary(ByteBuffer(bytes: [1, 2])))
        #expect(try arguments[1].value == ["a": .binary(ByteBuffer(bytes: [1, 2]))])
    }

    @Test(arguments: ["", "{", "1 2", "[1]]", "nul", "'a'"])
    func `text that is not JSON is refused`(json: String) {
        #expect(throws: DecodingError.self) { try EncodedValue(json: json) }
    }

    @Test func `white space around JSON is dropped`() throws {
        #expect(try EncodedValue(json: " \n[ 1 ]\t").json == "[ 1 ]")
        #expect(try EncodedValue(json: " 7 ").decode(as: Int.self) == 7)
    }

    @Test func `values compare by their bytes`() throws {
        #expect(try EncodedValue(json: "1") == EncodedValue(json: "1"))
        #expect(try EncodedValue(json: "1") != EncodedValue(json: "1.0"))
        #expect(try EncodedValue(1) == EncodedValue(json: "1"))
        #expect(try EncodedValue.null.value == .null)
        #expect(try EncodedValue(json: "[1]").description == "[1]")
    }

    // MARK: Passing on

    private struct Envelope: Codable, Equatable {
        var from: String
        var message: EncodedValue
    }

    @Test(arguments: [
        #"{"b" : 1.0, "a":[ 1e2 , -0 ], "a":"\u00e9\ud800"}"#, "1.50", "123456789012345678901234567890", #""\/""#,
        "null",
        #"{"_placeholder":true,"num":3}"#,
    ])
    func `a value goes through a Codable type byte for byte`(json: String) throws {
        let received = try EncodedValue(json: "{\"from\":\"me\",\"message\":\(json)}")
        let envelope = try received.decode(as: Envelope.self)
        #expect(envelope.message.json == json)
        #expect(try EncodedValue(envelope).json == "{\"from\":\"me\",\"message\":\(json)}")
        #expect(try EncodedValue([envelope.message]).json == "[\(json)]")
        #expect(try EncodedValue(envelope.message).json == json)
    }

    @Test func `placeholders get new numbers when a value is sent on`() throws {
        let arguments = try binaryArguments("{\"x\":[\(second), 1 ,\(first)]},\(second)", [[10], [11]])
        var writer = JSONWriter()
        writer.write(punctuation: UInt8(ascii: "["))
        writer.write(ByteBuffer(bytes: [9]))
        writer.write(punctuation: UInt8(ascii: ","))
        writer.write(arguments[0])
        writer.write(punctuation: UInt8(ascii: ","))
        writer.write(arguments[1])
        writer.write(punctuation: UInt8(ascii: "]"))
        let third = #"{"_placeholder":true,"num":2}"#
        let fourth = #"{"_placeholder":true,"num":3}"#
        #expect(String(buffer: writer.buffer) == "[\(first),{\"x\":[\(second), 1 ,\(third)]},\(fourth)]")
        #expect(writer.attachments == [[9], [11], [10], [11]].map { ByteBuffer(bytes: $0) })
        #expect(!writer.hasForeignPlaceholders)
    }

    @Test func `an attachment that is named twice is sent once`() throws {
        let arguments = try binaryArguments("[\(first),\(first)]", [[7]])
        var writer = JSONWriter()
        writer.write(punctuation: UInt8(ascii: "["))
        writer.write(ByteBuffer())
        writer.write(punctuation: UInt8(ascii: ","))
        writer.write(arguments[0])
        writer.write(punctuation: UInt8(ascii: "]"))
        #expect(String(buffer: writer.buffer) == "[\(first),[\(second),\(second)]]")
        #expect(writer.attachments.count == 2)
        #expect(!writer.hasForeignPlaceholders)
    }

    @Test func `attachments that a value does not name are not sent on with it`() throws {
        let arguments = try binaryArguments("[1],\(first)", [[7]])
        var writer = JSONWriter()
        writer.write(arguments[0])
        #expect(String(buffer: writer.buffer) == "[1]")
        #expect(writer.attachments.isEmpty)
    }

    @Test func `data that looks like a placeholder is told from the writer's own`() throws {
        let look = try EncodedValue(json: "[\(first)]")
        var writer = JSONWriter()
        writer.write(punctuation: UInt8(ascii: "["))
        writer.write(look)
        writer.write(punctuation: UInt8(ascii: ","))
        #expect(!writer.hasForeignPlaceholders)
        writer.write(ByteBuffer(bytes: [1]))
        writer.write(punctuation: UInt8(ascii: "]"))
        #expect(writer.hasForeignPlaceholders)
    }

    @Test func `binary values decode as Data, ByteBuffer and Value`() throws {
        let arguments = try binaryArguments("\(first),[\(second)]", [[1, 2], []])
        #expect(try arguments[0].decode(as: Data.self) == Data([1, 2]))
        #expect(try arguments[0].decode(as: ByteBuffer.self) == ByteBuffer(bytes: [1, 2]))
        #expect(try arguments[1].decode(as: [Data?].self) == [Data()])
        #expect(throws: DecodingError.self) { try arguments[0].decode(as: String.self) }
        #expect(throws: DecodingError.self) { try arguments[0].decode(as: [String: Int].self) }
        #expect(throws: DecodingError.self) { try arguments[1].decode(as: Data.self) }
    }

    @Test func `values pass through Foundation's coders by meaning`() throws {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(#"{"from":"me","message":{"a":[1]}}"#.utf8))
        #expect(envelope.message.json == #"{"a":[1]}"#)
        #expect(try JSONDecoder().decode(Envelope.self, from: JSONEncoder().encode(envelope)) == envelope)
    }

    @Test func `a value outlives the packet it came in`() throws {
        var value: EncodedValue?
        do { value = try binaryArguments("{\"a\":\(first)}", [[5]])[0] }
        #expect(try value?.value["a"] == .binary(ByteBuffer(bytes: [5])))
    }
}
