import Foundation
import Testing

@testable import SocketIO

@Suite struct ValueDecoderTests {
    private func decode<T: Decodable>(_ json: String, as type: T.Type = T.self) throws -> T {
        try EncodedValue(json: json).decode(as: type)
    }

    private func error<T: Decodable>(_ json: String, as type: T.Type) throws -> DecodingError {
        let value = try EncodedValue(json: json)
        return try #require(#expect(throws: DecodingError.self) { try value.decode(as: type) })
    }

    private struct Message: Codable, Equatable {
        var text: String
        var temp: Bool?
        var count: Int? = nil
        var nested: [Message]?
    }

    private enum Color: String, Codable { case red, blue }

    private enum Shape: Codable, Equatable {
        case circle(radius: Double)
        case none
    }

    // MARK: Values

    @Test func `scalars stand alone`() throws {
        #expect(try decode("7", as: Int.self) == 7)
        #expect(try decode("7.5", as: Double.self) == 7.5)
        #expect(try decode("7", as: Double.self) == 7)
        #expect(try decode("1e999", as: Double.self) == .infinity)
        #expect(try decode("true", as: Bool.self))
        #expect(try decode(#""a""#, as: String.self) == "a")
        #expect(try decode("null", as: Int?.self) == nil)
        #expect(try decode("5", as: Int?.self) == 5)
        #expect(try decode(#""red""#, as: Color.self) == .red)
        #expect(try decode("1.5", as: Float.self) == 1.5)
    }

