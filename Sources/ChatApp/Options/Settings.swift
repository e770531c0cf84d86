/// All settings of the chat, with their defaults.
import EngineIO
import Logging

/// The settings, by the names of their flags.
enum Settings {
    static let host = Setting("host", default: "0.0.0.0", expected: "an address or a name", parse: Parse.text)
    static let port = Setting("port", default: "5050", expected: "0 to 65535", parse: Parse.integer(0...65_535))
    static let templates = Setting("templates", default: "templates", expected: "a folder", parse: Parse.text)
    static let temporaryLifetime = duration("temp-ttl", default: "10")
    static let cleanupInterval = duration("cleanup-interval", default: "5")
    static let avatarURL = Setting(
        "avatar-url",
        default: "https://avatar.iran.liara.run/public",
        expected: "a URL that begins with http:// or https://",
        parse: Parse.url
    )
    static let logLevel = Setting(
        "log-level",
        default: "info",
        expected: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "),
        parse: { Logger.Level(rawValue: $0) }
    )
    static let logFile = Setting("log-file", default: "app.log", expected: "a file", parse: Parse.text)
    static let allowedOrigin = Setting(
        "allowed-origin",
        default: "",
        expected: "an origin such as https://example.com, or *",
        parse: Parse.origin
    )
    static let trustedProxy = Setting(
        "trusted-proxy",
        default: "",
        expected: "an address, or a block of them such as 10.0.0.0/8",
        parse: { EngineIOConfiguration.isAddressBlock($0) ? $0 : nil }
    )
    static let pingInterval = duration("ping-interval", default: "25")
    static let pingTimeout = duration("ping-timeout", default: "20")
    static let threads = Setting("threads", default: "0", expected: "0 to 1024", parse: Parse.integer(0...1024))
    static let drainDuration = Setting(
        "drain-duration",
        default: "0",
        expected: "a number of seconds, 0 to a year",
        parse: { $0 == "0" ? .zero : Parse.seconds($0) }
    )
    static let healthEndpoints = Setting("health-endpoints", default: "no", expected: "yes or no", parse: Parse.truth)

    private static func duration(_ name: String, default text: String) -> Setting<Duration> {
        let expected = "a number of seconds, more than 0 and at most a year"
        return Setting(name, default: text, expected: expected, parse: Parse.seconds)
    }
}

/// Turns texts into values; nothing when they make no sense.
enum Parse {
    private static let longest = 365.0 * 86_400

    @Sendable
    static func text(_ text: String) -> String? { text.isEmpty ? nil : text }

    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) -> Int? {
        { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    @Sendable
    static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "on", "1": true
        case "no", "false", "off", "0": false
        default: nil
        }
    }

    /// Seconds, also fractions of them.
    ///
    /// The least is a millisecond: less would be a busy loop.
    @Sendable
    static func seconds(_ text: String) -> Duration? {
        guard let seconds = Double(text), seconds >= 0.001, seconds <= Self.longest else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// A URL that a path can be appended to: without the slash at its end.
    @Sendable
    static func url(_ text: String) -> String? {
        guard let rest = Self.afterScheme(text), !rest.isEmpty else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// `*`, or scheme, host and maybe port: browsers send neither path nor slash, so that an origin which has one would
    /// never match, and neither would one with a wildcard inside.
    @Sendable
    static func origin(_ text: String) -> String? {
        if text == "*" { return text }
        guard let rest = Self.afterScheme(text), !rest.isEmpty, !rest.contains(where: { $0 == "/" || $0 == "*" }) else {
            return nil
        }
        return text
    }

    private static func afterScheme(_ text: String) -> Substring? {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return ["http://", "https://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) }
    }
}
