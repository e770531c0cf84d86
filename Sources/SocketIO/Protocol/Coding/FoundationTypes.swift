// The only file that knows Foundation's types: `Data`, `Date`, `URL` and `Decimal` as JavaScript would write them.

internal import FoundationEssentials
internal import NIOCore

extension ValueDecoder {
    /// Decodes the types of Foundation whose own `init(from:)` would expect something no peer sends.
    func decodeFoundationType<T: Decodable>(_ type: T.Type) throws -> T? {
        if T.self == Data.self { return try decodeData() as? T }
        if T.self == Date.self { return try decodeDate() as? T }
        if T.self == URL.self { return try decodeText("an address", URL.init(string:)) as? T }
        if T.self == Decimal.self { return try decodeDecimal() as? T }
        return nil
    }

    private func decodeData() throws -> Data {
        try attachment().withUnsafeReadableBytes { Data($0) }
    }

    private func decodeDate() throws -> Date {
        try decodeText("a date like 2024-01-02T03:04:05.678Z") { text in
            ISODate.milliseconds(text).map { Date(timeIntervalSince1970: $0 / 1000) }
        }
    }

    private func decodeText<Result>(_ expected: String, _ convert: (String) -> Result?) throws -> Result {
        let text = try singleValueContainer().decode(String.self)
        if let result = convert(text) { return result }
        let description = "expected \(expected), found \(Excerpt.quoted(text.utf8))"
        throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: description))
    }

    private func decodeDecimal() throws -> Decimal {
        guard let row else { throw document.missing(Decimal.self, path) }
        guard document.kind(of: row) == .number else { throw document.mismatch(Decimal.self, at: row, path) }
        let text = document.withText(of: row) { String(decoding: $0, as: UTF8.self) }
        guard let decimal = Decimal(string: text) else { throw document.unrepresentable(Decimal.self, at: row, path) }
        return decimal
    }
}

extension JSONWriter {
    /// Writes a value of one of Foundation's types; returns false when it is of another type.
    mutating func writeFoundationType<T>(_ value: T) -> Bool {
        if T.self == Data.self, let data = value as? Data {
            write(ByteBuffer(bytes: data))
        } else if T.self == Date.self, let date = value as? Date {
            write(date)
        } else if T.self == URL.self, let url = value as? URL {
            write(url.absoluteString)
        } else if T.self == Decimal.self, let decimal = value as? Decimal {
            write(decimal)
        } else {
            return false
        }
        return true
    }

    private mutating func write(_ date: Date) {
        if let text = ISODate.text(milliseconds: date.timeIntervalSince1970 * 1000) { write(text) } else { writeNull() }
    }

    private mutating func write(_ decimal: Decimal) {
        if decimal.isFinite { buffer.writeString(decimal.description) } else { writeNull() }
    }
}