    @Test func `every integer type decodes alone, in arrays and as member`() throws {
        func check<T: FixedWidthInteger & Codable>(_ type: T.Type) throws {
            #expect(try decode("7", as: type) == 7)
            #expect(try decode("[7,\(type.max)]", as: [T].self) == [7, .max])
            #expect(try decode(#"{"a":\#(type.min)}"#, as: [String: T].self) == ["a": .min])
            #expect(try decode("[7,null]", as: [T?].self) == [7, nil])
            #expect(
                try decode(#"{"required":1e2,"optional":7}"#, as: Integers<T>.self)
                    == Integers(required: 100, optional: 7)
            )
            #expect(try decode(#"{"required":0,"optional":null}"#, as: Integers<T>.self) == Integers(required: 0))
            #expect(try error("[\(type.max)0]", as: [T].self).path == "0")
        }
        try check(Int.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(Int128.self)
        try check(UInt.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(UInt128.self)
    }

    private struct Integers<T: Codable & Equatable>: Codable, Equatable {
        var required: T
        var optional: T?
    }

    /// One member of each type that keyed containers have a method for.
    fileprivate struct Scalars: Codable, Equatable {
        var bool: Bool, string: String, double: Double, float: Float
        var int: Int, int8: Int8, int16: Int16, int32: Int32, int64: Int64, int128: Int128
        var uint: UInt, uint8: UInt8, uint16: UInt16, uint32: UInt32, uint64: UInt64, uint128: UInt128
    }

    private struct OptionalScalars: Codable, Equatable {
        var bool: Bool?, string: String?, double: Double?, float: Float?
        var int: Int?, int8: Int8?, int16: Int16?, int32: Int32?, int64: Int64?, int128: Int128?
        var uint: UInt?, uint8: UInt8?, uint16: UInt16?, uint32: UInt32?, uint64: UInt64?, uint128: UInt128?
    }

    @Test func `each scalar member has its own type`() throws {
        let json = """
            {"bool":true,"string":"s","double":1.5,"float":2.5,"int":-1,"int8":-8,"int16":-16,"int32":-32,"int64":-64,\
            "int128":-128,"uint":1,"uint8":8,"uint16":16,"uint32":32,"uint64":64,"uint128":128}
            """
        let scalars = try decode(json, as: Scalars.self)
        #expect(scalars.int8 == -8 && scalars.uint128 == 128 && scalars.float == 2.5 && scalars.string == "s")
        #expect(try EncodedValue(scalars).json == json)
        #expect(try EncodedValue(decode(json, as: OptionalScalars.self)).json == json)
    }

    @Test func `absent and null members are nil`() throws {
        #expect(try decode("{}", as: OptionalScalars.self) == OptionalScalars())
        let names = try #require(EncodedValue(Scalars.zero).value.objectValue?.keys)
        let nulls = "{" + names.map { "\"\($0)\":null" }.joined(separator: ",") + "}"
        #expect(try decode(nulls, as: OptionalScalars.self) == OptionalScalars())
        #expect(try error(nulls, as: Scalars.self).path == "bool")
    }

    @Test func `a scalar member of another kind is named in the error`() throws {
        for name in try #require(EncodedValue(Scalars.zero).value.objectValue?.keys) {
            var members = try #require(EncodedValue(Scalars.zero).value.objectValue)
            members[name] = [:]
            let json = Value.object(members).description
            #expect(try error(json, as: Scalars.self).path == name)
            #expect(try error(json, as: OptionalScalars.self).path == name)
        }
    }

    @Test func `types with members decode`() throws {
        let message = try decode(
            #"{"text":"a","temp":true,"nested":[{"text":"b"},{"temp":null,"text":"c"}]}"#,
            as: Message.self
        )
        #expect(message == Message(text: "a", temp: true, nested: [Message(text: "b"), Message(text: "c")]))
        #expect(try decode(#"{"circle":{"radius":2}}"#, as: Shape.self) == .circle(radius: 2))
        #expect(try decode(#"{"none":{}}"#, as: Shape.self) == Shape.none)
        #expect(try decode(#"{"a":{"b":[1]}}"#, as: [String: [String: [Int]]].self) == ["a": ["b": [1]]])
        #expect(try decode(#"{"1":"a"}"#, as: [Int: String].self) == [1: "a"])
        #expect(try decode(#"[[1,[2]],[]]"#, as: [[Value]].self) == [[1, [2]], []])
        #expect(try Set(decode("[1,2,1]", as: [Int].self)) == decode("[2,1]", as: Set<Int>.self))
    }

    @Test func `keys are found by their meaning and by their bytes`() throws {
        struct Keys: Decodable, Equatable {
            var text: String
            var accented: Int
            enum CodingKeys: String, CodingKey {
                case text
                case accented = "\u{E9}"
            }
        }
        #expect(try decode(#"{"\u0074ext":"x","\u00e9":1}"#, as: Keys.self) == Keys(text: "x", accented: 1))
        #expect(try error("{\"text\":\"x\",\"e\u{301}\":1}", as: Keys.self).path == "")
    }

    @Test(arguments: [2, 16, 17, 300])
    func `of several members with one name the last counts`(count: Int) throws {
        let others = (0..<count).map { "\"other\($0)\":0" }.joined(separator: ",")
        let json = #"{"text":"first",\#(others),"text":"second","te\u0078t":"last"}"#
        #expect(try decode(json, as: Message.self).text == "last")
        #expect(try decode("{\"a\":1,\"a\":2}", as: [String: Int].self) == ["a": 2])
        #expect(try decode(json, as: [String: Value].self).count == count + 1)
    }

    @Test func `large objects and arrays take linear time`() throws {
        let count = 100_000
        let json = "{" + (0..<count).map { "\"key\($0)\":[\($0)]" }.joined(separator: ",") + "}"
        #expect(try decode(json, as: [String: [Int]].self)["key99999"] == [99_999])
        let array = "[" + (0..<count).map { "{\"text\":\"\($0)\"}" }.joined(separator: ",") + "]"
        #expect(try decode(array, as: [Message].self).last?.text == "99999")
    }

    private final class Node: Decodable {
        let child: Node?
    }

    @Test func `recursive types decode to the depth that packets may have`() throws {
        var depth = 0
        let json = String(repeating: #"{"child":"#, count: 500) + "null" + String(repeating: "}", count: 500)
        var node: Node? = try decode(json, as: Node.self)
        while let next = node?.child {
            depth += 1
            node = next
        }
        #expect(depth == 499)
    }

    // MARK: Errors

    @Test func `errors name the way to the fault`() throws {
        #expect(
            try error(#"{"text":"a","nested":[{"text":"b"},{"text":5}]}"#, as: Message.self).path == "nested.1.text"
        )
        #expect(try error(#"{"text":"a","nested":[{"text":"b"},{}]}"#, as: Message.self).path == "nested.1")
        #expect(try error(#"[[1],[2,"x"]]"#, as: [[Int]].self).path == "1.1")
        #expect(try error(#"{"a":{"b":300}}"#, as: [String: [String: UInt8]].self).path == "a.b")
        #expect(try error("1", as: [Int].self).path == "")
    }

    @Test func `errors are of the kind that fits`() throws {
        guard case .keyNotFound(let key, _) = try error("{}", as: Message.self) else { throw CocoaError(.formatting) }
        #expect(key.stringValue == "text")
        guard case .valueNotFound = try error(#"{"text":null}"#, as: Message.self) else {
            throw CocoaError(.formatting)
        }
        guard case .typeMismatch = try error(#"{"text":1}"#, as: Message.self) else { throw CocoaError(.formatting) }
        guard case .dataCorrupted = try error("[300]", as: [Int8].self) else { throw CocoaError(.formatting) }
        guard case .dataCorrupted = try error("[1.5]", as: [Int].self) else { throw CocoaError(.formatting) }
        guard case .dataCorrupted = try error("1e40", as: Float.self) else { throw CocoaError(.formatting) }
        guard case .dataCorrupted = try error(#""green""#, as: Color.self) else { throw CocoaError(.formatting) }
    }

    @Test(arguments: ["1", "\"a\"", "null", "true", "[]", "{}", "1.5"])
    func `every kind is refused where another is expected`(json: String) throws {
        if json != "1" { #expect(throws: DecodingError.self) { try decode(json, as: Int.self) } }
        if !json.hasPrefix("1") { #expect(throws: DecodingError.self) { try decode(json, as: Double.self) } }
        if json != "true" { #expect(throws: DecodingError.self) { try decode(json, as: Bool.self) } }
        if json != "\"a\"" { #expect(throws: DecodingError.self) { try decode(json, as: String.self) } }
        if json != "[]" { #expect(throws: DecodingError.self) { try decode(json, as: [Int].self) } }
        if json != "{}" { #expect(throws: DecodingError.self) { try decode(json, as: [String: Int].self) } }
        #expect(throws: DecodingError.self) { try decode(json, as: Message.self) }
    }

    @Test func `errors repeat little of the peer`() throws {
        let long = "\"" + String(repeating: "x", count: 100_000) + "\""
        #expect("\(try error(long, as: Int.self))".utf8.count < 500)
    }

    // MARK: Containers by hand

    private struct Manual: Decodable, Equatable {
        var numbers: [Int] = []
        var inner = ""
        var hasSuper = false
        var missingSuperIsNil = false
        var keys: [String] = []

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: ValueCodingKey.self)
            keys = container.allKeys.map(\.stringValue)
            var list = try container.nestedUnkeyedContainer(forKey: ValueCodingKey(stringValue: "list"))
            #expect(list.count == 4)
            while !list.isAtEnd {
                if try list.decodeNil() { continue }
                if let number = try? list.decode(Int.self) { numbers.append(number) } else { try skip(&list) }
            }
            #expect(throws: DecodingError.self) { try list.decode(Int.self) }
            let object = try container.nestedContainer(
                keyedBy: ValueCodingKey.self,
                forKey: .init(stringValue: "object")
            )
            inner = try object.decode(String.self, forKey: ValueCodingKey(stringValue: "inner"))
            #expect(object.codingPath.map(\.stringValue) == ["object"])
            hasSuper = try container.superDecoder().singleValueContainer().decode(Bool.self)
            let missing = try container.superDecoder(forKey: ValueCodingKey(stringValue: "missing"))
            missingSuperIsNil = try missing.singleValueContainer().decodeNil()
            #expect(throws: DecodingError.self) { try missing.container(keyedBy: ValueCodingKey.self) }
            #expect(throws: DecodingError.self) { try missing.unkeyedContainer() }
            #expect(throws: DecodingError.self) { try missing.singleValueContainer().decode(Int.self) }
            #expect(try Value(from: missing) == .null)
            #expect(try EncodedValue(from: missing).json == "null")
        }

        private func skip(_ list: inout any UnkeyedDecodingContainer) throws {
            let decoder = try list.superDecoder()
            #expect(try Value(from: decoder) == "two")
        }
    }

    @Test func `containers can be opened by hand, and a failed attempt does not move on`() throws {
        let json =
            #"{"list":[1,"two",null,3],"object":{"inner":"i"},"super":true,"list2":[],"object":{"inner":"last"}}"#
        let manual = try decode(json, as: Manual.self)
        #expect(manual.numbers == [1, 3])
        #expect(manual.inner == "last")
        #expect(manual.hasSuper && manual.missingSuperIsNil)
        #expect(manual.keys == ["list", "object", "super", "list2"])
    }

    private struct Keeper: Decodable {
        let decoder: any Decoder
        init(from decoder: any Decoder) { self.decoder = decoder }
    }

    @Test func `a decoder that is kept goes on working`() throws {
        let keeper = try decode(#"{"a":[1,2]}"#, as: Keeper.self)
        #expect(try [String: [Int]](from: keeper.decoder) == ["a": [1, 2]])
        #expect(try EncodedValue(from: keeper.decoder).json == #"{"a":[1,2]}"#)
        #expect(keeper.decoder.userInfo.isEmpty)
    }
}

extension ValueDecoderTests.Scalars {
    fileprivate static var zero: Self {
        Self(
            bool: false,
            string: "",
            double: 0,
            float: 0,
            int: 0,
            int8: 0,
            int16: 0,
            int32: 0,
            int64: 0,
            int128: 0,
            uint: 0,
            uint8: 0,
            uint16: 0,
            uint32: 0,
            uint64: 0,
            uint128: 0
        )
    }
}
