import Foundation
import NIOCore
import Testing

@testable import SocketIO

@Suite struct ValueEncoderTests {
    private func json(_ value: some Encodable) throws -> String { try EncodedValue(value).json }

    private struct Failure: Error {}

    /// Fails in the middle of its members.
    private struct Failing: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: ValueCodingKey.self)
            try container.encode(Data([1]), forKey: ValueCodingKey(stringValue: "started"))
            throw Failure()
        }
    }

    /// Encodes by whatever a test wants to try.
    private struct Scripted: Encodable {
        let script: (any Encoder) throws -> Void
        func encode(to encoder: any Encoder) throws { try script(encoder) }
    }

    private func key(_ name: String) -> ValueCodingKey { ValueCodingKey(stringValue: name) }

    // MARK: Values

    @Test func `scalars stand alone`() throws {
        #expect(try json(7) == "7")
        #expect(try json(7.0) == "7")
        #expect(try json("a\n") == #""a\n""#)
        #expect(try json(true) == "true")
        #expect(try json(Int?.none) == "null")
        #expect(try json(Int?.some(5)) == "5")
        #expect(try json(UInt8(5)) == "5")
    }

    private struct Message: Codable {
        var text = "a"
        var temp: Bool?
        var list: [Int?] = [1, nil]
        var map = ["k": [1.5]]
        var empty: [String] = []
        var none: [String: Int] = [:]
    }

    private enum Shape: Codable {
        case circle(radius: Double)
        case none
    }

    @Test func `types are written member by member`() throws {
        #expect(try json(Message()) == #"{"text":"a","list":[1,null],"map":{"k":[1.5]},"empty":[],"none":{}}"#)
        #expect(try json([Shape.circle(radius: 2), .none]) == #"[{"circle":{"radius":2}},{"none":{}}]"#)
        #expect(try json([[1, 2], [], [3]]) == "[[1,2],[],[3]]")
        #expect(try json([1: "a"]) == #"{"1":"a"}"#)
        #expect(try json(["a\"b": 1]) == #"{"a\"b":1}"#)
    }

    @Test func `a type that encodes nothing is an empty object`() throws {
        #expect(try json(Scripted { _ in }) == "{}")
        #expect(try json([Scripted { _ in }, Scripted { _ in }]) == "[{},{}]")
        #expect(try json(Scripted { _ = $0.container(keyedBy: ValueCodingKey.self) }) == "{}")
        #expect(try json(Scripted { _ = $0.unkeyedContainer() }) == "[]")
    }

    private class Base: Encodable {
        let id = 1
    }

    private final class Derived: Base {
        let name = "n"
        enum CodingKeys: CodingKey { case name }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(name, forKey: .name)
            try super.encode(to: encoder)
        }
    }

    @Test func `asking twice for a container goes on with the same object`() throws {
        #expect(try json(Derived()) == #"{"name":"n","id":1}"#)
    }

    // MARK: Containers out of order

    @Test func `nested containers may be filled in any order`() throws {
        let value = Scripted { encoder in
            var outer = encoder.container(keyedBy: ValueCodingKey.self)
            var list = outer.nestedUnkeyedContainer(forKey: self.key("list"))
            try outer.encode(1, forKey: self.key("between"))
            var object = outer.nestedContainer(keyedBy: ValueCodingKey.self, forKey: self.key("object"))
            try list.encode("a")
            try object.encode(true, forKey: self.key("x"))
            var inner = list.nestedContainer(keyedBy: ValueCodingKey.self)
            try list.encode("b")
            try inner.encode(Data([1]), forKey: self.key("data"))
            #expect(inner.codingPath.map(\.stringValue) == ["list", "1"])
            try outer.encode(Data([2]), forKey: self.key("last"))
        }
        let first = #"{"_placeholder":true,"num":0}"#
        let second = #"{"_placeholder":true,"num":1}"#
        let encoded = try EncodedValue(value)
        #expect(
            encoded.json == #"{"list":["a",{"data":\#(second)},"b"],"between":1,"object":{"x":true},"last":\#(first)}"#
        )
        #expect(encoded.attachments == [ByteBuffer(bytes: [2]), ByteBuffer(bytes: [1])])
    }

    @Test func `super encoders write into their own place`() throws {
        let value = Scripted { encoder in
            var outer = encoder.container(keyedBy: ValueCodingKey.self)
            let parent = outer.superEncoder()
            let named = outer.superEncoder(forKey: self.key("named"))
            try outer.encode(1, forKey: self.key("own"))
            try Base().encode(to: named)
            var list = parent.unkeyedContainer()
            try "s".encode(to: list.superEncoder())
            var nested = list.nestedUnkeyedContainer()
            try nested.encode(2)
            #expect(list.count == 2)
        }
        #expect(try json(value) == #"{"super":["s",[2]],"named":{"id":1},"own":1}"#)
        #expect(try json([value]) == #"[{"super":["s",[2]],"named":{"id":1},"own":1}]"#)
    }

    @Test func `deferred members keep the room before the text`() throws {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(64)
        buffer.moveWriterIndex(forwardBy: 40)
        buffer.moveReaderIndex(forwardBy: 40)
        var writer = JSONWriter(buffer: buffer)
        writer.write(punctuation: UInt8(ascii: "["))
        try writer.encode(
            Scripted { encoder in
                var outer = encoder.unkeyedContainer()
                var inner = outer.nestedUnkeyedContainer()
                try outer.encode(2)
                try inner.encode(1)
            }
        )
        #expect(writer.buffer.readerIndex == 40)
        #expect(String(buffer: writer.buffer) == "[[[1],2]")
    }

    // MARK: Failures

    @Test func `a writer is as before when encoding throws`() throws {
        var writer = JSONWriter()
        writer.write(punctuation: UInt8(ascii: "["))
        writer.write(ByteBuffer(bytes: [9]))
        let before = writer.buffer
        #expect(throws: Failure.self) { try writer.encode([Failing()]) }
        #expect(writer.buffer == before)
        #expect(writer.attachments == [ByteBuffer(bytes: [9])])
        writer.write(punctuation: UInt8(ascii: ","))
        try writer.encode([1])
        writer.write(punctuation: UInt8(ascii: "]"))
        #expect(String(buffer: writer.buffer) == String(buffer: before) + ",[1]]")
        #expect(!writer.hasForeignPlaceholders)
    }

    @Test func `a member that fails leaves no trace when its error is caught`() throws {
        let value = Scripted { encoder in
            var container = encoder.container(keyedBy: ValueCodingKey.self)
            try? container.encode(Failing(), forKey: self.key("bad"))
            try container.encode(1, forKey: self.key("good"))
            try? container.encode([Failing()], forKey: self.key("worse"))
            try container.encode([1], forKey: self.key("better"))
        }
        let encoded = try EncodedValue(value)
        #expect(encoded.json == #"{"good":1,"better":[1]}"#)
        #expect(encoded.attachments.isEmpty)
        let list = Scripted { encoder in
            var container = encoder.unkeyedContainer()
            try? container.encode(Failing())
            try container.encode("only")
            #expect(container.count == 1)
        }
        #expect(try json(list) == #"["only"]"#)
        let single = Scripted { encoder in
            var container = encoder.singleValueContainer()
            try? container.encode(Failing())
            try container.encode("instead")
        }
        #expect(try json(single) == #""instead""#)
    }

    @Test func `two values for one place are an error`() throws {
        let twice = Scripted { encoder in
            var container = encoder.singleValueContainer()
            try container.encode(1)
            try container.encode(2)
        }
        #expect(throws: EncodingError.self) { try EncodedValue(twice) }
        let mixed = Scripted { encoder in
            _ = encoder.container(keyedBy: ValueCodingKey.self)
            _ = encoder.unkeyedContainer()
        }
        #expect(throws: EncodingError.self) { try EncodedValue(mixed) }
        let scalarFirst = Scripted { encoder in
            var container = encoder.singleValueContainer()
            try container.encodeNil()
            _ = encoder.unkeyedContainer()
        }
        #expect(throws: EncodingError.self) { try EncodedValue(scalarFirst) }
    }

    @Test func `a container that is kept too long is an error, not a wrong place`() throws {
        var kept: (any UnkeyedEncodingContainer)?
        let value = Scripted { encoder in
            var outer = encoder.unkeyedContainer()
            try outer.encode(Scripted { kept = $0.unkeyedContainer() })
            #expect(throws: EncodingError.self) { try kept?.encode(1) }
            #expect(kept?.count == 0)
            try outer.encode(2)
        }
        #expect(try json(value) == "[[],2]")
        #expect(throws: EncodingError.self) { try kept?.encode(3) }
        let misplaced = Scripted { _ in _ = kept?.nestedUnkeyedContainer() }
        #expect(try json(misplaced) == "{}")
    }

    @Test func `a container cannot be used while a member of it is encoded`() throws {
        let value = Scripted { encoder in
            var outer = encoder.unkeyedContainer()
            let copy = outer
            try outer.encode(
                Scripted { _ in
                    var copy = copy
                    #expect(throws: EncodingError.self) { try copy.encode(1) }
                }
            )
        }
        #expect(try json(value) == "[{}]")
    }

    @Test func `coding paths lead to the value`() throws {
        var path = ""
        let value = Scripted { path = $0.codingPath.map(\.stringValue).joined(separator: ".") }
        _ = try EncodedValue(["a": [0: ["b": Value.null]]])
        _ = try EncodedValue(["list": [[value, value]]])
        #expect(path == "list.0.1")
    }
}
