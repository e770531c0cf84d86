/// Flags, environment variables and defaults.
import ArgumentParser
import EngineIO
import Logging
import SocketIO
import Testing

@testable import ChatApp

@Suite struct ChatSettingsTests {
    private func settings(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> ChatSettings {
        try ChatSettings(try ChatOptions.parse(arguments), environment: { environment[$0] })
    }

    private func message(_ arguments: [String] = [], _ environment: [String: String] = [:]) -> String? {
        do {
            _ = try self.settings(arguments, environment)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `defaults are those of the original`() throws {
        let settings = try self.settings()
        #expect(settings.host == "0.0.0.0")
        #expect(settings.port == 5050)
        #expect(settings.templates == "templates")
        #expect(settings.temporaryLifetime == .seconds(10))
        #expect(settings.cleanupInterval == .seconds(5))
        #expect(settings.avatarURL == "https://avatar.iran.liara.run/public")
        #expect(settings.logLevel == .info)
        #expect(settings.logFile == "app.log")
        #expect(settings.allowedOrigins == [])
        #expect(settings.trustedProxies == [])
        #expect(settings.pingInterval == .seconds(25))
        #expect(settings.pingTimeout == .seconds(20))
        #expect(settings.threads == nil)
        #expect(settings.drainDuration == .zero)
        #expect(!settings.hasHealthEndpoints)
    }

    @Test(arguments: [
        ([], "", false), (["--health-endpoints"], "", true), ([], "yes", true), ([], "0", false), ([], "ON", true),
        (["--no-health-endpoints"], "yes", false), (["--health-endpoints"], "no", true),
    ])
    func `health endpoints are asked for by a flag or a variable`(
        arguments: [String],
        variable: String,
        isOn: Bool
    ) throws {
        let settings = try self.settings(arguments, ["CHAT_HEALTH_ENDPOINTS": variable])
        #expect(settings.hasHealthEndpoints == isOn)
        #expect(settings.server.engine.livenessPath == (isOn ? "/healthz" : nil))
        #expect(settings.server.engine.readinessPath == (isOn ? "/readyz" : nil))
    }

    @Test func `a variable that is neither yes nor no is an error`() {
        let message = self.message([], ["CHAT_HEALTH_ENDPOINTS": "maybe"])
        #expect(message == #"CHAT_HEALTH_ENDPOINTS is "maybe", expected yes or no"#)
    }

    /// Each option: its flag, a value, and how the settings show it.
    private static let options: [(flag: String, text: String, value: @Sendable (ChatSettings) -> String)] = [
        ("--host", "::1", { $0.host }),
        ("--port", "0", { "\($0.port)" }),
        ("--templates", "pages", { $0.templates }),
        ("--temp-ttl", "0.5", { "\($0.temporaryLifetime / .milliseconds(1) / 1000)" }),
        ("--cleanup-interval", "0.001", { "\($0.cleanupInterval / .milliseconds(1) / 1000)" }),
        ("--avatar-url", "http://localhost:1/a", { $0.avatarURL }),
        ("--log-level", "trace", { $0.logLevel.rawValue }),
        ("--log-file", "/var/log/chat", { $0.logFile }),
        ("--allowed-origin", "http://localhost:8080", { $0.allowedOrigins.joined() }),
        ("--trusted-proxy", "10.0.0.0/8", { $0.trustedProxies.joined() }),
        ("--ping-interval", "1.25", { "\($0.pingInterval / .milliseconds(1) / 1000)" }),
        ("--ping-timeout", "2.5", { "\($0.pingTimeout / .milliseconds(1) / 1000)" }),
        ("--threads", "3", { "\($0.threads ?? 0)" }),
        ("--drain-duration", "2.5", { "\($0.drainDuration / .milliseconds(1) / 1000)" }),
    ]

    private static func variable(of flag: String) -> String {
        "CHAT_" + flag.dropFirst(2).uppercased().split(separator: "-").joined(separator: "_")
    }

    @Test(arguments: options.indices)
    func `each option is a flag and a variable`(index: Int) throws {
        let (flag, text, value) = Self.options[index]
        #expect(value(try self.settings()) != text)
        #expect(value(try self.settings([flag, text])) == text)
        #expect(value(try self.settings([], [Self.variable(of: flag): text])) == text)
    }

    @Test(arguments: options.indices)
    func `a flag wins over a variable, whatever that says`(index: Int) throws {
        let (flag, text, value) = Self.options[index]
        #expect(value(try self.settings([flag, text], [Self.variable(of: flag): "no sense"])) == text)
    }

    @Test func `a variable without text is not set`() throws {
        #expect(try self.settings([], ["CHAT_PORT": "", "CHAT_ALLOWED_ORIGIN": ""]).port == 5050)
    }

    @Test func `an avatar address loses the slash at its end`() throws {
        #expect(try self.settings(["--avatar-url", "https://a.example/p/"]).avatarURL == "https://a.example/p")
    }

    @Test(arguments: [
        ("--port", "x"), ("--port", "65536"), ("--port", "1.5"), ("--port", ""), ("--threads", "1025"),
        ("--temp-ttl", "0"), ("--temp-ttl", "nan"), ("--temp-ttl", "inf"), ("--temp-ttl", "1e9"), ("--temp-ttl", "5s"),
        ("--cleanup-interval", "0.0001"), ("--ping-interval", ""), ("--ping-timeout", "ten"), ("--log-level", "loud"),
        ("--log-file", ""), ("--host", ""), ("--templates", ""), ("--avatar-url", "ftp://a.example"),
        ("--avatar-url", "https://"), ("--avatar-url", "https://a b"), ("--allowed-origin", "a.example"),
        ("--allowed-origin", "https://a.example/"), ("--allowed-origin", "null"),
        ("--allowed-origin", "https://*.example"), ("--allowed-origin", "https://"), ("--trusted-proxy", "localhost"),
        ("--trusted-proxy", "10.0.0.0/33"), ("--trusted-proxy", ""), ("--trusted-proxy", "10.0.0.1,10.0.0.2"),
    ])
    func `a value without sense is an error that names the flag`(flag: String, text: String) throws {
        let message = try #require(self.message([flag, text]))
        #expect(message.hasPrefix("\(flag) is \"\(text)\", expected "))
    }

    @Test func `a variable without sense is an error that names the variable`() {
        #expect(self.message([], ["CHAT_PORT": "http"]) == #"CHAT_PORT is "http", expected 0 to 65535"#)
        let origins = self.message([], ["CHAT_ALLOWED_ORIGIN": "https://a.example,b"])
        #expect(origins == #"CHAT_ALLOWED_ORIGIN is "b", expected an origin such as https://example.com, or *"#)
    }

    @Test func `unknown options and arguments are errors`() {
        #expect(self.message(["--prot", "1"]) != nil)
        #expect(self.message(["5050"]) != nil)
    }

    // MARK: Origins

    @Test func `several origins come from repeated flags, or from a variable with commas`() throws {
        let expected = ["https://a.example", "http://b.example:81"]
        let flags = ["--allowed-origin", "https://a.example", "--allowed-origin", "http://b.example:81"]
        #expect(try self.settings(flags).allowedOrigins == expected)
        let variable = ["CHAT_ALLOWED_ORIGIN": " https://a.example ,http://b.example:81"]
        #expect(try self.settings([], variable).allowedOrigins == expected)
        #expect(try self.settings(["--allowed-origin", "*"], variable).allowedOrigins == ["*"])
    }

    @Test func `several proxies come from repeated flags, or from a variable with commas`() throws {
        let flags = ["--trusted-proxy", "10.0.0.1", "--trusted-proxy", "fd00::/8"]
        #expect(try self.settings(flags).trustedProxies == ["10.0.0.1", "fd00::/8"])
        let variable = ["CHAT_TRUSTED_PROXY": "10.0.0.1, fd00::/8"]
        #expect(try self.settings([], variable).trustedProxies == ["10.0.0.1", "fd00::/8"])
        #expect(try self.settings(["--trusted-proxy", "::1"], variable).trustedProxies == ["::1"])
    }

    @Test func `the server gets what was set`() throws {
        let arguments = "--host ::1 --port 7 --threads 2 --ping-interval 1.5 --ping-timeout 0.5 --trusted-proxy ::1"
        let configuration = try self.settings(arguments.split(separator: " ").map(String.init)).server
        #expect(configuration.host == "::1")
        #expect(configuration.port == 7)
        #expect(configuration.threads == 2)
        #expect(configuration.engine.pingInterval == .milliseconds(1500))
        #expect(configuration.engine.pingTimeout == .milliseconds(500))
        #expect(configuration.engine.trustedProxies == ["::1"])
        try configuration.validate()
    }
}
