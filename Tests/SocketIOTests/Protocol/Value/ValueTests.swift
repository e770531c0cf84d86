import Foundation
import NIOCore
import Testing

@testable import SocketIO

@Suite struct ValueTests {
    private let sample: Value = [
        "null": nil, "yes": true, "int": 7, "double": 1.5, "text": "héllo", "list": [1, "two", [3]], "object": ["a": 1],
    ]

    @Test func `literals make the value they look like`() {
        #expect(sample.objectValue?.keys == ["null", "yes", "int", "double", "text", "list", "object"])
        #expect(sample["null"] == .null)
        #expect(sample["yes"] == .bool(true))
        #expect(sample["int"] == .int(7))
        #expect(sample["double"] == .double(1.5))
        #expect(sample["text"] == .string("héllo"))
        #expect(("n = \(7)" as Value) == .string("n = 7"))
    }

    @Test func `accessors answer for their own kind only`() {
        #expect(sample["null"]?.isNull == true)
        #expect(sample["int"]?.isNull == false)
        #expect(sample["yes"]?.boolValue == true)
        #expect(sample["int"]?.boolValue == nil)
        #expect(sample["text"]?.stringValue == "héllo")
        #expect(sample["int"]?.stringValue == nil)
        #expect(sample["list"]?.arrayValue?.count == 3)
        #expect(sample["text"]?.arrayValue == nil)
        #expect(sample["object"]?.objectValue?.count == 1)
        #expect(sample["list"]?.objectValue == nil)
        #expect(Value.binary(ByteBuffer(bytes: [1])).binaryValue == ByteBuffer(bytes: [1]))
        #expect(sample["text"]?.binaryValue == nil)
    }

    @Test func `numbers convert when nothing is lost`() {
        #expect(Value.int(7).intValue == 7)
        #expect(Value.double(7).intValue == 7)
        #expect(Value.double(7.5).intValue == nil)
        #expect(Value.double(1e300).intValue == nil)
        #expect(Value.int(7).doubleValue == 7)
        #expect(Value.string("7").intValue == nil)
        #expect(Value.string("7").doubleValue == nil)
    }

    @Test func `subscripts find what is there`() {
        #expect(sample["list"]?[2]?[0] == 3)
        #expect(sample["list"]?[3] == nil)
        #expect(sample["list"]?[-1] == nil)
        #expect(sample["list"]?["a"] == nil)
        #expect(sample["object"]?["b"] == nil)
        #expect(sample["object"]?[0] == nil)
    }

    @Test func `equal numbers are equal values`() {
        #expect(Value.int(1) == .double(1))
        #expect(Value.double(1) == .int(1))
        #expect(Value.int(1) != .double(1.5))
        #expect(Value.int(.max) != .double(9_223_372_036_854_775_808))
        #expect(Set([Value.int(3), .double(3)]).count == 1)
        #expect(Value.bool(true) != .int(1))
        #expect(Value.null != .bool(false))
        #expect(Value.string("1") != .int(1))
        #expect(Value.binary(ByteBuffer(string: "a")) != .string("a"))
    }

    @Test func `values that are equal hash alike`() {
        let pairs: [(Value, Value)] = [
            (["a": 1, "b": [2.0]], ["b": [2], "a": 1.0]),
            (.binary(ByteBuffer(bytes: [1])), .binary(ByteBuffer(bytes: [1]))),
            (nil, .null), ([], .array([])), ("x", .string("x")), (0.0, .double(-0.0)),
        ]
        for (first, second) in pairs {
            #expect(first == second)
            #expect(first.hashValue == second.hashValue)
        }
    }

    @Test func `description is JSON`() {
        #expect(
            sample.description
                == #"{"null":null,"yes":true,"int":7,"double":1.5,"text":"héllo","list":[1,"two",[3]],"object":{"a":1}}"#
        )
        #expect(Value.binary(ByteBuffer(bytes: [1])).description == #"{"_placeholder":true,"num":0}"#)
        #expect(Value.array([]).description == "[]")
        #expect(Value.object([:]).description == "{}")
        #expect((["a": 1] as Value.Object).description == #"{"a":1}"#)
    }

    @Test func `values pass through Foundation's coders`() throws {
        let data = try JSONEncoder().encode(sample)
        #expect(try JSONDecoder().decode(Value.self, from: data) == sample)
        let binary = try JSONEncoder().encode(Value.array([.binary(ByteBuffer(string: "hi"))]))
        #expect(String(decoding: binary, as: UTF8.self) == #"["aGk="]"#)
    }

    @Test func `decoding keeps order and the last of equal names`() throws {
        let value = try EncodedValue(json: #"{"z":1,"a":2,"z":{"b":3}}"#).value
        #expect(value.objectValue?.keys == ["z", "a"])
        #expect(value["z"] == ["b": 3])
    }

    @Test func `integers beyond 64 bits become doubles`() throws {
        #expect(try EncodedValue(json: "9223372036854775808").value == .double(9_223_372_036_854_775_808))
        #expect(try EncodedValue(json: "1e999").value == .double(.infinity))
        #expect(try EncodedValue(json: "1.0").value.description == "1")
    }
}

@Suite struct ValueObjectTests {
    @Test(arguments: [3, 16, 17, 40])
    func `members are found, replaced, added and removed`(count: Int) {
        var object = Value.Object((0..<count).map { ("key\($0)", Value.int(Int64($0))) })
        for index in 0..<count { #expect(object["key\(index)"] == .int(Int64(index))) }
        #expect(object["other"] == nil)
        object["key1"] = "new"
        #expect(object.count == count)
        #expect(object[1].value == "new")
        object["key0"] = nil
        #expect(object.count == count - 1)
        #expect(object["key0"] == nil)
        #expect(object["key\(count - 1)"] == .int(Int64(count - 1)))
        object["absent"] = nil
        object["last"] = 1
        #expect(object.keys.last == "last")
        #expect(object.values.last == 1)
        #expect(object["last"] == 1)
    }

    @Test func `names are compared by their bytes`() throws {
        let object: Value.Object = ["\u{E9}": 1, "e\u{301}": 2]
        #expect(object.count == 2)
        #expect(object["e\u{301}"] == 2)
        #expect(try EncodedValue(json: "{\"\u{E9}\":1,\"e\u{301}\":2}").value == .object(object))
    }

    @Test func `the last of equal names counts, at the place of the first`() {
        let object: Value.Object = ["a": 1, "b": 2, "a": 3]
        #expect(object.keys == ["a", "b"])
        #expect(object["a"] == 3)
    }

    @Test func `order does not matter for equality, names and values do`() {
        #expect((["a": 1, "b": 2] as Value.Object) == ["b": 2, "a": 1])
        #expect((["a": 1] as Value.Object) != ["b": 1])
        #expect((["a": 1] as Value.Object) != ["a": 2])
        #expect((["a": 1] as Value.Object) != ["a": 1, "b": 1])
    }

    @Test func `a hundred thousand members are no trouble`() throws {
        let json = "{" + (0..<100_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",") + "}"
        let value = try EncodedValue(json: json).value
        #expect(value["key99999"] == 99_999)
        #expect(value.description == json)
    }
}
