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
    /// The comparisons are between addresses; asking by `as?` alone would cost more than the encoding.
    mutating func writeDirectly<T: Encodable>(_ value: T) -> Bool {
        if T.self == String.self, let value = value as? String {
            write(value)
        } else if T.self == Int.self, let value = value as? Int {
            write(value)
        } else if T.self == Double.self, let value = value as? Double {
            write(value)
        } else if T.self == Bool.self, let value = value as? Bool {
            write(value)
        } else if T.self == EncodedValue.self, let value = value as? EncodedValue {
            write(value)
        } else if T.self == Value.self, let value = value as? Value {
            write(value)
        } else if T.self == ByteBuffer.self, let value = value as? ByteBuffer {
            write(value)
        } else {
            return writeFoundationType(value)
        }
        return true
    }
}
