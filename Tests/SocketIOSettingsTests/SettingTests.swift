/// Values as environments and files have them, and the errors for those that cannot be read.
import Configuration
import Foundation
import HTTPTypes
import SocketIO
import SocketIOSettings
import Testing

@testable import EngineIO

@Suite struct SettingTests {
    private func configuration(_ values: [AbsoluteConfigKey: ConfigValue]) throws -> SocketIOConfiguration {
        try SocketIOConfiguration(config: ConfigReader(provider: InMemoryProvider(values: values)))
    }

    private func configuration(environment: [String: String]) throws -> SocketIOConfiguration {
        let provider = EnvironmentVariablesProvider(environmentVariables: environment)
        return try SocketIOConfiguration(config: ConfigReader(provider: provider).scoped(to: "socketio"))
    }

    // MARK: Sources

    @Test func `without values there are the defaults`() throws {
        let configuration = try self.configuration([:])
        #expect(configuration.port == 3000)
        #expect(configuration.engine.path == "/socket.io/")
        #expect(configuration.engine.cookie == nil)
    }

    @Test func `environment variables have the names of the keys`() throws {
        let configuration = try self.configuration(environment: [
            "SOCKETIO_PORT": "8080", "SOCKETIO_HOST": "::1", "SOCKETIO_THREADS": "2",
            "SOCKETIO_REMOVES_EMPTY_NAMESPACES": "yes", "SOCKETIO_DRAIN_DURATION": "1.5min",
            "SOCKETIO_ENGINE_PING_INTERVAL": "250ms", "SOCKETIO_ENGINE_TRANSPORTS": "websocket",
            "SOCKETIO_ENGINE_LIMITS_OUTBOX_BYTES": "1000", "SOCKETIO_ENGINE_COOKIE_NAME": "node",
            "SOCKETIO_ENGINE_CORS_ORIGINS": "same-origin, http://a.example", "PORT": "1",
        ])
        #expect(configuration.port == 8080)
        #expect(configuration.host == "::1")
        #expect(configuration.threads == 2)
        #expect(configuration.removesEmptyNamespaces)
        #expect(configuration.drainDuration == .seconds(90))
        #expect(configuration.engine.pingInterval == .milliseconds(250))
        #expect(configuration.engine.transports == [.webSocket])
        #expect(configuration.engine.limits.outboxBytes == 1000)
        #expect(configuration.engine.cookie == CookieConfiguration(name: "node"))
    }

