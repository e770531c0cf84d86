/// Options of the library that clients notice, each off unless a scenario asks for it.
import ArgumentParser
import EngineIO
import SocketIO

/// Parsers, recovery, rates, cookies, files.
struct NoticedOptions: ParsableArguments {
    @Option(help: "How packets are written.")
    var parser = Parser.standard

    @Option(help: "The seconds in which a client that lost its connection can come back; none when left out.")
    var recovery: Double?

    @Option(help: "The most events that are kept for clients that lost their connection.")
    var recoveryEvents = 100_000

    @Option(help: "The events a client may send each second; as many as it likes when left out.")
    var eventsPerSecond: Double?

    @Option(help: "The events a client may send at once.")
    var eventBurst = 10

    @Option(help: "What comes of events beyond that.")
    var beyond = Excess.delay

    @Flag(help: "Gives each client a cookie with the id of its session.")
    var cookie = false

    @Flag(help: "Refuses the pages of other origins.")
    var sameOrigin = false

    @Option(help: "The folder with the client's files.")
    var clientFolder: String?

    /// Sets what the options say.
    func change(_ configuration: inout SocketIOConfiguration) {
        configuration.parser = self.parser.value
        configuration.clientFolder = self.clientFolder
        configuration.connectionStateRecovery = self.recovery.map { seconds in
            var recovery = ConnectionStateRecovery()
            recovery.maximumDisconnectionDuration = .seconds(seconds)
            recovery.maximumEvents = self.recoveryEvents
            return recovery
        }
        configuration.limits.eventsPerSecond = self.eventsPerSecond.map {
            RateLimit($0, burst: self.eventBurst, beyond: self.beyond.value)
        }
        if !self.sameOrigin { configuration.engine.cors.origins = .any }
        configuration.engine.cookie = self.cookie ? CookieConfiguration() : nil
    }
}

extension NoticedOptions {
    /// The parsers, as the command line names them.
    enum Parser: String, ExpressibleByArgument, CaseIterable {
        case standard = "default"
        case messagePack = "msgpack"

        fileprivate var value: PacketParser {
            switch self {
            case .standard: .standard
            case .messagePack: .messagePack
            }
        }
    }

    /// What comes of events beyond a rate, as the command line names it.
    enum Excess: String, ExpressibleByArgument, CaseIterable {
        case delay, drop, close

        fileprivate var value: RateLimit.Excess {
            switch self {
            case .delay: .delay
            case .drop: .drop
            case .close: .close
            }
        }
    }
}
