/// Decodes a value that is not taken apart into members.
struct ScalarReader: SingleValueDecodingContainer {
    let decoder: ValueDecoder

    private var document: JSONDocument { decoder.document }
    private var path: CodingPath { decoder.path }

    var codingPath: [any CodingKey] { path.keys }

    func decodeNil() -> Bool { decoder.row.map(document.isNull) ?? true }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ValueDecoder.decode(type, from: document, row: row(for: type), path: path)
    }

    private func row(for type: Any.Type) throws -> Int {
        guard let row = decoder.row else { throw document.missing(type, path) }
        return row
    }

    private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        try document.integer(type, at: row(for: type), path: path)
    }
}

// MARK: - Scalars

extension ScalarReader {
    func decode(_ type: Bool.Type) throws -> Bool { try document.bool(at: row(for: type), path: path) }
    func decode(_ type: String.Type) throws -> String { try document.string(at: row(for: type), path: path) }
    func decode(_ type: Double.Type) throws -> Double { try document.double(at: row(for: type), path: path) }
    func decode(_ type: Float.Type) throws -> Float { try document.float(at: row(for: type), path: path) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }
}
