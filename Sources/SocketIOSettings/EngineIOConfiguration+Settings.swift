/// The keys of the transports' configuration.
public import Configuration
public import EngineIO
internal import HTTPTypes

extension EngineIOConfiguration {
    /// Creates a configuration with the defaults, changed by what a reader finds.
    ///
    /// A key is the name of the property that it sets. Usually `SocketIOConfiguration.init(config:)` reads these keys,
    /// below `engine`.
    ///
    /// - `pingInterval` (duration, default `25s`)
    /// - `pingTimeout` (duration, default `20s`)
    /// - `upgradeTimeout` (duration, default `10s`)
    /// - `maximumPayloadBytes` (integer, default `1000000`)
    /// - `path` (text, default `/engine.io/`, below `SocketIOConfiguration` `/socket.io/`)
    /// - `addsTrailingSlash` (truth, default `true`)
    /// - `transports` (list of `polling` and `websocket`, default `polling,websocket`)
    /// - `allowsUpgrades` (truth, default `true`)
    /// - `allowsEIO3` (truth, default `false`)
    /// - `compressesResponses` (truth, default `true`)
    /// - `compressionThreshold` (integer, default `1024`)
    /// - `perMessageDeflate.threshold` (integer, default `1024`). Any key of `perMessageDeflate` makes the server compress
    ///   the messages of WebSockets; without one it compresses none.
    /// - `perMessageDeflate.level` (integer, default `6`)
    /// - `perMessageDeflate.memoryLevel` (integer, default `8`)
    /// - `perMessageDeflate.serverNoContextTakeover` (truth, default `false`)
    /// - `perMessageDeflate.clientNoContextTakeover` (truth, default `false`)
    /// - `perMessageDeflate.serverMaxWindowBits` (integer, default `15`)
    /// - `perMessageDeflate.clientMaxWindowBits` (integer, default `15`)
    /// - `cors.origins` (list of origins, `same-origin` for the server's own; or `*`; default `same-origin`)
    /// - `cors.allowsCredentials` (truth, default `false`)
    /// - `cors.methods` (list, default `GET,HEAD,PUT,PATCH,POST,DELETE`)
    /// - `cors.allowedHeaders` (list, default `none`: those that are asked for)
    /// - `cors.exposedHeaders` (list, default empty)
    /// - `cors.maxAge` (duration, default `none`)
    /// - `cors.preflightStatus` (integer, default `204`)
    /// - `cors.continuesPreflights` (truth, default `false`)
    /// - `cookie.name` (text, default `io`). Any key of `cookie` makes the server set a cookie; without one it sets none.
    /// - `cookie.maxAge` (duration, default `none`)
    /// - `cookie.domain` (text, default `none`)
    /// - `cookie.path` (text, default `/`)
    /// - `cookie.isHTTPOnly` (truth, default `true`)
    /// - `cookie.isSecure` (truth, default `false`)
    /// - `cookie.sameSite` (`Strict`, `Lax` or `None`, default `Lax`; `none` to leave it out)
    /// - `cookie.isPartitioned` (truth, default `false`)
    /// - `cookie.priority` (`Low`, `Medium` or `High`, default `none`)
    /// - `foreignUpgrades` (`answer` or `close`, default `answer`)
    /// - `trustedProxies` (list of addresses and blocks of them, default empty)
    /// - `proxyHeaders` (`xForwarded` or `forwarded`, default `xForwarded`)
    /// - `outboxPolicy` (`close` or `dropOldestVolatile`, default `close`)
    /// - `outboxHighWaterMark` (integer, default `262144`)
    /// - `outboxLowWaterMark` (integer, default `65536`)
    /// - `livenessPath` (text, default `none`)
    /// - `readinessPath` (text, default `none`)
    /// - `limits.sessions` (integer, default `1000000`)
    /// - `limits.connections` (integer, default `1000000`)
    /// - `limits.connectionsWithoutHandshake` (integer, default `20000`)
    /// - `limits.connectionsPerAddress` (integer, default `none`)
    /// - `limits.openRequestsPerAddress` (integer, default `none`)
    /// - `limits.handshakesPerSecondPerAddress` (number, default `none`)
    /// - `limits.handshakeBurstPerAddress` (integer, default `50`)
    /// - `limits.ipv6PrefixLength` (integer, default `64`)
    /// - `limits.packetsPerPayload` (integer, default `100000`)
    /// - `limits.packetsPerPoll` (integer, default `16`)
    /// - `limits.outboxBytes` (integer, default `8388608`)
    /// - `limits.fragmentsPerMessage` (integer, default `131072`)
    /// - `limits.headerBytes` (integer, default `16384`)
    /// - `limits.headerCount` (integer, default `256`)
    /// - `limits.headTimeout` (duration, default `60s`)
    /// - `limits.bodyTimeout` (duration, default `30s`)
    /// - `limits.closingTimeout` (duration, default `30s`)
    /// - `limits.closeHandshakeTimeout` (duration, default `30s`)
    ///
    /// A duration is a number of seconds, or a number with a unit: `250ms`, `25s`, `1.5min`, `2h`, `1d`. A truth is `true`
    /// or `false`, in text also `yes` or `no`, `1` or `0`. A list is a list, or text with commas. Where the default is
    /// `none` the word says so as well. A key without a value leaves the default, and so does empty text.
    ///
    /// Without a key, because their values are code or made by it: `initialMessage`, `allowRequest`, `requestMiddlewares`, `initialHeaders`, `headers`,
    /// `onRefusedRequest`.
    ///
    /// - Parameter config: The reader, scoped to where the keys are.
    /// - Throws: ``UnreadableSetting`` for a value of the wrong kind; `EngineIOError` for one without sense, as
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
    static let propertiesWithoutKey = [
        "initialMessage", "allowRequest", "requestMiddlewares", "initialHeaders", "headers", "onRefusedRequest",
    ]

