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
    /// Whether the client cannot read binary data: `b64` with any value, as in Node.
    private(set) var asksForBase64 = false
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
        var isTooLong = false
        self.raw.utf8.withContiguousBytes { bytes in
            var parameters = RawParameters(bytes)
            var count = 0
            while !isTooLong, let parameter = parameters.next() {
                self.pick(parameter, bytes)
                count += 1
                isTooLong = count > maximumParameters
            }
        }
        guard !isTooLong else { throw .badRequest }
    }

    /// Every parameter in the order of the query, those known by name and duplicates included.
    var all: [(name: String, value: String)] {
        self.raw.utf8.withContiguousBytes { bytes in
            RawParameters(bytes).map { (String(self.text($0.name, bytes)), String(self.text($0.value, bytes))) }
        }
    }

    private mutating func pick(_ parameter: RawParameter, _ bytes: UnsafeBufferPointer<UInt8>) {
        let name = self.text(parameter.name, bytes)
        // Lengths first: most comparisons end there.
        switch (name.utf8.count, name) {
        case (3, "EIO"): self.revision = self.text(parameter.value, bytes)
        case (9, "transport"): self.transport = self.text(parameter.value, bytes)
        case (3, "sid"): self.sid = self.text(parameter.value, bytes)
        case (3, "b64"): self.asksForBase64 = !self.text(parameter.value, bytes).isEmpty
        default: break
        }
    }

    /// The text of a piece, decoded; text without escapes is a slice of the target, which allocates nothing.
    private func text(_ piece: RawParameter.Piece, _ bytes: UnsafeBufferPointer<UInt8>) -> Substring {
        guard !piece.isEscaped else { return Self.decoded(bytes[piece.range]) }
        let start = self.raw.utf8.index(self.raw.startIndex, offsetBy: piece.range.lowerBound)
        return self.raw[start..<self.raw.utf8.index(start, offsetBy: piece.range.count)]
    }

    private static func query(of target: String) -> Substring {
        var target = target
        target.makeContiguousUTF8()
        let range = target[...].utf8.withContiguousBytes { bytes in
            let end = bytes.firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
            return (bytes[..<end].firstIndex(of: UInt8(ascii: "?")) ?? end - 1) + 1..<end
        }
        let start = target.utf8.index(target.startIndex, offsetBy: range.lowerBound)
        return target[start..<target.utf8.index(start, offsetBy: range.count)]
    }
}

// MARK: - Decoding

extension Query {
    /// `+` and escapes undone.
    private static func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Substring {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
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
    private static func popEscape(from rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt8? {
        let digits = rest.prefix(2).compactMap(Self.hexadecimalValue)
        guard digits.count == 2 else { return nil }
        rest = rest.dropFirst(2)
        return digits[0] << 4 | digits[1]
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

/// What stands between two `&`, cut at its first `=`.
private struct RawParameter {
    struct Piece {
        var range: Range<Int>
        var isEscaped = false
    }

    var name: Piece
    var value: Piece
}

/// The parameters of a query; nothing between two `&` is none.
private struct RawParameters: Sequence, IteratorProtocol {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func next() -> RawParameter? {
        while self.index < self.bytes.count {
            let name = self.popPiece(isName: true)
            let hasValue = self.pop(UInt8(ascii: "="))
            let value = self.popPiece(isName: false)
            _ = self.pop(UInt8(ascii: "&"))
            if hasValue || !name.range.isEmpty { return RawParameter(name: name, value: value) }
        }
        return nil
    }

    /// Takes what stands in front of the next `&`, or of the next `=` too when it is a name.
    private mutating func popPiece(isName: Bool) -> RawParameter.Piece {
        var piece = RawParameter.Piece(range: self.index..<self.index)
        while self.index < self.bytes.count {
            let byte = self.bytes[self.index]
            guard byte != UInt8(ascii: "&"), !isName || byte != UInt8(ascii: "=") else { break }
            piece.isEscaped = piece.isEscaped || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+")
            self.index += 1
        }
        piece.range = piece.range.lowerBound..<self.index
        return piece
    }

    private mutating func pop(_ separator: UInt8) -> Bool {
        guard self.index < self.bytes.count, self.bytes[self.index] == separator else { return false }
        self.index += 1
        return true
    }
}

extension Substring.UTF8View {
    /// The bytes in place; a copy for strings that are not stored as UTF-8, which only other platforms have.
    fileprivate func withContiguousBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        self.withContiguousStorageIfAvailable(body) ?? Array(self).withUnsafeBufferPointer(body)
    }
}
