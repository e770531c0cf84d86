/// One value that can be set: its names, its default, and which texts are sensible.

/// A setting with a flag and an environment variable of the same name.
struct Setting<Value: Sendable>: Sendable {
    /// The flag's name without its dashes.
    let name: String
    let defaultText: String
    /// What is expected, for who gave something else.
    let expected: String
    private let parse: @Sendable (String) -> Value?

    init(_ name: String, default text: String, expected: String, parse: @escaping @Sendable (String) -> Value?) {
        self.name = name
        self.defaultText = text
        self.expected = expected
        self.parse = parse
    }

    var flag: String { "--\(self.name)" }

    /// The environment variable: `CHAT_TEMP_TTL` for `temp-ttl`.
    var variable: String { "CHAT_" + self.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

    /// The flag's value, else the variable's, else the default.
    ///
    /// A variable without text counts as not set.
    func value(flag text: String?, environment: EnvironmentLookup) throws(SettingError) -> Value {
        if let text { return try self.parse(text, from: self.flag) }
        if let text = environment(self.variable), !text.isEmpty { return try self.parse(text, from: self.variable) }
        return try self.parse(self.defaultText, from: self.flag)
    }

    /// The values of the flags, else those of the variable, which are separated by commas.
    func values(flags: [String], environment: EnvironmentLookup) throws(SettingError) -> [Value] {
        let listed = (environment(self.variable) ?? "").split(separator: ",").map { PythonText.strip(String($0)) }
        let source = flags.isEmpty ? self.variable : self.flag
        var values: [Value] = []
        for text in flags.isEmpty ? listed : flags { values.append(try self.parse(text, from: source)) }
        return values
    }

    /// Checks one text.
    ///
    /// - Parameter source: Where it was found: the flag or the variable.
    func parse(_ text: String, from source: String) throws(SettingError) -> Value {
        if let value = self.parse(text) { return value }
        throw SettingError(message: "\(source) is \(LogText.quoted(text)), expected \(self.expected)")
    }
}

/// Looks up an environment variable.
typealias EnvironmentLookup = (_ name: String) -> String?

/// A value that makes no sense.
struct SettingError: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}
