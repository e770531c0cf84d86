/// Encodes the elements of an array.
struct ArrayWriter: UnkeyedEncodingContainer {
    let session: EncodingSession
    let id: Int
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var count: Int { session.memberCount(of: id) }

    @inline(__always)
    private func write(_ write: (inout JSONWriter) -> Void) throws {
        try session.writeElement(id, path, write)
    }

    func encodeNil() throws { try write { $0.writeNull() } }

    func encode<T: Encodable>(_ value: T) throws {
        try session.encodeElement(value, id, path)
    }

    private func deferredEncoder() -> ValueEncoder { session.deferredElement(id, path) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        deferredEncoder().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { deferredEncoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { deferredEncoder() }
}

// MARK: - Scalars

extension ArrayWriter {
    func encode(_ value: Bool) throws { try write { $0.write(value) } }
    func encode(_ value: String) throws { try write { $0.write(value) } }
    func encode(_ value: Double) throws { try write { $0.write(value) } }
    func encode(_ value: Float) throws { try write { $0.write(value) } }
    func encode(_ value: Int) throws { try write { $0.write(value) } }
    func encode(_ value: Int8) throws { try write { $0.write(value) } }
    func encode(_ value: Int16) throws { try write { $0.write(value) } }
    func encode(_ value: Int32) throws { try write { $0.write(value) } }
    func encode(_ value: Int64) throws { try write { $0.write(value) } }
    func encode(_ value: Int128) throws { try write { $0.write(value) } }
    func encode(_ value: UInt) throws { try write { $0.write(value) } }
    func encode(_ value: UInt8) throws { try write { $0.write(value) } }
    func encode(_ value: UInt16) throws { try write { $0.write(value) } }
    func encode(_ value: UInt32) throws { try write { $0.write(value) } }
    func encode(_ value: UInt64) throws { try write { $0.write(value) } }
    func encode(_ value: UInt128) throws { try write { $0.write(value) } }
}
