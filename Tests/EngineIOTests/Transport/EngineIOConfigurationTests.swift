/// The defaults, and the values that make no sense.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

@Suite struct EngineIOConfigurationTests {
    /// A change that makes a configuration senseless, and the option the error must name.
    struct Fault: Sendable, CustomTestStringConvertible {
        var option: String
        var change: @Sendable (inout EngineIOConfiguration) -> Void

        var testDescription: String { self.option }

        init(_ option: String, _ change: @escaping @Sendable (inout EngineIOConfiguration) -> Void) {
            self.option = option
            self.change = change
        }

        static let all = [
            Fault("pingInterval") { $0.pingInterval = .zero },
            Fault("pingInterval") { $0.pingInterval = .seconds(-1) },
            Fault("pingTimeout") { $0.pingTimeout = .zero },
            Fault("pingTimeout") { $0.pingTimeout = .seconds(86_400 * 366) },
            Fault("upgradeTimeout") { $0.upgradeTimeout = .zero },
            Fault("maximumPayloadBytes") { $0.maximumPayloadBytes = 0 },
            Fault("maximumPayloadBytes") { $0.maximumPayloadBytes = .max },
            Fault("path") { $0.path = "" },
            Fault("path") { $0.path = "engine.io/" },
            Fault("transports") { $0.transports = [] },
            Fault("compressionThreshold") { $0.compressionThreshold = -1 },
            Fault("perMessageDeflate.threshold") { $0.perMessageDeflate = .changed { $0.threshold = -1 } },
            Fault("perMessageDeflate.level") { $0.perMessageDeflate = .changed { $0.level = 0 } },
            Fault("perMessageDeflate.level") { $0.perMessageDeflate = .changed { $0.level = 10 } },
            Fault("perMessageDeflate.memoryLevel") { $0.perMessageDeflate = .changed { $0.memoryLevel = 0 } },
            Fault("perMessageDeflate.memoryLevel") { $0.perMessageDeflate = .changed { $0.memoryLevel = 10 } },
            Fault("perMessageDeflate.serverMaxWindowBits") { configuration in
                configuration.perMessageDeflate = .changed { $0.serverMaxWindowBits = 8 }
            },
            Fault("perMessageDeflate.clientMaxWindowBits") { configuration in
                configuration.perMessageDeflate = .changed { $0.clientMaxWindowBits = 16 }
            },
            Fault("livenessPath") { $0.livenessPath = "" },
            Fault("livenessPath") { $0.livenessPath = "healthz" },
            Fault("livenessPath") { $0.livenessPath = "/health z" },
            Fault("livenessPath") { $0.livenessPath = "/health?" },
            Fault("readinessPath") { $0.readinessPath = "/engine.io/readyz" },
            Fault("readinessPath") { configuration in
                configuration.livenessPath = "/healthz"
                configuration.readinessPath = "/healthz"
            },
            Fault("limits.sessions") { $0.limits.sessions = 0 },
            Fault("limits.connections") { $0.limits.connections = -1 },
            Fault("limits.packetsPerPayload") { $0.limits.packetsPerPayload = 0 },
            Fault("limits.packetsPerPoll") { $0.limits.packetsPerPoll = 1 },
            Fault("limits.outboxBytes") { $0.limits.outboxBytes = 0 },
            Fault("outboxHighWaterMark") { $0.outboxHighWaterMark = 0 },
            Fault("outboxLowWaterMark") { $0.outboxLowWaterMark = -1 },
            Fault("outboxLowWaterMark") { $0.outboxLowWaterMark = $0.outboxHighWaterMark + 1 },
            Fault("limits.fragmentsPerMessage") { $0.limits.fragmentsPerMessage = 0 },
            Fault("limits.headerBytes") { $0.limits.headerBytes = 0 },
            Fault("limits.headerCount") { $0.limits.headerCount = 0 },
            Fault("limits.headTimeout") { $0.limits.headTimeout = .zero },
            Fault("limits.bodyTimeout") { $0.limits.bodyTimeout = .zero },
            Fault("limits.closingTimeout") { $0.limits.closingTimeout = .zero },
            Fault("limits.closeHandshakeTimeout") { $0.limits.closeHandshakeTimeout = .zero },
            Fault("limits.connectionsWithoutHandshake") { $0.limits.connectionsWithoutHandshake = 0 },
            Fault("limits.connectionsPerAddress") { $0.limits.connectionsPerAddress = 0 },
            Fault("limits.openRequestsPerAddress") { $0.limits.openRequestsPerAddress = -1 },
            Fault("limits.handshakesPerSecondPerAddress") { $0.limits.handshakesPerSecondPerAddress = 0 },
            Fault("limits.handshakesPerSecondPerAddress") { $0.limits.handshakesPerSecondPerAddress = -1 },
            Fault("limits.handshakesPerSecondPerAddress") { $0.limits.handshakesPerSecondPerAddress = .nan },
            Fault("limits.handshakesPerSecondPerAddress") { $0.limits.handshakesPerSecondPerAddress = .infinity },
            Fault("limits.handshakeBurstPerAddress") { $0.limits.handshakeBurstPerAddress = 0 },
            Fault("limits.handshakeBurstPerAddress") { $0.limits.handshakeBurstPerAddress = 1_000_001 },
            Fault("limits.ipv6PrefixLength") { $0.limits.ipv6PrefixLength = 0 },
            Fault("limits.ipv6PrefixLength") { $0.limits.ipv6PrefixLength = 129 },
            Fault("path") { $0.path = "/a b/" },
            Fault("path") { $0.path = "/a?b" },
            Fault("path") { $0.path = "/a\r\nb" },
            Fault("path") { $0.path = "/ä" },
            Fault("trustedProxies") { $0.trustedProxies = ["10.0.0.1", "localhost"] },
            Fault("trustedProxies") { $0.trustedProxies = ["10.0.0.0/33"] },
            Fault("cookie.name") { $0.cookie = CookieConfiguration(name: "") },
            Fault("cookie.name") { $0.cookie = CookieConfiguration(name: "a=b") },
            Fault("cookie.name") { $0.cookie = CookieConfiguration(name: "a\r\nb") },
            Fault("cookie.domain") { $0.cookie = CookieConfiguration(domain: "a; Secure") },
            Fault("cookie.path") { $0.cookie = CookieConfiguration(path: "/\r\nX-Forged: yes") },
            Fault("cookie.maxAge") { $0.cookie = CookieConfiguration(maxAge: .seconds(-1)) },
            Fault("cors.maxAge") { $0.cors.maxAge = .seconds(-1) },
            Fault("cors.preflightStatus") { $0.cors.preflightStatus = .notModified },
        ]
    }

