/// Finds the values of a configuration that make no sense.
import HTTPTypes

extension EngineIOConfiguration {
    /// Checks the values.
    ///
    /// - Throws: ``EngineIOError`` with the code ``EngineIOError/Code/invalidConfiguration`` for a value without sense.
    public func validate() throws(EngineIOError) {
        try self.validateDurations()
        try self.validateCounts()
        try self.validatePath()
        try self.validateHealthPaths()
        try self.validateProxies()
        try self.cookie?.validate()
        try self.cors.validate()
        try self.perMessageDeflate?.validate()
        guard !self.transports.isEmpty else { throw .invalid("transports", found: "none", expected: "at least one") }
        guard self.compressionThreshold >= 0 else {
            throw .invalid("compressionThreshold", found: "\(self.compressionThreshold)", expected: "0 or more")
        }
    }

    private func validateDurations() throws(EngineIOError) {
        let durations = [
            ("pingInterval", self.pingInterval), ("pingTimeout", self.pingTimeout),
            ("upgradeTimeout", self.upgradeTimeout), ("limits.headTimeout", self.limits.headTimeout),
            ("limits.bodyTimeout", self.limits.bodyTimeout), ("limits.closingTimeout", self.limits.closingTimeout),
            ("limits.closeHandshakeTimeout", self.limits.closeHandshakeTimeout),
        ]
        for (name, value) in durations where value <= .zero || value > .seconds(86_400 * 365) {
            throw .invalid(name, found: "\(value)", expected: "more than 0 and at most a year")
        }
    }

    private func validateCounts() throws(EngineIOError) {
        let limits = self.limits
        let counts = [
            ("maximumPayloadBytes", self.maximumPayloadBytes), ("limits.sessions", limits.sessions),
            ("limits.connections", limits.connections),
            ("limits.connectionsWithoutHandshake", limits.connectionsWithoutHandshake),
            ("limits.connectionsPerAddress", limits.connectionsPerAddress ?? 1),
            ("limits.openRequestsPerAddress", limits.openRequestsPerAddress ?? 1),
            ("limits.handshakeBurstPerAddress", limits.handshakeBurstPerAddress),
            ("limits.packetsPerPayload", limits.packetsPerPayload),
            ("limits.outboxBytes", limits.outboxBytes),
            ("outboxHighWaterMark", self.outboxHighWaterMark), ("outboxLowWaterMark", self.outboxLowWaterMark),
            ("limits.fragmentsPerMessage", limits.fragmentsPerMessage),
            ("limits.headerBytes", limits.headerBytes), ("limits.headerCount", limits.headerCount),
        ]
        for (name, value) in counts where value < 1 || value > 1 << 30 {
            throw .invalid(name, found: "\(value)", expected: "at least 1 and at most 2^30")
        }
        // A close packet behind a message.
        guard limits.packetsPerPoll >= 2, limits.packetsPerPoll <= 1 << 30 else {
            throw .invalid("limits.packetsPerPoll", found: "\(limits.packetsPerPoll)", expected: "2 to 2^30")
        }
        guard self.outboxLowWaterMark <= self.outboxHighWaterMark else {
            throw .invalid("outboxLowWaterMark", found: "\(self.outboxLowWaterMark)", expected: "at most the high mark")
        }
        let rate = limits.handshakesPerSecondPerAddress ?? 1
        guard rate >= 0.001, rate <= 1_000_000 else {
            throw .invalid("limits.handshakesPerSecondPerAddress", found: "\(rate)", expected: "0.001 to 1,000,000")
        }
        guard limits.handshakeBurstPerAddress <= 1_000_000 else {
            throw .invalid(
                "limits.handshakeBurstPerAddress",
                found: "\(limits.handshakeBurstPerAddress)",
                expected: "1 to 1,000,000"
            )
        }
        guard (1...128).contains(limits.ipv6PrefixLength) else {
            throw .invalid("limits.ipv6PrefixLength", found: "\(limits.ipv6PrefixLength)", expected: "1 to 128")
        }
    }

    private func validatePath() throws(EngineIOError) {
        // Requests are compared with it as they come, so that what cannot stand in a path would never be found.
        let isPath = self.path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#\"\\".utf8.contains($0) }
        guard self.path.hasPrefix("/"), isPath else {
            throw .invalid(
                "path",
                found: self.path.debugDescription,
                expected: "a leading slash, and behind it what may stand in the path of a URL"
            )
        }
    }

    private func validateHealthPaths() throws(EngineIOError) {
        for (name, path) in [("livenessPath", self.livenessPath), ("readinessPath", self.readinessPath)] {
            guard let path else { continue }
            // Compared with the path of a request as it comes: what no request can look like would never be answered.
            let isPath = path.utf8.first == UInt8(ascii: "/") && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            guard isPath, !path.contains("?"), !path.hasPrefix(self.normalizedPath) else {
                throw .invalid(
                    name,
                    found: path.debugDescription,
                    expected: "a path of visible ASCII characters with a leading slash, outside \(self.normalizedPath)"
                )
            }
        }
        if let path = self.livenessPath, path == self.readinessPath {
            throw .invalid("readinessPath", found: path.debugDescription, expected: "another path than livenessPath")
        }
    }

    /// Whether a text is an address or a block of them, as ``trustedProxies`` wants them.
    package static func isAddressBlock(_ text: String) -> Bool { AddressBlock(text) != nil }

    private func validateProxies() throws(EngineIOError) {
        for proxy in self.trustedProxies where !Self.isAddressBlock(proxy) {
            throw .invalid(
                "trustedProxies",
                found: proxy.debugDescription,
                expected: "addresses, or blocks of them such as 10.0.0.0/8 and fd00::/8"
            )
        }
    }
}

extension CookieConfiguration {
    /// A value with a line break or a semicolon would write headers or attributes of its own.
    fileprivate func validate() throws(EngineIOError) {
        guard HTTPField.Name(self.name) != nil else {
            throw .invalid("cookie.name", found: self.name.debugDescription, expected: "a token")
        }
        for (name, value) in [("cookie.domain", self.domain), ("cookie.path", self.path)] {
            guard let value else { continue }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") }) else {
                throw .invalid(name, found: value.debugDescription, expected: "printable ASCII without semicolons")
            }
        }
        if let maxAge, maxAge < .zero { throw .invalid("cookie.maxAge", found: "\(maxAge)", expected: "0 or more") }
    }
}

extension CORSConfiguration {
    fileprivate func validate() throws(EngineIOError) {
        if let maxAge, maxAge < .zero { throw .invalid("cors.maxAge", found: "\(maxAge)", expected: "0 or more") }
        guard (200...299).contains(self.preflightStatus.code) else {
            throw .invalid("cors.preflightStatus", found: "\(self.preflightStatus.code)", expected: "200 to 299")
        }
    }
}
