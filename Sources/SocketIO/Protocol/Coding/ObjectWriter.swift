/// Encodes the members of an object.
struct ObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let session: EncodingSession
    let id: Int
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }

    @inline(__always)
    private func write(_ key: Key, _ write: (inout JSONWriter) -> Void) throws {
        try session.writeMember(key.stringValue, id, path, write)
    }

    func encodeNil(forKey key: Key) throws { try write(key) { $0.writeNull() } }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try session.encodeMember(value, key, id, path)
    }

    private func deferredEncoder(forKey key: any CodingKey) -> ValueEncoder {
        session.deferredMember(key, id, path)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        deferredEncoder(forKey: key).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        deferredEncoder(forKey: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { deferredEncoder(forKey: ValueCodingKey.super) }
    func superEncoder(forKey key: Key) -> any Encoder { deferredEncoder(forKey: key) }
}

// MARK: - Scalars

extension ObjectWriter {
    func encode(_ value: Bool, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: String, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Double, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Float, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int8, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int16, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int32, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: Int128, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { try write(key) { $0.write(value) } }
    func encode(_ value: UInt128, forKey key: Key) throws { try write(key) { $0.write(value) } }
}
