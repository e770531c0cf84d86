internal import NIOCore

/// Encodes one value of an `Encodable` type as JSON bytes, without a tree in between.
struct ValueEncoder: Encoder {
    let session: EncodingSession

    /// The value that this encoder was made for.
    let id: Int
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        session.begin(.object, id, path)
        return KeyedEncodingContainer(ObjectWriter<Key>(session: session, id: id, path: path))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        session.begin(.array, id, path)
        return ArrayWriter(session: session, id: id, path: path)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        ScalarWriter(session: session, id: id, path: path)
    }
}

extension JSONWriter {
    /// Writes a value of any type.
    ///
    /// - Throws: What the type's `encode(to:)` throws; the writer is then as it was before.
    mutating func encode<T: Encodable>(_ value: T) throws {
        if writeDirectly(value) { return }
        let mark = mark
        let session = EncodingSession(writer: release())
        do {
            try session.encodeOpening(value, path: .root)
            self = try session.finish()
        } catch {
            self = session.abandon()
            rollBack(to: mark)
            throw error
        }
    }

    /// Writes a value of one of the types that need no `encode(to:)`; returns false when it is of another type.
    ///
    /// The comparisons are between addresses; `as?` for each would cost more than the encoding.
    mutating func writeDirectly<T: Encodable>(_ value: T) -> Bool {
        if T.self == String.self {
            write(same(value) as String)
        } else if T.self == Int.self {
            write(same(value) as Int)
        } else if T.self == Double.self {
            write(same(value) as Double)
        } else if T.self == Bool.self {
            write(same(value) as Bool)
        } else if T.self == EncodedValue.self {
            write(same(value) as EncodedValue)
        } else if T.self == Value.self {
            write(same(value) as Value)
        } else if T.self == ByteBuffer.self {
            write(same(value) as ByteBuffer)
        } else if let type = FoundationType(T.self) {
            write(type, value)
        } else {
            return false
        }
        return true
    }
}
