/// Which configurations make sense.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite struct SocketIOConfigurationTests {
    typealias Configuration = SocketIOConfiguration

    /// An option, and values that make no sense for it.
    struct Option: Sendable, CustomTestStringConvertible {
        let name: String
        let faults: [@Sendable (inout Configuration) -> Void]
        /// What makes sense, at the edge of what does not.
        let extremes: [@Sendable (inout Configuration) -> Void]

        var testDescription: String { self.name }

        static func duration(_ name: String, _ path: any WritableKeyPath<Configuration, Duration> & Sendable) -> Option
        {
            let faults: [Duration] = [
                .zero, .nanoseconds(-1), .seconds(-1), .seconds(Int64.min), .seconds(Int64.max),
                .seconds(86_400 * 365) + .nanoseconds(1),
            ]
            let extremes: [Duration] = [.nanoseconds(1), .seconds(86_400 * 365)]
            return Option(name: name, path, faults: faults, extremes: extremes)
        }

        static func pause(_ name: String, _ path: any WritableKeyPath<Configuration, Duration> & Sendable) -> Option {
            let faults: [Duration] = [.nanoseconds(-1), .seconds(Int64.min), .seconds(86_400 * 365) + .nanoseconds(1)]
            return Option(name: name, path, faults: faults, extremes: [.zero, .seconds(86_400 * 365)])
        }

        static func count(
            _ name: String,
            _ path: any WritableKeyPath<Configuration, Int> & Sendable,
            _ range: ClosedRange<Int> = 1...(1 << 30)
        ) -> Option {
            let faults = [.min, -1, range.lowerBound - 1, range.upperBound + 1, .max]
            return Option(name: name, path, faults: faults, extremes: [range.lowerBound, range.upperBound])
        }

        static func rate(_ name: String, _ path: any WritableKeyPath<Configuration, RateLimit?> & Sendable) -> Option {
            let rates: [Double] = [0, -1, .nan, .infinity, -.infinity, -0.0, 0x1p30 + 1, .greatestFiniteMagnitude]
            let bursts = [Int.min, -1, 0, 1 << 30 + 1, .max]
            return Option(
                name: name,
                path,
                faults: rates.map { RateLimit($0) } + bursts.map { RateLimit(1, burst: $0) },
                extremes: [nil, RateLimit(.leastNonzeroMagnitude), RateLimit(0x1p30, burst: 1 << 30, beyond: .close)]
            )
        }

        /// Every value makes sense.
        static func any(_ name: String) -> Option { Option(name: name, faults: [], extremes: []) }

        init(
            name: String,
            faults: [@Sendable (inout Configuration) -> Void],
            extremes: [@Sendable (inout Configuration) -> Void]
        ) {
            self.name = name
            self.faults = faults
            self.extremes = extremes
        }

        init<Value: Sendable>(
            name: String,
            _ path: any WritableKeyPath<Configuration, Value> & Sendable,
            faults: [Value],
            extremes: [Value]
        ) {
            self.init(
                name: name,
                faults: faults.map { value in { $0[keyPath: path] = value } },
                extremes: extremes.map { value in { $0[keyPath: path] = value } }
            )
        }
    }

    static let options: [Option] = [
        Option(
            name: "host",
            \.host,
            faults: ["", " ", "a b", "a\u{0}", "a\nb", "\u{7F}"],
            extremes: ["::", "localhost", "0.0.0.0"]
        ),
        .count("port", \.port, 0...65_535),
        Option(name: "threads", \.threads, faults: [.min, -1, 0, 1025, .max], extremes: [nil, 1, 1024]),
        .duration("connectTimeout", \.connectTimeout),
        .duration("acknowledgementTimeout", \.acknowledgementTimeout),
        .any("allowsJoiningSocketRooms"),
        .any("parser"),
        // Looked at when a server is made; see `ClientFilesTests`.
        .any("clientFolder"),
        Option(
            name: "connectionStateRecovery",
            faults: [
                { $0.connectionStateRecovery = .with { $0.maximumDisconnectionDuration = .zero } },
                { $0.connectionStateRecovery = .with { $0.maximumDisconnectionDuration = .seconds(Int64.max) } },
                { $0.connectionStateRecovery = .with { $0.maximumEvents = 0 } },
                { $0.connectionStateRecovery = .with { $0.maximumBytes = -1 } },
                { $0.connectionStateRecovery = .with { $0.maximumSockets = .max } },
            ],
            extremes: [
                { $0.connectionStateRecovery = .with { _ in } },
                { $0.connectionStateRecovery = .with { $0.maximumSockets = 1 } },
            ]
        ),
        .duration("shutdownTimeout", \.shutdownTimeout),
        .duration("cancellationGrace", \.cancellationGrace),
        .pause("drainDuration", \.drainDuration),
        .pause("shutdownNotice", \.shutdownNotice),
        .any("removesEmptyNamespaces"),
        .count("limits.attachmentsPerPacket", \.limits.attachmentsPerPacket),
        .count("limits.attachmentBytes", \.limits.attachmentBytes),
        .duration("limits.attachmentTimeout", \.limits.attachmentTimeout),
        .count("limits.nestingDepth", \.limits.nestingDepth, 1...2000),
        .count("limits.namespaceBytes", \.limits.namespaceBytes),
        .count("limits.eventNameBytes", \.limits.eventNameBytes),
        .count("limits.acknowledgementDigits", \.limits.acknowledgementDigits, 1...19),
        .count("limits.namespacesPerConnection", \.limits.namespacesPerConnection),
        .count("limits.dynamicNamespaces", \.limits.dynamicNamespaces),
        .count("limits.eventsPerInbox", \.limits.eventsPerInbox),
        .count("limits.inboxBytes", \.limits.inboxBytes),
        .rate("limits.eventsPerSecond", \.limits.eventsPerSecond),
        .rate("limits.bytesPerSecond", \.limits.bytesPerSecond),
        .count("limits.roomsPerSocket", \.limits.roomsPerSocket),
        .count("limits.roomNameBytes", \.limits.roomNameBytes),
        .count("limits.acknowledgementsPerSocket", \.limits.acknowledgementsPerSocket),
    ]

    @Test func `the defaults are valid`() throws {
        try SocketIOConfiguration().validate()
    }

    @Test func `every option is among those tested here`() {
        let configuration = SocketIOConfiguration()
        let names = Mirror(reflecting: configuration).children.compactMap(\.label)
        let limits = Mirror(reflecting: configuration.limits).children.compactMap(\.label)
        // The engine's options have a test of their own.
        let expected = names.filter { !["engine", "limits"].contains($0) } + limits.map { "limits.\($0)" }
        #expect(Set(Self.options.map(\.name)) == Set(expected))
    }

    @Test(arguments: options)
    func `values without sense are named, with what was expected`(option: Option) {
        for (index, change) in option.faults.enumerated() {
            var configuration = SocketIOConfiguration()
            change(&configuration)
            let error = #expect(throws: SocketIOError.self, "\(index)") { try configuration.validate() }
            #expect(error?.code == .invalidConfiguration)
            let message = error?.message ?? ""
            #expect(message.hasPrefix(option.name), "\(message)")
            #expect(message.contains(" is ") && message.contains(", expected "), "\(message)")
            #expect(!message.utf8.contains { $0 < 0x20 }, "\(message)")
            // A server does not even come into being.
            #expect(throws: SocketIOError.self) {
                try SocketIOServer(configuration: configuration, logger: quietLogger())
            }
        }
    }

    @Test(arguments: options)
    func `values at the edge make sense`(option: Option) throws {
        for change in option.extremes {
            var configuration = SocketIOConfiguration()
            change(&configuration)
            try configuration.validate()
        }
    }

    @Test func `the engine's options are checked with the others`() {
        var configuration = SocketIOConfiguration()
        configuration.engine.path = "socket.io"
        let error = #expect(throws: SocketIOError.self) { try configuration.validate() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.hasPrefix("engine.path is ") == true, "\(error?.message ?? "")")
    }

    @Test func `a rate has as large a burst as it allows in a second, unless it says otherwise`() {
        #expect(RateLimit(50).burst == 50)
        #expect(RateLimit(0.1).burst == 1)
        #expect(RateLimit(1.5, burst: 7).burst == 7)
        #expect(RateLimit(10).excess == .delay)
    }
}

extension ConnectionStateRecovery {
    fileprivate static func with(_ change: (inout Self) -> Void) -> Self {
        var recovery = Self()
        change(&recovery)
        return recovery
    }
}
