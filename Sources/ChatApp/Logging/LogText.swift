/// Makes text that somebody else chose harmless in a log: one line, bounded, nothing that a terminal obeys.

/// Escapes and shortens text for a line of the log.
enum LogText {
    /// The most characters of one value.
    static let valueLimit = 200
    /// The most characters of a line's message.
    static let messageLimit = 1000

    /// Text without control characters.
    static func plain(_ text: String, limit: Int = LogText.messageLimit) -> String {
        Self.shortened(text, limit: limit) { Self.isUnsafe($0) ? Self.escaped($0) : nil }
    }

    /// Text in quotation marks, which cannot be ended from inside.
    static func quoted(_ text: String) -> String {
        let content = Self.shortened(text, limit: Self.valueLimit) { scalar in
            if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
            return Self.isUnsafe(scalar) ? Self.escaped(scalar) : nil
        }
        return "\"\(content)\""
    }

    /// A value as it stands behind its key: quoted, unless it is a plain word.
    static func value(_ text: String) -> String {
        let isWord = !text.isEmpty && text.utf8.count <= Self.valueLimit && text.utf8.allSatisfy(Self.isWordByte)
        return isWord ? text : Self.quoted(text)
    }

    private static func shortened(
        _ text: String,
        limit: Int,
        replacing replacement: (Unicode.Scalar) -> String?
    ) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < limit else { return result + "…" }
            if let replacement = replacement(scalar) {
                result += replacement
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether a character may not be written as it is: control characters start new lines or talk to the terminal,
    /// format characters turn text around or hide it.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_./:#@+".utf8.contains(byte)
        }
    }
}
