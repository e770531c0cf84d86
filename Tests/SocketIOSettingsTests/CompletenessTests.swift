/// Every property has a key, every key sets its own property, and the documentation knows them all.
import Configuration
import EngineIO
import Foundation
import SocketIO
import Testing

@testable import SocketIOSettings

@Suite struct CompletenessTests {
    private static let keys = SocketIOConfiguration.settings.map(\.key)

    /// Texts of which each key takes one that is not its default.
    private static let samples = [
        "17", "17s", "true", "false", "/seventeen", "seventeen", "http://a.example", "polling", "GET", "x-seventeen",
        "None",
        "messagePack", "200", "Low", "close", "forwarded", "dropOldestVolatile",
    ]

    /// The defaults, with what is optional and has properties of its own.
    private static func complete() -> SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.engine.cookie = CookieConfiguration()
        configuration.engine.perMessageDeflate = PerMessageDeflate()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        configuration.limits.eventsPerSecond = RateLimit(1000)
        configuration.limits.bytesPerSecond = RateLimit(1000)
        return configuration
    }

    private static func dump(_ configuration: SocketIOConfiguration) -> ValueDump {
        ValueDump(of: configuration, keys: Set(Self.keys))
    }

    @Test func `no key is there twice`() {
        #expect(Set(Self.keys).count == Self.keys.count)
    }

    @Test func `every property has a key, unless it is code`() {
        let dump = Self.dump(Self.complete())
        let withoutKey = Set(SocketIOConfiguration.propertiesWithoutKey)
        // The files are what the client's folder has; no application can set them.
        let missing = Set(dump.values.keys).subtracting(Self.keys).subtracting(withoutKey)
            .subtracting(["engine.files"]).sorted()
        #expect(missing == [], "add a setting, and a line to the documentation of init(config:), for each of these")
        #expect(dump.code.isSubset(of: withoutKey))
        #expect(withoutKey.isSubset(of: dump.code.union(dump.values.keys)))
    }

    @Test(arguments: keys)
    func `a key sets its own property and no other`(key: String) throws {
        let before = Self.dump(Self.complete())
        var found: [String]?
        for sample in Self.samples where found == nil {
            let provider = InMemoryProvider(values: [
                AbsoluteConfigKey(ConfigKey(key).components): .init(.string(sample), isSecret: false)
            ])
            var configuration = Self.complete()
            guard (try? configuration.apply(ConfigReader(provider: provider))) != nil else { continue }
            let differences = Self.dump(configuration).differences(from: before)
            if !differences.isEmpty { found = differences }
        }
        #expect(found == [key], "add a text that the key takes to the samples if there is none")
    }

    // MARK: The documentation

    /// A key as the documentation has it.
    private struct Line {
        var key: String
        var defaultText: String?
    }

    private static func documentation(of name: String) throws -> [Line] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Sources/SocketIOSettings/\(name)+Settings.swift")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard let match = line.wholeMatch(of: /\ *\/\/\/ - `([A-Za-z0-9.]+)`.*/) else { return nil }
            let text = line.firstMatch(of: /default `([^`]*)`/).map { String($0.1) }
            return Line(key: String(match.1), defaultText: text)
        }
    }

    private static func lines() throws -> [Line] {
        try self.documentation(of: "EngineIOConfiguration").map { line in
            Line(key: "engine." + line.key, defaultText: line.defaultText)
        } + self.documentation(of: "SocketIOConfiguration").filter { $0.key != "engine" }
    }

    @Test func `the documentation lists every key once`() throws {
        let documented = try Self.lines().map(\.key)
        #expect(documented.sorted() == Self.keys.sorted())
        #expect(documented.count > 40)
    }

    @Test func `the documented defaults are the defaults`() throws {
        let before = Self.dump(Self.complete())
        for line in try Self.lines() {
            guard let text = line.defaultText else { continue }
            // The one property whose default depends on the server.
            let value = line.key == "engine.path" ? "/socket.io/" : text
            let provider = InMemoryProvider(values: [
                AbsoluteConfigKey(ConfigKey(line.key).components): .init(.string(value), isSecret: false)
            ])
            var configuration = Self.complete()
            try configuration.apply(ConfigReader(provider: provider))
            #expect(Self.dump(configuration).differences(from: before) == [], "\(line.key)")
        }
    }

    @Test func `the documentation names what has no key`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Sources/SocketIOSettings/EngineIOConfiguration+Settings.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let paragraph = try #require(text.components(separatedBy: "Without a key").dropFirst().first)
        let comment = paragraph.components(separatedBy: "- Parameter")[0]
        for name in EngineIOConfiguration.propertiesWithoutKey { #expect(comment.contains("`\(name)`")) }
    }
}
