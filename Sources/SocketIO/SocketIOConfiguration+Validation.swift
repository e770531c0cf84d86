/// Which configurations make sense.
internal import EngineIO

extension SocketIOConfiguration {
    /// Checks the values.
    ///
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidConfiguration`` for a value without sense; its
    ///   message names the option, what was found and what was expected.
    public func validate() throws(SocketIOError) {
        do {
            try self.engine.validate()
        } catch {
            throw SocketIOError(.invalidConfiguration, "engine.\(error.message)")
        }
        guard !self.host.isEmpty, self.host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            let found = Excerpt.quoted(self.host.utf8)
            throw Self.invalid("host", found: found, expected: "an address or a name")
        }
        try Self.check(self.port, 0...65_535, "port")
        if let threads { try Self.check(threads, 1...1024, "threads") }
        try self.connectionStateRecovery?.validate()
        guard self.connectionStateRecovery == nil || !self.removesEmptyNamespaces else {
            throw Self.invalid(
                "removesEmptyNamespaces",
                found: "true",
                expected: "false together with connectionStateRecovery"
            )
        }
        try self.validateDurations()
        try self.limits.validate()
    }

    private func validateDurations() throws(SocketIOError) {
        let durations = [
            ("connectTimeout", self.connectTimeout), ("acknowledgementTimeout", self.acknowledgementTimeout),
            ("shutdownTimeout", self.shutdownTimeout), ("cancellationGrace", self.cancellationGrace),
            ("limits.attachmentTimeout", self.limits.attachmentTimeout),
        ]
        for (name, value) in durations where value <= .zero || value > .seconds(86_400 * 365) {
            throw Self.invalid(name, found: "\(value)", expected: "more than 0 and at most a year")
        }
        for (name, value) in [("shutdownNotice", self.shutdownNotice), ("drainDuration", self.drainDuration)]
        where value < .zero || value > .seconds(86_400 * 365) {
            throw Self.invalid(name, found: "\(value)", expected: "0 to a year")
        }
    }

    fileprivate static func check(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(SocketIOError) {
        guard !range.contains(value) else { return }
        throw Self.invalid(name, found: "\(value)", expected: "\(range.lowerBound) to \(range.upperBound)")
    }

    static func invalid(_ name: String, found: String, expected: String) -> SocketIOError {
        SocketIOError(.invalidConfiguration, "\(name) is \(found), expected \(expected)")
    }

    var packetLimits: PacketLimits {
        PacketLimits(
            maximumAttachments: self.limits.attachmentsPerPacket,
            maximumAttachmentBytes: self.limits.attachmentBytes,
            maximumNestingDepth: self.limits.nestingDepth,
            maximumNamespaceLength: self.limits.namespaceBytes,
            maximumEventNameLength: self.limits.eventNameBytes,
            maximumAckIDDigits: self.limits.acknowledgementDigits
        )
    }
}

extension SocketIOConfiguration.Limits {
    private static let anyCount = 1...(1 << 30)

    fileprivate func validate() throws(SocketIOError) {
        let counts = [
            ("attachmentsPerPacket", self.attachmentsPerPacket, Self.anyCount),
            ("attachmentBytes", self.attachmentBytes, Self.anyCount),
            // Values are decoded recursively: more would need more stack than a thread has.
            ("nestingDepth", self.nestingDepth, 1...2000),
            ("namespaceBytes", self.namespaceBytes, Self.anyCount),
            ("eventNameBytes", self.eventNameBytes, Self.anyCount),
            ("acknowledgementDigits", self.acknowledgementDigits, 1...19),
            ("namespacesPerConnection", self.namespacesPerConnection, Self.anyCount),
            ("dynamicNamespaces", self.dynamicNamespaces, Self.anyCount),
            ("eventsPerInbox", self.eventsPerInbox, Self.anyCount),
            ("inboxBytes", self.inboxBytes, Self.anyCount),
            ("roomsPerSocket", self.roomsPerSocket, Self.anyCount),
            ("roomNameBytes", self.roomNameBytes, Self.anyCount),
            ("acknowledgementsPerSocket", self.acknowledgementsPerSocket, Self.anyCount),
        ]
        for (name, value, range) in counts { try SocketIOConfiguration.check(value, range, "limits.\(name)") }
        let rates = [("eventsPerSecond", self.eventsPerSecond), ("bytesPerSecond", self.bytesPerSecond)]
        for case (let name, let rate?) in rates {
            guard rate.perSecond > 0, rate.perSecond <= Double(Self.anyCount.upperBound) else {
                throw SocketIOConfiguration.invalid(
                    "limits.\(name).perSecond",
                    found: "\(rate.perSecond)",
                    expected: "more than 0 and at most \(Self.anyCount.upperBound)"
                )
            }
            try SocketIOConfiguration.check(rate.burst, Self.anyCount, "limits.\(name).burst")
        }
    }
}