    static let settings: [Setting<Self>] = [
        Setting("pingInterval", \.pingInterval, .duration),
        Setting("pingTimeout", \.pingTimeout, .duration),
        Setting("upgradeTimeout", \.upgradeTimeout, .duration),
        Setting("maximumPayloadBytes", \.maximumPayloadBytes, .integer),
        Setting("path", \.path, .text),
        Setting("addsTrailingSlash", \.addsTrailingSlash, .truth),
        Setting("transports", \.transports, .transports),
        Setting("allowsUpgrades", \.allowsUpgrades, .truth),
        Setting("allowsEIO3", \.allowsEIO3, .truth),
        Setting("compressesResponses", \.compressesResponses, .truth),
        Setting("compressionThreshold", \.compressionThreshold, .integer),
        Setting("perMessageDeflate.threshold", \.wantedDeflate.threshold, .integer),
        Setting("perMessageDeflate.level", \.wantedDeflate.level, .integer),
        Setting("perMessageDeflate.memoryLevel", \.wantedDeflate.memoryLevel, .integer),
        Setting("perMessageDeflate.serverNoContextTakeover", \.wantedDeflate.serverNoContextTakeover, .truth),
        Setting("perMessageDeflate.clientNoContextTakeover", \.wantedDeflate.clientNoContextTakeover, .truth),
        Setting("perMessageDeflate.serverMaxWindowBits", \.wantedDeflate.serverMaxWindowBits, .integer),
        Setting("perMessageDeflate.clientMaxWindowBits", \.wantedDeflate.clientMaxWindowBits, .integer),
        Setting("cors.origins", \.cors.origins, .origins),
        Setting("cors.allowsCredentials", \.cors.allowsCredentials, .truth),
        Setting("cors.methods", \.cors.methods, .list(of: .method) { $0 }),
        Setting("cors.allowedHeaders", \.cors.allowedHeaders, .list(of: .header) { $0 }),
        Setting("cors.exposedHeaders", \.cors.exposedHeaders, .list(of: .header) { $0 }),
        Setting("cors.maxAge", \.cors.maxAge, .duration),
        Setting("cors.preflightStatus", \.cors.preflightStatus, .status),
        Setting("cors.continuesPreflights", \.cors.continuesPreflights, .truth),
        Setting("cookie.name", \.wantedCookie.name, .text),
        Setting("cookie.maxAge", \.wantedCookie.maxAge, .duration),
        Setting("cookie.domain", \.wantedCookie.domain, .text),
        Setting("cookie.path", \.wantedCookie.path, .text),
        Setting("cookie.isHTTPOnly", \.wantedCookie.isHTTPOnly, .truth),
        Setting("cookie.isSecure", \.wantedCookie.isSecure, .truth),
        Setting("cookie.sameSite", \.wantedCookie.sameSite, .choice(["Strict": .strict, "Lax": .lax, "None": .none])),
        Setting("cookie.isPartitioned", \.wantedCookie.isPartitioned, .truth),
        Setting("cookie.priority", \.wantedCookie.priority, .choice(["Low": .low, "Medium": .medium, "High": .high])),
        Setting("foreignUpgrades", \.foreignUpgrades, .choice(["answer": .answer, "close": .close])),
        Setting("trustedProxies", \.trustedProxies, .addresses),
        Setting("proxyHeaders", \.proxyHeaders, .choice(["xForwarded": .xForwarded, "forwarded": .forwarded])),
        Setting("outboxPolicy", \.outboxPolicy, .choice(["close": .close, "dropOldestVolatile": .dropOldestVolatile])),
        Setting("outboxHighWaterMark", \.outboxHighWaterMark, .integer),
        Setting("outboxLowWaterMark", \.outboxLowWaterMark, .integer),
        Setting("livenessPath", \.livenessPath, .text),
        Setting("readinessPath", \.readinessPath, .text),
        Setting("limits.sessions", \.limits.sessions, .integer),
        Setting("limits.connections", \.limits.connections, .integer),
        Setting("limits.connectionsWithoutHandshake", \.limits.connectionsWithoutHandshake, .integer),
        Setting("limits.connectionsPerAddress", \.limits.connectionsPerAddress, .integer),
        Setting("limits.openRequestsPerAddress", \.limits.openRequestsPerAddress, .integer),
        Setting("limits.handshakesPerSecondPerAddress", \.limits.handshakesPerSecondPerAddress, .number),
        Setting("limits.handshakeBurstPerAddress", \.limits.handshakeBurstPerAddress, .integer),
        Setting("limits.ipv6PrefixLength", \.limits.ipv6PrefixLength, .integer),
        Setting("limits.packetsPerPayload", \.limits.packetsPerPayload, .integer),
        Setting("limits.packetsPerPoll", \.limits.packetsPerPoll, .integer),
        Setting("limits.outboxBytes", \.limits.outboxBytes, .integer),
        Setting("limits.fragmentsPerMessage", \.limits.fragmentsPerMessage, .integer),
        Setting("limits.headerBytes", \.limits.headerBytes, .integer),
        Setting("limits.headerCount", \.limits.headerCount, .integer),
        Setting("limits.headTimeout", \.limits.headTimeout, .duration),
        Setting("limits.bodyTimeout", \.limits.bodyTimeout, .duration),
        Setting("limits.closingTimeout", \.limits.closingTimeout, .duration),
        Setting("limits.closeHandshakeTimeout", \.limits.closeHandshakeTimeout, .duration),
    ]

