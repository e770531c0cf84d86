/// Reads the `Forwarded` header (RFC 7239 §4).

/// What one proxy says of the request that it received.
struct ForwardedElement: Equatable {
    /// Who sent the request to the proxy.
    private(set) var node: String?
    private(set) var scheme: String?
    private(set) var host: String?

    /// Reads a line: one element for each proxy it went through, the nearest to the client first.
    ///
    /// - Returns: `nil` when the line breaks the grammar anywhere: with a quotation mark left open nobody can tell which
    ///   of its parts the client has written.
    static func elements(of line: String) -> [Self]? {
        var reader = Reader(bytes: Array(line.utf8))
        var elements: [Self] = []
        repeat {
            var element = Self()
            repeat {
                reader.skipBlanks()
                // Empty elements of a list are allowed (RFC 9110 §5.6.1.2), and so are empty parts of an element.
                guard !reader.isAtSeparator else { continue }
                guard let (name, value) = reader.pair(), element.add(value, as: name) else { return nil }
                reader.skipBlanks()
            } while reader.take(UInt8(ascii: ";"))
            if element != Self() { elements.append(element) }
        } while reader.take(UInt8(ascii: ","))
        return reader.isAtEnd ? elements : nil
    }

    /// - Returns: Whether the parameter is the first of its name.
    private mutating func add(_ value: String, as name: String) -> Bool {
        switch name {
        case "for": Self.set(&self.node, value)
        case "proto": Self.set(&self.scheme, value)
        case "host": Self.set(&self.host, value)
        default: true
        }
    }

    private static func set(_ parameter: inout String?, _ value: String) -> Bool {
        guard parameter == nil else { return false }
        parameter = value
        return true
    }
}

/// Takes tokens and quoted strings from a line.
private struct Reader {
    let bytes: [UInt8]
    private var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { self.index == self.bytes.count }

    var isAtSeparator: Bool { self.isAtEnd || self.current == UInt8(ascii: ";") || self.current == UInt8(ascii: ",") }

    private var current: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard self.current == byte else { return false }
        self.index += 1
        return true
    }

    mutating func skipBlanks() {
        while self.current == UInt8(ascii: " ") || self.current == UInt8(ascii: "\t") { self.index += 1 }
    }

    /// A name, in lower case, and a value.
    mutating func pair() -> (name: String, value: String)? {
        guard let name = self.token(), self.take(UInt8(ascii: "=")) else { return nil }
        guard let value = self.take(UInt8(ascii: "\"")) ? self.quotedRest() : self.token() else { return nil }
        return (name.lowercased(), value)
    }

    private mutating func token() -> String? {
        let start = self.index
        while let byte = self.current, Self.isTokenByte(byte) { self.index += 1 }
        return self.index > start ? String(decoding: self.bytes[start..<self.index], as: UTF8.self) : nil
    }

    /// What stands in front of the closing quotation mark.
    private mutating func quotedRest() -> String? {
        var value: [UInt8] = []
        while let byte = self.current {
            self.index += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            guard let escaped = self.current else { return nil }
            self.index += 1
            value.append(escaped)
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
