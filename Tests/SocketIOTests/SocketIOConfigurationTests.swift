/// Which configurations make sense.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite struct SocketIOConfigurationTests {
    typealias Change = @Sendable (inout SocketIOConfiguration) -> Void

    static let invalid: [(name: String, change: Change)] = [
        ("port", { $0.port = -1 }),
        ("port", { $0.port = 65_536 }),
        ("threads", { $0.threads = 0 }),
        ("connectTimeout", { $0.connectTimeout = .zero }),
        ("connectTimeout", { $0.connectTimeout = .seconds(Int64.max) }),
        ("acknowledgementTimeout", { $0.acknowledgementTimeout = .seconds(-1) }),
        ("shutdownTimeout", { $0.shutdownTimeout = .zero }),
        ("cancellationGrace", { $0.cancellationGrace = .zero }),
        ("drainDuration", { $0.drainDuration = .seconds(-1) }),
        ("drainDuration", { $0.drainDuration = .seconds(86_400 * 366) }),
        ("shutdownNotice", { $0.shutdownNotice = .seconds(-1) }),
        ("engine.livenessPath", { $0.engine.livenessPath = "/socket.io/healthz" }),
        ("limits.attachmentTimeout", { $0.limits.attachmentTimeout = .zero }),
        ("limits.attachmentsPerPacket", { $0.limits.attachmentsPerPacket = 0 }),
        ("limits.attachmentBytes", { $0.limits.attachmentBytes = 0 }),
        ("limits.nestingDepth", { $0.limits.nestingDepth = 0 }),
        ("limits.namespaceBytes", { $0.limits.namespaceBytes = -5 }),
        ("limits.eventNameBytes", { $0.limits.eventNameBytes = 0 }),
        ("limits.acknowledgementDigits", { $0.limits.acknowledgementDigits = 0 }),
        ("limits.acknowledgementDigits", { $0.limits.acknowledgementDigits = 20 }),
        ("limits.namespacesPerConnection", { $0.limits.namespacesPerConnection = 0 }),
        ("limits.eventsPerInbox", { $0.limits.eventsPerInbox = 0 }),
        ("limits.eventsPerInbox", { $0.limits.eventsPerInbox = .max }),
        ("engine.pingInterval", { $0.engine.pingInterval = .zero }),
        ("engine.path", { $0.engine.path = "socket.io" }),
        ("engine.limits.packetsPerPoll", { $0.engine.limits.packetsPerPoll = 1 }),
    ]

    @Test func `the defaults are valid`() throws {
        try SocketIOConfiguration().validate()
    }

    @Test func `the extremes are valid`() throws {
        var configuration = SocketIOConfiguration()
        configuration.port = 65_535
        configuration.threads = 1
        configuration.connectTimeout = .milliseconds(1)
        configuration.limits.acknowledgementDigits = 1
        configuration.limits.eventsPerInbox = 1
        try configuration.validate()
    }

    @Test(arguments: invalid.indices)
    func `a value without sense is named, with what was expected`(index: Int) {
        let (name, change) = Self.invalid[index]
        var configuration = SocketIOConfiguration()
        change(&configuration)
        let error = #expect(throws: SocketIOError.self) { try configuration.validate() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix("\(name) is ") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("expected") == true)
    }

    @Test func `a server refuses a configuration without sense`() {
        var configuration = SocketIOConfiguration()
        configuration.threads = -1
        #expect(throws: SocketIOError.self) {
            try SocketIOServer(configuration: configuration, logger: quietLogger())
        }
    }
}