    @Test func `files have types of their own`() async throws {
        let json = """
            {"socketio": {"port": 8080, "connectTimeout": 2, "acknowledgementTimeout": 0.25, "threads": "none",
                "allowsJoiningSocketRooms": true,
                "engine": {"transports": ["polling"], "allowsUpgrades": false, "pingTimeout": "2h",
                    "cors": {"methods": ["GET", "POST"], "exposedHeaders": [], "maxAge": 60}}}}
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString).json")
        try Data(json.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let place = InMemoryProvider(values: ["filePath": .init(.string(file.path()), isSecret: false)])
        let provider = try await FileProvider<JSONSnapshot>(config: ConfigReader(provider: place))
        let configuration = try SocketIOConfiguration(config: ConfigReader(provider: provider).scoped(to: "socketio"))
        #expect(configuration.port == 8080)
        #expect(configuration.connectTimeout == .seconds(2))
        #expect(configuration.acknowledgementTimeout == .milliseconds(250))
        #expect(configuration.threads == nil)
        #expect(configuration.allowsJoiningSocketRooms)
        #expect(configuration.engine.transports == [.polling])
        #expect(!configuration.engine.allowsUpgrades)
        #expect(configuration.engine.pingTimeout == .seconds(7200))
        #expect(configuration.engine.cors.methods == [.get, .post])
        #expect(configuration.engine.cors.exposedHeaders == [])
        #expect(configuration.engine.cors.maxAge == .seconds(60))
    }

    @Test func `what is set in code stays unless there is a value`() throws {
        var configuration = SocketIOConfiguration()
        configuration.host = "0.0.0.0"
        configuration.port = 1
        try configuration.apply(ConfigReader(provider: InMemoryProvider(values: ["port": 2])))
        #expect(configuration.host == "0.0.0.0")
        #expect(configuration.port == 2)
    }

    @Test func `empty text is no value`() throws {
        let configuration = try self.configuration(environment: [
            "SOCKETIO_PORT": "", "SOCKETIO_ENGINE_TRANSPORTS": "", "SOCKETIO_ENGINE_ALLOWS_UPGRADES": "",
        ])
        #expect(configuration.port == 3000)
        #expect(configuration.engine.transports == [.polling, .webSocket])
    }

    @Test func `the transports' configuration can be read alone`() throws {
        let provider = InMemoryProvider(values: ["pingInterval": 7, "livenessPath": "/healthz"])
        let configuration = try EngineIOConfiguration(config: ConfigReader(provider: provider))
        #expect(configuration.pingInterval == .seconds(7))
        #expect(configuration.livenessPath == "/healthz")
        #expect(configuration.path == "/engine.io/")
    }

    // MARK: Origins

    @Test(arguments: [
        ("*", "http://any.example", true), ("same-origin", "http://b.example", false),
        ("http://a.example", "http://a.example", true), ("http://a.example", "http://server.example", false),
        ("same-origin,http://a.example", "http://server.example", true),
        ("same-origin,http://a.example", "http://a.example", true),
    ])
    func `origins are listed, same-origin among them or not`(text: String, origin: String, isAllowed: Bool) throws {
        let configuration = try self.configuration(["engine.cors.origins": .init(.string(text), isSecret: false)])
        let policy = configuration.engine.cors.origins
        #expect(policy.allows(origin: origin, host: "server.example", isSecure: false) == isAllowed)
    }

    // MARK: Errors

    private static let unreadable: [(AbsoluteConfigKey, ConfigValue, String)] = [
        ("port", "http", #"port is "http", expected an integer"#),
        ("port", 1.5, "port is 1.5, expected an integer"),
        ("port", true, "port is true, expected an integer"),
        ("host", 5, "host is 5, expected text"),
        ("threads", "many", #"threads is "many", expected an integer, or none"#),
        (
            "engine.pingInterval", "soon",
            #"engine.pingInterval is "soon", expected a duration: seconds, or a number with ms, s, min, h or d"#
        ),
        (
            "drainDuration", "-1s",
            #"drainDuration is "-1s", expected a duration: seconds, or a number with ms, s, min, h or d"#
        ),
        ("engine.allowsUpgrades", "maybe", #"engine.allowsUpgrades is "maybe", expected true or false"#),
        (
            "engine.transports", .init(.stringArray(["polling", "pigeon"]), isSecret: false),
            #"engine.transports is ["polling", "pigeon"], expected a list of polling or websocket"#
        ),
        ("engine.transports", 3, "engine.transports is 3, expected a list of polling or websocket"),
        (
            "engine.cookie.sameSite", "lax",
            #"engine.cookie.sameSite is "lax", expected Strict, Lax or None, or none"#
        ),
        (
            "engine.cors.origins", "http://a.example/",
            #"engine.cors.origins is "http://a.example/", expected *, or a list of origins such as https://example.com, or same-origin"#
        ),
        (
            "engine.cors.origins", "*,http://a.example",
            #"engine.cors.origins is "*,http://a.example", expected *, or a list of origins such as https://example.com, or same-origin"#
        ),
        ("engine.cors.exposedHeaders", "a b", #"engine.cors.exposedHeaders is "a b", expected a list of header names"#),
    ]

    @Test(arguments: unreadable.indices)
    func `a value that cannot be read is an error that names key, value and what was expected`(index: Int) {
        let (key, value, message) = Self.unreadable[index]
        let error = #expect(throws: UnreadableSetting.self) { try self.configuration([key: value]) }
        #expect(error?.description == message)
        #expect(error?.key == key.description)
    }

    @Test(arguments: ["nan", "inf", "1e30", "1e400s", "5 s", "s", "1w", "--1", "1.2.3s", "٣s", "999999999999999d"])
    func `what is no duration is refused, and traps nothing`(text: String) {
        #expect(throws: UnreadableSetting.self) {
            try self.configuration(["connectTimeout": .init(.string(text), isSecret: false)])
        }
    }

    @Test(arguments: [
        ("0.5", Duration.milliseconds(500)), ("1500ms", .milliseconds(1500)), ("0.001ms", .microseconds(1)),
        ("2", .seconds(2)), ("2s", .seconds(2)), ("1.5min", .seconds(90)), ("1h", .seconds(3600)),
        ("1d", .seconds(86_400)),
    ])
    func `durations have units`(text: String, duration: Duration) throws {
        #expect(
            try self.configuration(["connectTimeout": .init(.string(text), isSecret: false)]).connectTimeout == duration
        )
    }

    @Test func `a long value is shortened, and escaped`() {
        let text = "\u{1B}[31m" + String(repeating: "x", count: 1000)
        let error = #expect(throws: UnreadableSetting.self) {
            try self.configuration(["port": .init(.string(text), isSecret: false)])
        }
        #expect(error?.found.count ?? 0 < 80)
        #expect(error?.found.contains("\u{1B}") == false)
        #expect(error?.found.hasSuffix("…") == true)
    }

    @Test func `a value without sense is an error as it is in code`() {
        let error = #expect(throws: SocketIOError.self) { try self.configuration(["engine.limits.sessions": 0]) }
        #expect(error?.message.hasPrefix("engine.limits.sessions is 0, expected") == true)
        #expect(throws: EngineIOError.self) {
            try EngineIOConfiguration(config: ConfigReader(provider: InMemoryProvider(values: ["path": "nowhere"])))
        }
    }
}
