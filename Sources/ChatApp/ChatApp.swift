/// The chat server: `ChatApp --help` tells what can be set.
import ArgumentParser
import Logging
import ServiceLifecycle
import SocketIO
import UnixSignals

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@main
struct ChatApp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ChatApp",
        abstract: "Serves a chat over Socket.IO, with its page.",
        discussion: """
            Each option can also be set by an environment variable. A flag wins over a variable.

            SIGTERM and SIGINT (Ctrl-C) end the chat within --drain-duration and five seconds. SIGQUIT (Ctrl-\\) ends \
            it too, or hurries an end that is under way: clients are told at once.
            """
    )

    @OptionGroup
    var options: ChatOptions

    /// Starts the chat.
    ///
    /// A mistake on the command line is told in one line, where the parser's own `main` prints usage.
    static func main() async {
        // A console or a client that has gone is an error where it is written to, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await Self.parse().run()
        } catch let error as SettingError {
            Self.fail(error.message, status: EX_USAGE)
        } catch let error as LoggedError {
            // The log's line is the one line.
            Self.exit(withError: error.exitCode)
        } catch {
            let code = Self.exitCode(for: error)
            // Asking for help is a success, which the parser prints itself.
            if code.isSuccess { Self.exit(withError: error) }
            Self.fail(Self.message(for: error), status: code.rawValue)
        }
    }

    private static func fail(_ message: String, status: CInt) -> Never {
        let line = LogText.plain(message.prefix { $0 != "\n" }.description)
        try? FileDescriptor.standardError.writeAll(Array("ChatApp: \(line)\n".utf8)[...])
        Self.exit(withError: ExitCode(status))
    }

    func run() async throws {
        let settings = try ChatSettings(self.options, environment: Self.variable)
        let log = ChatLog(file: settings.logFile)
        defer { log.finish() }
        let logger = log.logger(level: settings.logLevel)
        do {
            try await Self.serve(settings, log: log, logger: logger)
        } catch {
            logger.critical("\((error as? SocketIOError)?.message ?? "\(error)")")
            throw LoggedError(error)
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Serves until the process is told to end.
    private static func serve(_ settings: ChatSettings, log: ChatLog, logger: Logger) async throws {
        let pages = try Pages(templates: settings.templates)
        let server = try SocketIOServer(configuration: settings.server, logger: logger, responder: pages.respond)
        let avatarURL = settings.avatarURL
        let chat = Chat(temporaryLifetime: settings.temporaryLifetime, logger: logger) {
            var generator = SystemRandomNumberGenerator()
            return Member.random(avatarURL: avatarURL, using: &generator)
        }
        chat.install(in: server.namespace("/"))
        try await Self.group(server, chat, log, settings, logger: logger).run()
    }

    /// Everything that runs, and the signals that end it.
    private static func group(
        _ server: SocketIOServer,
        _ chat: Chat,
        _ log: ChatLog,
        _ settings: ChatSettings,
        logger: Logger
    ) async -> ServiceGroup {
        var services: [any Service] = [ChatCleaner(chat: chat, interval: settings.cleanupInterval), server]
        var endingSignals: [UnixSignal] = [.sigterm, .sigint]
        if isatty(STDERR_FILENO) == 1 {
            // The terminal has been closed: nobody wants a chat without one to keep the port.
            endingSignals.append(.sighup)
        } else {
            // Heard from now on, before anybody can know that the chat runs.
            services.insert(LogRotation(log: log, signals: await UnixSignalsSequence(trapping: .sighup)), at: 0)
        }
        // The group's own lines are of no interest to an operator.
        var groupLogger = logger
        groupLogger.logLevel = max(logger.logLevel, .warning)
        return ServiceGroup(
            services: services,
            gracefulShutdownSignals: endingSignals,
            // Whoever does not want to wait for the drain to end.
            cancellationSignals: [.sigquit],
            logger: groupLogger
        )
    }
}

/// The chat could not start, or ended with an error, which has been logged.
struct LoggedError: Error {
    let exitCode: ExitCode

    init(_ error: any Error) {
        let isAbandoned = (error as? SocketIOError)?.code == .handlersAbandoned
        self.exitCode = ExitCode(isAbandoned ? EX_SOFTWARE : EXIT_FAILURE)
    }
}
