/// Chooses the compression of a response from what the client accepts (RFC 9110 §12.5.3).

/// The compressions a response can have; the raw value is the one of `Content-Encoding`.
enum ContentCoding: String, Sendable {
    case gzip
    /// The zlib format, as RFC 9110 defines the name.
    case deflate
}

enum AcceptEncoding {
    /// The coding the client likes best; nil to send the response as it is.
    ///
    /// Quality decides, then being named rather than covered by `*`, then the client's order, then gzip.
    ///
    /// - Parameter values: the values of the `Accept-Encoding` fields, in order.
    static func preferred(_ values: [String]) -> ContentCoding? {
        let entries = values.flatMap { $0.split(separator: ",") }.enumerated().compactMap(Entry.init)
        let gzip = Self.entry(for: .gzip, in: entries)
        let deflate = Self.entry(for: .deflate, in: entries)
        switch (gzip, deflate) {
        case (nil, nil): return nil
        case (_, nil): return .gzip
        case (nil, _): return .deflate
        case (let gzip?, let deflate?): return deflate.isPreferred(to: gzip) ? .deflate : .gzip
        }
    }

    /// The entry that speaks of `coding`, unless it forbids it.
    private static func entry(for coding: ContentCoding, in entries: [Entry]) -> Entry? {
        let named = entries.first { $0.name == coding.rawValue }
        guard let entry = named ?? entries.first(where: \.isWildcard), entry.quality > 0 else { return nil }
        return entry
    }
}

/// One element of the list, as `gzip;q=0.5`.
private struct Entry {
    let position: Int
    let name: String
    /// In thousandths, as the grammar allows three digits.
    let quality: Int
    var isWildcard: Bool { self.name == "*" }

    init?(position: Int, text: Substring) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(Self.trimmed)
        self.position = position
        self.name = parts[0].lowercased()
        let weight = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }
        guard let quality = weight.map({ Self.thousandths($0.dropFirst(2)) }) ?? 1000 else { return nil }
        self.quality = quality
    }

    func isPreferred(to other: Entry) -> Bool {
        guard self.quality == other.quality else { return self.quality > other.quality }
        guard self.isWildcard == other.isWildcard else { return other.isWildcard }
        return self.position < other.position
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let start = text.drop(while: isBlank)
        return start[..<(start.lastIndex { !isBlank($0) }.map(start.index(after:)) ?? start.startIndex)]
    }

    /// `0` to `1` with up to three decimals; nil for anything else, which takes the whole entry out.
    private static func thousandths(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard (1...5).contains(digits.count), digits.count < 2 || digits[1] == UInt8(ascii: ".") else { return nil }
        var result = 0
        for index in [0, 2, 3, 4] {
            let digit = index < digits.count ? digits[index] : UInt8(ascii: "0")
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            result = result * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return result <= 1000 ? result : nil
    }
}
