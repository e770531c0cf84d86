internal import NIOCore

/// Decodes `Decodable` types straight from the bytes of an ``EncodedValue``, without a tree in between.
struct ValueDecoder: Decoder {
    let document: JSONDocument

    /// The row of the value to decode; absent for a value that is missing, which reads as `null`.
    let row: Int?
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func decode<T: Decodable>(_ type: T.Type, from value: EncodedValue) throws -> T {
        if T.self == EncodedValue.self { return same(value) }
        if T.self == String.self, let string = value.string { return same(string) }
        if T.self == Int.self, let int = value.int { return same(int) }
        if T.self == Double.self, let double = value.double { return same(double) }
        if T.self == Bool.self, let bool = value.bool { return same(bool) }
        return try decode(type, from: JSONDocument(value), row: 0, path: .root)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try ObjectReader<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try ArrayReader(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        ScalarReader(decoder: self)
    }
}

// MARK: - Types with a representation of their own

extension ValueDecoder {
    /// Decodes any type.
    ///
    /// The comparisons are between addresses; `as?` for each, or for strings and numbers the detour by way of their
    /// `init(from:)` and a container, would cost several times the decoding.
    static func decode<T: Decodable>(
        _ type: T.Type,
        from document: JSONDocument,
        row: Int,
        path: @autoclosure () -> CodingPath
    ) throws -> T {
        if T.self == String.self { return same(try document.string(at: row, path: path())) }
        if T.self == Int.self { return same(try document.integer(Int.self, at: row, path: path())) }
        if T.self == Double.self { return same(try document.double(at: row, path: path())) }
        if T.self == Bool.self { return same(try document.bool(at: row, path: path())) }
        if T.self == EncodedValue.self { return same(document.encodedValue(at: row)) }
        if T.self == Value.self { return same(document.value(at: row)) }
        let decoder = ValueDecoder(document: document, row: row, path: path())
        if T.self == ByteBuffer.self { return same(try decoder.attachment()) }
        if let type = FoundationType(T.self), let value = try decoder.decode(type) as? T { return value }
        return try T(from: decoder)
    }

    /// The bytes that a placeholder names.
    ///
    /// - Parameter type: What was asked for, to be named in the error.
    func attachment(as type: Any.Type = ByteBuffer.self) throws -> ByteBuffer {
        guard let row else { throw document.missing(type, path) }
        if let attachment = document.attachment(at: row) { return attachment }
        throw document.mismatch(type, at: row, path)
    }
}

// MARK: - Scalars

extension JSONDocument {
    func string(at row: Int, path: @autoclosure () -> CodingPath) throws -> String {
        guard let value = string(at: row) else { throw mismatch(String.self, at: row, path()) }
        return value
    }

    func bool(at row: Int, path: @autoclosure () -> CodingPath) throws -> Bool {
        guard let value = bool(at: row) else { throw mismatch(Bool.self, at: row, path()) }
        return value
    }

    func double(at row: Int, path: @autoclosure () -> CodingPath) throws -> Double {
        guard let value = withText(of: row, { JSONNumber.double($0) }) else {
            throw mismatch(Double.self, at: row, path())
        }
        return value
    }

    func float(at row: Int, path: @autoclosure () -> CodingPath) throws -> Float {
        let value = try double(at: row, path: path())
        guard Float(value).isFinite || !value.isFinite else { throw unrepresentable(Float.self, at: row, path()) }
        return Float(value)
    }

    @inline(__always)
    func integer<Integer: FixedWidthInteger>(
        _ type: Integer.Type,
        at row: Int,
        path: @autoclosure () -> CodingPath
    ) throws -> Integer {
        if let value = withText(of: row, { JSONNumber.integer($0, as: type) }) { return value }
        guard kind(of: row) == .number else { throw mismatch(type, at: row, path()) }
        throw unrepresentable(type, at: row, path())
    }
}

// MARK: - Errors

extension JSONDocument {
    func mismatch(_ type: Any.Type, at row: Int, _ path: CodingPath) -> DecodingError {
        let description = "expected \(type), found \(kind(of: row)) \(excerpt(of: row))"
        let context = DecodingError.Context(codingPath: path.keys, debugDescription: description)
        return isNull(row) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func missing(_ type: Any.Type, _ path: CodingPath) -> DecodingError {
        .valueNotFound(type, .init(codingPath: path.keys, debugDescription: "expected \(type), found nothing"))
    }

    func unrepresentable(_ type: Any.Type, at row: Int, _ path: CodingPath) -> DecodingError {
        let description = "expected a number that fits \(type), found \(excerpt(of: row))"
        return .dataCorrupted(.init(codingPath: path.keys, debugDescription: description))
    }

    private func excerpt(of row: Int) -> String { withText(of: row) { Excerpt.quoted($0) } }
}

/// The same value under another name for its type, where generic code has found out that the two types are one.
///
/// A cast by `as` would look the types up at run time.
@inline(__always)
func same<Source, Target>(_ value: Source) -> Target {
    precondition(Source.self == Target.self)
    return unsafeBitCast(value, to: Target.self)
}
