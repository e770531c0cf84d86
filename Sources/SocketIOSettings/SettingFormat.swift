/// How values are written in a configuration, and what they mean.

/// Turns what was found into a value of a property.
struct SettingFormat<Value: Sendable>: Sendable {
    /// What is expected, for who wrote something else.
    let expected: String
    let preference: FoundValue.Preference
    /// Gives nothing when it makes no sense.
    let parse: @Sendable (FoundValue) -> Value?

    init(_ expected: String, as preference: FoundValue.Preference, parse: @escaping @Sendable (FoundValue) -> Value?) {
        self.expected = expected
        self.preference = preference
        self.parse = parse
    }

    /// A format of text alone.
    static func text(_ expected: String, parse: @escaping @Sendable (String) -> Value?) -> Self {
        Self(expected, as: .text) { found in
            guard case .text(let text) = found else { return nil }
            return parse(text)
        }
    }

    /// The same format with the word `none` for no value.
    var orNone: SettingFormat<Value?> {
        let parse = self.parse
        return SettingFormat<Value?>("\(self.expected), or none", as: self.preference) { found -> Value?? in
            switch found {
            case .text("none"), .list(["none"]): .some(nil)
            default: parse(found).map(Optional.some)
            }
        }
    }
}

extension SettingFormat<String> {
    static let text = Self.text("text") { $0 }
}

extension SettingFormat<Int> {
    static let integer = Self("an integer", as: .number) { found in
        switch found {
        case .integer(let integer): integer
        case .text(let text): Int(text)
        default: nil
        }
    }
}

extension SettingFormat<Double> {
    static let number = Self("a number", as: .number) { found in
        switch found {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        case .text(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }
}

extension SettingFormat<Bool> {
    static let truth = Self("true or false", as: .truth) { found in
        switch found {
        case .truth(let truth): truth
        case .text(let text): Self.words[text.lowercased()]
        default: nil
        }
    }

    private static let words = ["true": true, "yes": true, "1": true, "false": false, "no": false, "0": false]
}

extension SettingFormat<Duration> {
    /// Seconds, or a number with a unit.
    static let duration = Self("a duration: seconds, or a number with ms, s, min, h or d", as: .number) { found in
        switch found {
        case .integer(let seconds): Self.duration(Double(seconds), milliseconds: 1000)
        case .number(let seconds): Self.duration(seconds, milliseconds: 1000)
        case .text(let text): Self.duration(text)
        default: nil
        }
    }

    private static let units = ["": 1000.0, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]

    private static func duration(_ text: String) -> Duration? {
        let number = text.prefix { $0.isNumber || $0 == "." }
        guard let unit = Self.units[String(text.dropFirst(number.count))], let count = Double(number) else {
            return nil
        }
        return Self.duration(count, milliseconds: unit)
    }

    /// Durations have whole microseconds, which no double that is used here blurs.
    private static func duration(_ count: Double, milliseconds unit: Double) -> Duration? {
        let microseconds = (count * unit * 1000).rounded()
        guard microseconds >= 0, microseconds < 1e18 else { return nil }
        return .microseconds(Int64(microseconds))
    }
}

extension SettingFormat {
    /// One of several names.
    static func choice(_ choices: KeyValuePairs<String, Value>) -> Self {
        let names = choices.map(\.key)
        let expected =
            names.count < 2 ? names.joined() : "\(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
        let values = choices.map(\.value)
        return .text(expected) { text in names.firstIndex(of: text).map { values[$0] } }
    }

    /// A list, in text separated by commas.
    static func list<Element: Sendable>(
        of element: SettingFormat<Element>,
        _ expected: String? = nil,
        make: @escaping @Sendable ([Element]) -> Value?
    ) -> Self {
        let expected = expected ?? "a list of \(element.expected)"
        return Self(expected, as: .list) { found in
            let parts: [String]
            switch found {
            case .list(let list): parts = list
            case .text(let text): parts = text.split(separator: ",").map { String($0.drop { $0 == " " }) }
            default: return nil
            }
            let elements = parts.compactMap { element.parse(.text($0)) }
            return elements.count == parts.count ? make(elements) : nil
        }
    }
}
