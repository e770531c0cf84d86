internal import NIOCore

extension JSONDocument {
    /// The value of one row as a tree.
    ///
    /// Recursion is bounded by the nesting that was allowed when the JSON was checked.
    func value(at row: Int) -> Value {
        switch kind(of: row) {
        case .null: .null
        case .bool: .bool(bool(at: row) == true)
        case .number: number(at: row)
        case .string: .string(string(at: row) ?? "")
        case .binary: attachment(at: row).map(Value.binary) ?? .null
        case .array: .array(members(of: row, isObject: false).map(value(at:)))
        case .object: .object(Value.Object(objectMembers(of: row)))
        }
    }

    private func number(at row: Int) -> Value {
        withText(of: row) { text in
            if let integer = JSONNumber.integer(text, as: Int64.self) { return .int(integer) }
            return .double(JSONNumber.double(text) ?? .nan)
        }
    }

    private func objectMembers(of object: Int) -> [(String, Value)] {
        members(of: object, isObject: true).map { (string(at: $0) ?? "", value(at: $0 + 1)) }
    }
}

extension Value: Codable {
    /// Decodes any value.
    ///
    /// Coders other than this library's know no attachments and cannot tell bytes from text.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.row.map(decoder.document.value(at:)) ?? .null
        } else if let container = try? decoder.container(keyedBy: ValueCodingKey.self) {
            self = .object(try Object(container.allKeys.map { ($0.stringValue, try container.decode(forKey: $0)) }))
        } else if var container = try? decoder.unkeyedContainer() {
            self = .array(try Self.elements(of: &container))
        } else {
            self = try Self.scalar(in: decoder.singleValueContainer())
        }
    }

    private static func elements(of container: inout any UnkeyedDecodingContainer) throws -> [Value] {
        var elements: [Value] = []
        while !container.isAtEnd { elements.append(try container.decode(Value.self)) }
        return elements
    }

    private static func scalar(in container: any SingleValueDecodingContainer) throws -> Value {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .bool(value) }
        if let value = try? container.decode(Int64.self) { return .int(value) }
        if let value = try? container.decode(Double.self) { return .double(value) }
        return .string(try container.decode(String.self))
    }

    /// Encodes the value.
    ///
    /// Coders other than this library's write bytes as Base64 text.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements): try elements.encode(to: encoder)
        case .object(let members): try Self.encode(members, to: encoder)
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(to: &container)
        }
    }

    private static func encode(_ members: Object, to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ValueCodingKey.self)
        for (key, value) in members { try container.encode(value, forKey: ValueCodingKey(stringValue: key)) }
    }

    private func encodeScalar(to container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .binary(let value): try container.encode(value)
        case .null, .array, .object: try container.encodeNil()
        }
    }
}

extension KeyedDecodingContainer {
    fileprivate func decode(forKey key: Key) throws -> Value { try decode(Value.self, forKey: key) }
}

extension EncodedValue: Codable {
    /// Takes the value as it is; other coders than this library's hand over a decoded value, which is encoded again.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.row.map(decoder.document.encodedValue(at:)) ?? .null
        } else {
            try self.init(Value(from: decoder))
        }
    }

    /// Writes the value as it is; other coders than this library's receive it decoded.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if encoder is ValueEncoder { try container.encode(self) } else { try container.encode(value) }
    }
}
