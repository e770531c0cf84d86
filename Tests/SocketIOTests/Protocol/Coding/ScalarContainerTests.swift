// Drives the containers' methods for each scalar type directly, as a hand-written `init(from:)` or `encode(to:)` does.

import Testing

@testable import SocketIO

/// One element of each scalar type, in a list.
private struct ScalarList: Codable, Equatable {
    var bool: Bool
    var string: String
    var double: Double
    var float: Float
    var int: Int
    var int8: Int8
    var int16: Int16
    var int32: Int32
    var int64: Int64
    var int128: Int128
    var uint: UInt
    var uint8: UInt8
    var uint16: UInt16
    var uint32: UInt32
    var uint64: UInt64
    var uint128: UInt128

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        #expect(list.codingPath.isEmpty)
        bool = try list.decode(Bool.self)
        string = try list.decode(String.self)
        double = try list.decode(Double.self)
        float = try list.decode(Float.self)
        int = try list.decode(Int.self)
        int8 = try list.decode(Int8.self)
        int16 = try list.decode(Int16.self)
        int32 = try list.decode(Int32.self)
        int64 = try list.decode(Int64.self)
        int128 = try list.decode(Int128.self)
        uint = try list.decode(UInt.self)
        uint8 = try list.decode(UInt8.self)
        uint16 = try list.decode(UInt16.self)
        uint32 = try list.decode(UInt32.self)
        uint64 = try list.decode(UInt64.self)
        uint128 = try list.decode(UInt128.self)
        #expect(list.isAtEnd)
    }

    func encode(to encoder: any Encoder) throws {
        var list = encoder.unkeyedContainer()
        #expect(list.codingPath.isEmpty)
        try list.encode(bool)
        try list.encode(string)
        try list.encode(double)
        try list.encode(float)
        try list.encode(int)
        try list.encode(int8)
        try list.encode(int16)
        try list.encode(int32)
        try list.encode(int64)
        try list.encode(int128)
        try list.encode(uint)
        try list.encode(uint8)
        try list.encode(uint16)
        try list.encode(uint32)
        try list.encode(uint64)
        try list.encode(uint128)
        try list.encodeNil()
    }
}

/// Reads and writes one scalar through a single value container, by the method for exactly its type.
private protocol ScalarMethods: Equatable {
    init(in container: any SingleValueDecodingContainer) throws
    func write(to container: inout any SingleValueEncodingContainer) throws
}

private struct Wrapped<Scalar: ScalarMethods>: Codable, Equatable {
    let scalar: Scalar

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        #expect(container.codingPath.count == 1)
        scalar = try Scalar(in: container)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        #expect(container.codingPath.count == 1)
        try scalar.write(to: &container)
    }
}

extension Bool: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Bool.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension String: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(String.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Double: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Double.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Float: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Float.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int8: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int8.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int16: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int16.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int32: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int32.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int64: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int64.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension Int128: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(Int128.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt8: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt8.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt16: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt16.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt32: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt32.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt64: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt64.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

extension UInt128: ScalarMethods {
    init(in container: any SingleValueDecodingContainer) throws { self = try container.decode(UInt128.self) }
    func write(to container: inout any SingleValueEncodingContainer) throws { try container.encode(self) }
}

@Suite struct ScalarContainerTests {
    private let json = #"[true,"s",1.5,2.5,-1,-8,-16,-32,-64,-128,1,8,16,32,64,128,null]"#

    @Test func `a list takes each scalar type in its turn`() throws {
        let list = try EncodedValue(json: json.replacing(",null", with: "")).decode(as: ScalarList.self)
        #expect(try EncodedValue(list).json == json)
    }

    @Test func `an element of another kind is named in the error`() throws {
        let elements = try #require(EncodedValue(json: json).value.arrayValue).dropLast()
        for index in elements.indices {
            var wrong = elements
            wrong[index] = [:]
            let value = try EncodedValue(Array(wrong))
            let error = #expect(throws: DecodingError.self) { try value.decode(as: ScalarList.self) }
            #expect(error?.path == String(index))
        }
    }

    @Test func `a single value container takes each scalar type`() throws {
        func check<Scalar: ScalarMethods>(_ type: Scalar.Type, _ json: String) throws {
            let wrapped = try EncodedValue(json: "[\(json)]").decode(as: [Wrapped<Scalar>].self)
            #expect(try EncodedValue(wrapped).json == "[\(json)]")
            let wrong = try EncodedValue(json: "[[]]")
            let error = #expect(throws: DecodingError.self) { try wrong.decode(as: [Wrapped<Scalar>].self) }
            #expect(error?.path == "0")
        }
        try check(Bool.self, "true")
        try check(String.self, #""s""#)
        try check(Double.self, "1.5")
        try check(Float.self, "2.5")
        try check(Int.self, "-1")
        try check(Int8.self, "-8")
        try check(Int16.self, "-16")
        try check(Int32.self, "-32")
        try check(Int64.self, "-64")
        try check(Int128.self, "-128")
        try check(UInt.self, "1")
        try check(UInt8.self, "8")
        try check(UInt16.self, "16")
        try check(UInt32.self, "32")
        try check(UInt64.self, "64")
        try check(UInt128.self, "128")
    }
}
