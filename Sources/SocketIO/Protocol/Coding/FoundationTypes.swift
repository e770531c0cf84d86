// The only file that knows Foundation's types: `Data`, `Date`, `URL` and `Decimal` as JavaScript would write them.

internal import FoundationEssentials
internal import NIOCore

/// The types of Foundation that are coded in a way of their own.
enum FoundationType {
    case data, date, url, decimal

    init?(_ type: Any.Type) {
        if type == Data.self {
            self = .data
        } else if type == Date.self {
            self = .date
        } else if type == URL.self {
            self = .url
        } else if type == Decimal.self {
            self = .decimal
        } else {
            return nil
        }
    }
}

extension ValueDecoder {
    /// Decodes a type whose own `init(from:)` would expect something that no peer sends.
    func decode(_ type: FoundationType) throws -> Any {
        switch type {
        case .data: try decodeData()
        case .date: try decodeDate()
        case .url: try decodeText("an address", URL.init(string:))
        case .decimal: try decodeDecimal()
        }
    }

    private func decodeData() throws -> Data {
        try attachment(as: Data.self).withUnsafeReadableBytes { Data($0) }
    }

    private func decodeDate() throws -> Date {
        try decodeText("a date like 2024-01-02T03:04:05.678Z") { text in
            ISODate.milliseconds(text).map(Date.init(millisecondsSince1970:))
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
    /// Writes a value of one of Foundation's types.
    mutating func write(_ type: FoundationType, _ value: Any) {
        switch type {
        case .data: if let data = value as? Data { write(ByteBuffer(bytes: data)) }
        case .date: if let date = value as? Date { write(date) }
        case .url: if let url = value as? URL { write(url.absoluteString) }
        case .decimal: if let decimal = value as? Decimal { write(decimal) }
        }
    }

    private mutating func write(_ date: Date) {
        if let text = ISODate.text(milliseconds: date.millisecondsSince1970) { write(text) } else { writeNull() }
    }

    private mutating func write(_ decimal: Decimal) {
        if decimal.isFinite { buffer.writeString(decimal.description) } else { writeNull() }
    }
}

extension Date {
    /// Beyond some 70,000 years, where a `Double` has hardly room for milliseconds, a date must be rounded once only.
    private static let near: Double = 0x1p51

    fileprivate init(millisecondsSince1970 milliseconds: Double) {
        if abs(milliseconds) < Self.near {
            self.init(timeIntervalSince1970: milliseconds / 1000)
        } else {
            // What a date really counts.
            let sinceReference = milliseconds - Self.timeIntervalBetween1970AndReferenceDate * 1000
            self.init(timeIntervalSinceReferenceDate: sinceReference / 1000)
        }
    }

    /// In whole milliseconds.
    fileprivate var millisecondsSince1970: Double {
        let time = self.timeIntervalSinceReferenceDate
        let seconds = time.rounded(.down)
        let rest = ((time - seconds) * 1000).rounded()
        return (seconds + Self.timeIntervalBetween1970AndReferenceDate) * 1000 + rest
    }
}
