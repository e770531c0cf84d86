/// Reads the values of the headers that open a WebSocket (RFC 6455 §4.1).

/// Takes a header's value apart; blanks may stand between any two parts.
struct HeaderScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        self.rest = text[...].utf8
        self.skipBlanks()
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    mutating func take(_ character: UInt8) -> Bool {
        guard self.rest.first == character else { return false }
        self.rest.removeFirst()
        self.skipBlanks()
        return true
    }

    mutating func takeToken() -> String? {
        let token = self.rest.prefix(while: \.isTokenCharacter)
        guard !token.isEmpty else { return nil }
        self.rest = self.rest[token.endIndex...]
        self.skipBlanks()
        return String(decoding: token, as: UTF8.self)
    }

    /// A quoted string, which must be a token once it is unquoted.
    mutating func takeQuotedToken() -> String? {
        guard self.rest.first == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        var isEscaped = false
        for index in self.rest.indices.dropFirst() {
            let byte = self.rest[index]
            switch byte {
            case UInt8(ascii: "\\") where !isEscaped: isEscaped = true
            case UInt8(ascii: "\"") where !isEscaped:
                self.rest = self.rest[self.rest.index(after: index)...]
                self.skipBlanks()
                return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
            default:
                guard byte.isTokenCharacter else { return nil }
                isEscaped = false
                text.append(byte)
            }
        }
        return nil
    }

    private mutating func skipBlanks() {
        self.rest = self.rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
