/// The command line: what it offers, each value still the text that was given.
import ArgumentParser

/// The flags, as text.
///
/// Values are checked in one place, whether they come from a flag or the environment: ``ChatSettings``.
struct ChatOptions: ParsableArguments {
    @Option(help: Self.help(Settings.host, "The address to listen on."))
    var host: String?

    @Option(help: Self.help(Settings.port, "The port to listen on; 0 for any free one."))
    var port: String?

    @Option(help: Self.help(Settings.templates, "The folder with index.html; `static` beside it is served, too."))
    var templates: String?

    @Option(help: Self.help(Settings.temporaryLifetime, "How long temporary messages are kept, in seconds."))
    var tempTTL: String?

    @Option(help: Self.help(Settings.cleanupInterval, "How often old temporary messages are removed, in seconds."))
    var cleanupInterval: String?

    @Option(help: Self.help(Settings.avatarURL, "Where avatars come from, without /girl or /boy."))
    var avatarURL: String?

    @Option(help: Self.help(Settings.logLevel, "The least important lines to log."))
    var logLevel: String?

    @Option(help: Self.help(Settings.logFile, "The file that the log is appended to."))
    var logFile: String?

    @Option(
        help: """
            A further origin whose pages may use the chat, as https://example.com; * for all. May be repeated. \
            (environment: CHAT_ALLOWED_ORIGIN, separated by commas)
            """
    )
    var allowedOrigin: [String] = []

    @Option(
        help: """
            The address of a proxy before the chat whose X-Forwarded headers are believed, or a block of them, as \
            10.0.0.0/8. May be repeated. (environment: CHAT_TRUSTED_PROXY, separated by commas)
            """
    )
    var trustedProxy: [String] = []

    @Option(help: Self.help(Settings.pingInterval, "How often clients are pinged, in seconds."))
    var pingInterval: String?

    @Option(help: Self.help(Settings.pingTimeout, "How long a client may take to answer a ping, in seconds."))
    var pingTimeout: String?

    @Option(help: Self.help(Settings.threads, "The number of event loops; 0 for one a core."))
    var threads: String?

    @Option(help: Self.help(Settings.drainDuration, "Over what time clients are told of a shutdown, in seconds."))
    var drainDuration: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Answer /healthz and /readyz. (default: no; environment: CHAT_HEALTH_ENDPOINTS)"
    )
    var healthEndpoints: Bool?

    private static func help<Value>(_ setting: Setting<Value>, _ text: String) -> ArgumentHelp {
        "\(text) (default: \(setting.defaultText); environment: \(setting.variable))"
    }
}