    /// The cookie, which is wanted as soon as anything about it is said.
    private var wantedCookie: CookieConfiguration {
        get { self.cookie ?? CookieConfiguration() }
        set { self.cookie = newValue }
    }

    /// The same for the compression of WebSocket messages.
    private var wantedDeflate: PerMessageDeflate {
        get { self.perMessageDeflate ?? PerMessageDeflate() }
        set { self.perMessageDeflate = newValue }
    }
}

extension SettingFormat<Set<TransportName>> {
    fileprivate static let transports = Self.list(
        of: SettingFormat<TransportName>.choice(["polling": .polling, "websocket": .webSocket])
    ) { Set($0) }
}

extension SettingFormat<OriginPolicy> {
    private static let sameOrigin = "same-origin"
    private static let origin = SettingFormat<String>.text("origins such as https://example.com, or same-origin") {
        text in
        if text == Self.sameOrigin || text == "*" { return text }
        // Browsers send neither a path nor a slash at the end: such an origin would never match.
        guard let scheme = text.firstRange(of: "://"), scheme.lowerBound > text.startIndex else { return nil }
        let host = text[scheme.upperBound...]
        return host.isEmpty || host.contains { "/*?# ".contains($0) } ? nil : text
    }

    fileprivate static let origins = Self.list(of: origin, "*, or a list of \(origin.expected)") { origins in
        if origins == ["*"] { return .any }
        guard !origins.contains("*") else { return nil }
        let others = origins.filter { $0 != Self.sameOrigin }
        if others.count == origins.count { return .list(others) }
        // Not the same as with an empty list: nothing is shared then, and no preflight answered.
        return others.isEmpty ? .sameOrigin : .sameOrigin(and: others)
    }
}

extension SettingFormat<[String]> {
    fileprivate static let addresses = Self.list(of: SettingFormat<String>.text("addresses") { $0 }) { $0 }
}

extension SettingFormat<HTTPResponse.Status> {
    fileprivate static let status = Self("a status such as 200", as: .number) { found in
        switch SettingFormat<Int>.integer.parse(found) {
        case 200: .ok
        case 204: .noContent
        case .some(let code) where (100...999).contains(code): HTTPResponse.Status(code: code)
        default: nil
        }
    }
}

extension SettingFormat<HTTPRequest.Method> {
    fileprivate static let method = Self.text("methods") { HTTPRequest.Method($0) }
}

extension SettingFormat<HTTPField.Name> {
    fileprivate static let header = Self.text("header names") { HTTPField.Name($0) }
}