    @Test func `the defaults are Node's, and make sense`() throws {
        let configuration = EngineIOConfiguration()
        try configuration.validate()
        #expect(configuration.pingInterval == .seconds(25))
        #expect(configuration.pingTimeout == .seconds(20))
        #expect(configuration.upgradeTimeout == .seconds(10))
        #expect(configuration.maximumPayloadBytes == 1_000_000)
        #expect(configuration.path == "/engine.io/")
        #expect(configuration.transports == [.polling, .webSocket])
        #expect(configuration.allowsUpgrades)
        #expect(configuration.compressesResponses)
        #expect(configuration.compressionThreshold == 1024)
        #expect(configuration.perMessageDeflate == nil)
        #expect(PerMessageDeflate().threshold == 1024)
        #expect(configuration.cookie == nil)
        #expect(configuration.livenessPath == nil && configuration.readinessPath == nil)
        #expect(configuration.addsTrailingSlash)
        #expect(configuration.initialMessage == nil)
        #expect(configuration.foreignUpgrades == .answer)
        #expect(configuration.cors.preflightStatus == .noContent)
        #expect(!configuration.cors.continuesPreflights)
    }

    @Test func `by default no address is limited, and no proxy trusted`() {
        let configuration = EngineIOConfiguration()
        #expect(configuration.limits.connectionsPerAddress == nil)
        #expect(configuration.limits.openRequestsPerAddress == nil)
        #expect(configuration.limits.handshakesPerSecondPerAddress == nil)
        #expect(configuration.limits.connectionsWithoutHandshake == 20_000)
        #expect(configuration.trustedProxies == [])
        #expect(configuration.proxyHeaders == .xForwarded)
    }

    @Test(arguments: Fault.all)
    func `a value without sense is refused by name`(fault: Fault) {
        var configuration = EngineIOConfiguration()
        fault.change(&configuration)
        let error = #expect(throws: EngineIOError.self) {
            try EngineIOServer(configuration: configuration, logger: quietLogger()) {
                SessionRecorder(log: EventLog()) { _ in }
            }
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix("\(fault.option) is ") == true)
        #expect(error?.description == error?.message)
    }

    @Test func `a server without event loops is refused`() {
        let error = #expect(throws: EngineIOError.self) {
            try EngineIOServer(threads: 0, logger: quietLogger()) { SessionRecorder(log: EventLog()) { _ in } }
        }
        #expect(error?.message == "threads is 0, expected at least 1")
    }
}

extension PerMessageDeflate {
    /// The defaults, changed.
    static func changed(_ change: (inout PerMessageDeflate) -> Void) -> PerMessageDeflate {
        var options = PerMessageDeflate()
        change(&options)
        return options
    }
}
