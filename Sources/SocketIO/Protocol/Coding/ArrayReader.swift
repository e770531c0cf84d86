/// Decodes the elements of an array, in order.
struct ArrayReader: UnkeyedDecodingContainer {
    private let document: JSONDocument
    private let path: CodingPath
    private let elementCount: Int
    private var row: Int
    private(set) var currentIndex = 0

    init(_ decoder: ValueDecoder) throws {
        guard let row = decoder.row else { throw decoder.document.missing([Any].self, decoder.path) }
        guard decoder.document.kind(of: row) == .array else {
            throw decoder.document.mismatch([Any].self, at: row, decoder.path)
        }
        document = decoder.document
        path = decoder.path
        elementCount = document.memberCount(of: row)
        self.row = row + 1
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { elementCount }
    var isAtEnd: Bool { currentIndex >= elementCount }

    mutating func decodeNil() throws -> Bool {
        guard document.isNull(try currentRow(for: Any?.self)) else { return false }
        advance()
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try ValueDecoder.decode(type, from: document, row: currentRow(for: type), path: elementPath)
        advance()
        return value
    }
}

// MARK: - Moving on

extension ArrayReader {
    private var elementPath: CodingPath { path.appending(index: currentIndex) }

    /// The row of the next element.
    ///
    /// It is passed only after it was decoded: who fails may try another type.
    private func currentRow(for type: Any.Type) throws -> Int {
        if !isAtEnd { return row }
        let description = "expected \(type), found the end of an array of \(elementCount)"
        throw DecodingError.valueNotFound(type, .init(codingPath: elementPath.keys, debugDescription: description))
    }

    private mutating func advance() {
        row = document.next(after: row)
        currentIndex += 1
    }

    private mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        let value = try document.integer(type, at: currentRow(for: type), path: elementPath)
        advance()
        return value
    }
}

// MARK: - Containers inside

extension ArrayReader {
    private mutating func nestedDecoder(for type: Any.Type) throws -> ValueDecoder {
        let decoder = ValueDecoder(document: document, row: try currentRow(for: type), path: elementPath)
        advance()
        return decoder
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try nestedDecoder(for: [String: Any].self).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try nestedDecoder(for: [Any].self).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        try nestedDecoder(for: (any Decoder).self)
    }
}

// MARK: - Scalars

extension ArrayReader {
    mutating func decode(_ type: Bool.Type) throws -> Bool {
        let value = try document.bool(at: currentRow(for: type), path: elementPath)
        advance()
        return value
    }

    mutating func decode(_ type: String.Type) throws -> String {
        let value = try document.string(at: currentRow(for: type), path: elementPath)
        advance()
        return value
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        let value = try document.double(at: currentRow(for: type), path: elementPath)
        advance()
        return value
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        let value = try document.float(at: currentRow(for: type), path: elementPath)
        advance()
        return value
    }

    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }
}
