/// The keys of a server's configuration.
public import Configuration
internal import EngineIO
public import SocketIO

extension SocketIOConfiguration {
    /// Creates a configuration with the defaults, changed by what a reader finds.
    ///
    /// ```swift
    /// let config = ConfigReader(provider: EnvironmentVariablesProvider())
    /// let configuration = try SocketIOConfiguration(config: config.scoped(to: "socketio"))
    /// ```
    /// A key is the name of the property that it sets. With the scope above `engine.pingInterval` is
    /// `socketio.engine.pingInterval`, and as an environment variable `SOCKETIO_ENGINE_PING_INTERVAL`.
    ///
    /// - `host` (text, default `127.0.0.1`)
    /// - `port` (integer, default `3000`)
    /// - `threads` (integer, default `none`)
    /// - `engine`: the keys of `EngineIOConfiguration.init(config:)`, where kinds and units are explained, too
    /// - `clientFolder` (text, default `none`)
    /// - `connectTimeout` (duration, default `45s`)
    /// - `acknowledgementTimeout` (duration, default `60s`)
    /// - `allowsJoiningSocketRooms` (truth, default `false`)
    /// - `parser` (`standard` or `messagePack`, default `standard`)
    /// - `connectionStateRecovery.maximumDisconnectionDuration` (duration, default `120s`). Any of these keys turns
    ///   recovery on; without one it is off.
    /// - `connectionStateRecovery.skipsMiddlewares` (truth, default `true`)
    /// - `connectionStateRecovery.maximumEvents` (integer, default `100000`)
    /// - `connectionStateRecovery.maximumBytes` (integer, default `67108864`)
    /// - `connectionStateRecovery.maximumSockets` (integer, default `100000`)
    /// - `shutdownNotice` (duration, default `0s`)
    /// - `drainDuration` (duration, default `0s`)
    /// - `shutdownTimeout` (duration, default `3s`)
    /// - `cancellationGrace` (duration, default `1s`)
    /// - `removesEmptyNamespaces` (truth, default `false`)
    /// - `limits.attachmentsPerPacket` (integer, default `10`)
    /// - `limits.attachmentBytes` (integer, default `10000000`)
    /// - `limits.attachmentTimeout` (duration, default `45s`)
    /// - `limits.nestingDepth` (integer, default `512`)
    /// - `limits.namespaceBytes` (integer, default `512`)
    /// - `limits.eventNameBytes` (integer, default `512`)
    /// - `limits.acknowledgementDigits` (integer, default `19`)
    /// - `limits.namespacesPerConnection` (integer, default `1000`)
    /// - `limits.dynamicNamespaces` (integer, default `10000`)
    /// - `limits.eventsPerInbox` (integer, default `128`)
    /// - `limits.inboxBytes` (integer, default `16777216`)
    /// - `limits.eventsPerSecond.perSecond` (number, default `1000`). Any of these keys turns the
    ///   limit on; without one it is off.
    /// - `limits.eventsPerSecond.burst` (integer, default `1000`)
    /// - `limits.eventsPerSecond.excess` (`delay`, `drop` or `close`, default `delay`)
    /// - `limits.bytesPerSecond.perSecond` (number, default `1000`). Any of these keys turns the
    ///   limit on; without one it is off.
    /// - `limits.bytesPerSecond.burst` (integer, default `1000`)
    /// - `limits.bytesPerSecond.excess` (`delay`, `drop` or `close`, default `delay`)
    /// - `limits.roomsPerSocket` (integer, default `10000`)
    /// - `limits.roomNameBytes` (integer, default `512`)
    /// - `limits.acknowledgementsPerSocket` (integer, default `10000`)
    ///
    /// - Parameter config: The reader, scoped to where the keys are.
    /// - Throws: ``UnreadableSetting`` for a value of the wrong kind; `SocketIOError` for one without sense, as
    ///   `validate()` does.
    public init(config: ConfigReader) throws {
        self.init()
        try self.apply(config)
        try self.validate()
    }

    /// Changes what a reader has a value for, and leaves the rest as it is.
    ///
    /// The keys are those of `init(config:)`. Values without sense are found later, by `validate()`
    /// or when a server is made.
    ///
    /// - Parameter config: The reader, scoped to where the keys are.
    /// - Throws: ``UnreadableSetting`` for a value of the wrong kind; what comes before it has been changed then.
    public mutating func apply(_ config: ConfigReader) throws(UnreadableSetting) {
        for setting in Self.settings { try setting.apply(config, to: &self) }
    }

    /// The properties that are code, or made by it.
    static let propertiesWithoutKey: [String] = EngineIOConfiguration.propertiesWithoutKey.map { "engine.\($0)" }

