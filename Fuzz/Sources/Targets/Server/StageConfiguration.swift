/// The settings of the server under test: every feature on or off, and limits that are reached within a few steps.
import HTTPTypes

@testable import EngineIO
@testable import SocketIO

/// Configurations that reach their limits within a few steps.
enum StageConfiguration {
    static func make(_ source: inout ByteSource) -> SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        let features = source.byte()
        let others = source.byte()
        configuration.engine.limits.sessions = 5
        configuration.engine.limits.connections = 9
        configuration.engine.limits.packetsPerPayload = 12
        configuration.engine.limits.packetsPerPoll = 4
        configuration.engine.limits.outboxBytes = 3000
        configuration.engine.limits.fragmentsPerMessage = 5
        configuration.engine.limits.headerBytes = 1000
        configuration.engine.limits.headerCount = 16
        configuration.engine.maximumPayloadBytes = 2000
        configuration.engine.compressionThreshold = 100
        configuration.limits.attachmentsPerPacket = 3
        configuration.limits.attachmentBytes = 1000
        configuration.limits.nestingDepth = 20
        configuration.limits.namespaceBytes = 40
        configuration.limits.eventNameBytes = 40
        configuration.limits.namespacesPerConnection = 3
        configuration.limits.dynamicNamespaces = 2
        configuration.limits.eventsPerInbox = 3
        configuration.limits.inboxBytes = 300
        configuration.engine.limits.connectionsWithoutHandshake = 5
        configuration.limits.roomsPerSocket = 4
        configuration.limits.acknowledgementsPerSocket = 4
        if features & 1 != 0 { configuration.engine.cookie = CookieConfiguration() }
        if features & 2 != 0 { configuration.connectionStateRecovery = Self.recovery }
        // What is kept of a namespace goes with it.
        configuration.removesEmptyNamespaces = features & 2 == 0
        if features & 4 != 0 { self.addHooks(to: &configuration.engine) }
        if features & 8 != 0 { configuration.engine.cors.origins = .list(["http://friend.example"]) }
        if features & 16 != 0 { configuration.parser = .messagePack }
        if features & 32 != 0 { self.addAddressLimits(to: &configuration.engine) }
        if features & 64 != 0 { self.addRates(to: &configuration, source.choice([.delay, .drop, .close])) }
        if features & 128 != 0 { configuration.engine.outboxPolicy = .dropOldestVolatile }
        if others & 1 != 0 { configuration.engine.perMessageDeflate = self.compression(others & 4 != 0) }
        configuration.engine.allowsEIO3 = others & 2 != 0
        // Polling by scripts is for the pages of everybody.
        if others & 8 != 0 { configuration.engine.cors.origins = .any }
        return configuration
    }

    /// Little memory, as all of it counts for what an input may hold.
    private static func compression(_ clientForgets: Bool) -> PerMessageDeflate {
        var options = PerMessageDeflate()
        options.threshold = 20
        options.memoryLevel = 1
        options.serverMaxWindowBits = 10
        options.clientNoContextTakeover = clientForgets
        return options
    }

    private static var recovery: ConnectionStateRecovery {
        var recovery = ConnectionStateRecovery()
        recovery.maximumDisconnectionDuration = .seconds(30)
        recovery.maximumEvents = 5
        recovery.maximumBytes = 1000
        recovery.maximumSockets = 2
        return recovery
    }

    private static func addAddressLimits(to configuration: inout EngineIOConfiguration) {
        configuration.trustedProxies = ["127.0.0.1"]
        configuration.limits.connectionsPerAddress = 4
        configuration.limits.openRequestsPerAddress = 3
        configuration.limits.handshakesPerSecondPerAddress = 0.5
        configuration.limits.handshakeBurstPerAddress = 3
    }

    /// Rates that only whoever is in a hurry exceeds; the others are not to notice.
    private static func addRates(to configuration: inout SocketIOConfiguration, _ excess: RateLimit.Excess) {
        configuration.limits.eventsPerSecond = RateLimit(2, burst: 6, beyond: excess)
        configuration.limits.bytesPerSecond = RateLimit(500, burst: 2000, beyond: excess)
    }

    private static func addHooks(to configuration: inout EngineIOConfiguration) {
        configuration.allowRequest = { request in
            await pause()
            return request.queryValue("refuse") == nil ? .allow : .refuse(message: "no")
        }
        configuration.initialHeaders = { _ in [.server: "fuzz"] }
        configuration.headers = { request in [.eTag: "\(request.query.count)"] }
        configuration.requestMiddlewares = [
            { request in
                guard request.queryValue("throw") == nil else { throw Finding("a middleware that throws") }
                return .proceed
            }
        ]
        configuration.onRefusedRequest = { _ in }
    }
}
