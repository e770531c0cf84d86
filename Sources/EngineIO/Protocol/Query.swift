/// The query of a request target, decoded as the WHATWG URL standard does (§5.1), as Node's server does too.
///
/// The parameters the protocol knows are picked out in one pass, without a dictionary; names are only ever compared,
/// so that none of them, `__proto__` included, means anything special.
struct Query: Sendable {
    /// More than any client sends, and little enough to be harmless.
    static let defaultMaximumParameters = 256

    /// `EIO`, the protocol revision.
    private(set) var revision: Substring?
    private(set) var transport: Substring?
    private(set) var sid: Substring?
    /// `b64`, given by clients that cannot take binary.
    private(set) var base64: Substring?
    /// `j`, which asks for JSONP.
    private(set) var jsonpIndex: Substring?
    /// `t`, which only defeats caches.
    private(set) var timestamp: Substring?
    /// The query as it was sent, without `?`.
    let raw: Substring

    /// Of a parameter given twice, the last value counts.
    ///
    /// - Throws: `badRequest` when there are more than `maximumParameters`.
    init(
        target: String,
        maximumParameters: Int = Self.defaultMaximumParameters
    ) throws(RequestRejection) {
        self.raw = Self.query(of: target)
        var count = 0
        for parameter in RawParameters(rest: self.raw) {
            count += 1
            guard count <= maximumParameters else { throw .badRequest }
            self.pick(parameter)
        }
    }

    /// Every parameter in the order of the query, those known by name and duplicates included.
    var all: [(name: String, value: String)] {
        RawParameters(rest: self.raw).map { (String(Self.decoded($0.name)), String(Self.decoded($0.value))) }
    }

    private mutating func pick(_ parameter: RawParameters.Element) {
        switch Self.decoded(parameter.name) {
        case "EIO": self.revision = Self.decoded(parameter.value)
        case "transport": self.transport = Self.decoded(parameter.value)
        case "sid": self.sid = Self.decoded(parameter.value)
        case "b64": self.base64 = Self.decoded(parameter.value)
        case "j": self.jsonpIndex = Self.decoded(parameter.value)
        case "t": self.timestamp = Self.decoded(parameter.value)
        default: break
        }
    }

    private static func query(of target: String) -> Substring {
        let end = target.utf8.firstIndex(of: UInt8(ascii: "#")) ?? target.endIndex
        let withoutFragment = target[..<end]
        guard let mark = withoutFragment.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return withoutFragment[withoutFragment.utf8.index(after: mark)...]
    }
}

// MARK: - Decoding

extension Query {
    /// `+` and escapes undone; text without either stays a slice of the target, which allocates nothing.
    static func decoded(_ text: Substring) -> Substring {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"): bytes.append(Self.popEscape(from: &rest) ?? byte)
            default: bytes.append(byte)
            }
        }
        return Substring(decoding: bytes, as: UTF8.self)
    }

    /// The byte two hexadecimal digits stand for; nil, with nothing consumed, when there are none: `%` is then kept.
    private static func popEscape(from rest: inout Substring.UTF8View) -> UInt8? {
        let digits = rest.prefix(2)
        let values = digits.compactMap(Self.hexadecimalValue)
        guard values.count == 2 else { return nil }
        rest = rest.dropFirst(2)
        return values[0] << 4 | values[1]
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The pieces of a query between `&`, cut at their first `=`; empty pieces are none.
private struct RawParameters: Sequence, IteratorProtocol {
    var rest: Substring

    mutating func next() -> (name: Substring, value: Substring)? {
        while !self.rest.isEmpty {
            let piece = Self.popPiece(of: &self.rest, until: UInt8(ascii: "&"))
            guard !piece.isEmpty else { continue }
            var value = piece
            let name = Self.popPiece(of: &value, until: UInt8(ascii: "="))
            return (name, value)
        }
        return nil
    }

    /// What stands in front of the separator, which is taken too.
    private static func popPiece(of text: inout Substring, until separator: UInt8) -> Substring {
        let end = text.utf8.firstIndex(of: separator) ?? text.endIndex
        let piece = text[..<end]
        text = end == text.endIndex ? "" : text[text.utf8.index(after: end)...]
        return piece
    }
}