    static let settings: [Setting<Self>] =
        EngineIOConfiguration.settings.map { Setting("engine", \.engine, $0) } + [
            Setting("host", \.host, .text),
            Setting("port", \.port, .integer),
            Setting("threads", \.threads, .integer),
            Setting("clientFolder", \.clientFolder, .text),
            Setting("connectTimeout", \.connectTimeout, .duration),
            Setting("acknowledgementTimeout", \.acknowledgementTimeout, .duration),
            Setting("allowsJoiningSocketRooms", \.allowsJoiningSocketRooms, .truth),
            Setting("parser", \.parser, .choice(["standard": .standard, "messagePack": .messagePack])),
            Setting(
                "connectionStateRecovery.maximumDisconnectionDuration",
                \.wantedRecovery.maximumDisconnectionDuration,
                .duration
            ),
            Setting("connectionStateRecovery.skipsMiddlewares", \.wantedRecovery.skipsMiddlewares, .truth),
            Setting("connectionStateRecovery.maximumEvents", \.wantedRecovery.maximumEvents, .integer),
            Setting("connectionStateRecovery.maximumBytes", \.wantedRecovery.maximumBytes, .integer),
            Setting("connectionStateRecovery.maximumSockets", \.wantedRecovery.maximumSockets, .integer),
            Setting("shutdownNotice", \.shutdownNotice, .duration),
            Setting("drainDuration", \.drainDuration, .duration),
            Setting("shutdownTimeout", \.shutdownTimeout, .duration),
            Setting("cancellationGrace", \.cancellationGrace, .duration),
            Setting("removesEmptyNamespaces", \.removesEmptyNamespaces, .truth),
            Setting("limits.attachmentsPerPacket", \.limits.attachmentsPerPacket, .integer),
            Setting("limits.attachmentBytes", \.limits.attachmentBytes, .integer),
            Setting("limits.attachmentTimeout", \.limits.attachmentTimeout, .duration),
            Setting("limits.nestingDepth", \.limits.nestingDepth, .integer),
            Setting("limits.namespaceBytes", \.limits.namespaceBytes, .integer),
            Setting("limits.eventNameBytes", \.limits.eventNameBytes, .integer),
            Setting("limits.acknowledgementDigits", \.limits.acknowledgementDigits, .integer),
            Setting("limits.namespacesPerConnection", \.limits.namespacesPerConnection, .integer),
            Setting("limits.dynamicNamespaces", \.limits.dynamicNamespaces, .integer),
            Setting("limits.eventsPerInbox", \.limits.eventsPerInbox, .integer),
            Setting("limits.inboxBytes", \.limits.inboxBytes, .integer),
            Setting("limits.eventsPerSecond.perSecond", \.limits.wantedEventsPerSecond.perSecond, .number),
            Setting("limits.eventsPerSecond.burst", \.limits.wantedEventsPerSecond.burst, .integer),
            Setting("limits.eventsPerSecond.excess", \.limits.wantedEventsPerSecond.excess, .excess),
            Setting("limits.bytesPerSecond.perSecond", \.limits.wantedBytesPerSecond.perSecond, .number),
            Setting("limits.bytesPerSecond.burst", \.limits.wantedBytesPerSecond.burst, .integer),
            Setting("limits.bytesPerSecond.excess", \.limits.wantedBytesPerSecond.excess, .excess),
            Setting("limits.roomsPerSocket", \.limits.roomsPerSocket, .integer),
            Setting("limits.roomNameBytes", \.limits.roomNameBytes, .integer),
            Setting("limits.acknowledgementsPerSocket", \.limits.acknowledgementsPerSocket, .integer),
        ]

    /// The recovery, which is wanted as soon as anything about it is said.
    private var wantedRecovery: ConnectionStateRecovery {
        get { self.connectionStateRecovery ?? ConnectionStateRecovery() }
        set { self.connectionStateRecovery = newValue }
    }
}

extension SocketIOConfiguration.Limits {
    /// The rates, which are wanted as soon as anything about them is said.
    fileprivate var wantedEventsPerSecond: RateLimit {
        get { self.eventsPerSecond ?? RateLimit(1000) }
        set { self.eventsPerSecond = newValue }
    }

    fileprivate var wantedBytesPerSecond: RateLimit {
        get { self.bytesPerSecond ?? RateLimit(1000) }
        set { self.bytesPerSecond = newValue }
    }
}

extension SettingFormat<RateLimit.Excess> {
    fileprivate static let excess = Self.choice(["delay": .delay, "drop": .drop, "close": .close])
}
