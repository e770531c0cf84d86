/// Decodes the members of an object.
struct ObjectReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let members: ObjectMembers

    init(_ decoder: ValueDecoder) throws {
        members = try ObjectMembers(decoder)
    }

    var codingPath: [any CodingKey] { members.path.keys }
    var allKeys: [Key] { members.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members.row(of: key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try row(of: key)) }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try ValueDecoder.decode(type, from: document, row: row(of: key), path: path(of: key))
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let row = presentRow(of: key) else { return nil }
        return try ValueDecoder.decode(type, from: document, row: row, path: path(of: key))
    }
}

// MARK: - Finding members

extension ObjectReader {
    var document: JSONDocument { members.document }

    func path(of key: any CodingKey) -> CodingPath { members.path.appending(key) }

    func row(of key: Key) throws -> Int {
        if let row = members.row(of: key.stringValue) { return row }
        let description = "expected a member \(Excerpt.quoted(key.stringValue.utf8)), found none"
        throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: description))
    }

    /// The row of a member that is there and not `null`.
    func presentRow(of key: Key) -> Int? {
        guard let row = members.row(of: key.stringValue), !document.isNull(row) else { return nil }
        return row
    }
}

// MARK: - Containers inside

extension ObjectReader {
    private func decoder(forKey key: any CodingKey, row: Int?) -> ValueDecoder {
        ValueDecoder(document: document, row: row, path: path(of: key))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(forKey: key, row: row(of: key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(forKey: key, row: row(of: key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = ValueCodingKey.super
        return decoder(forKey: key, row: members.row(of: key.stringValue))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoder(forKey: key, row: members.row(of: key.stringValue))
    }
}
