/// What the chat was started with: flags first, then the environment, then defaults.
import EngineIO
import Logging
import SocketIO

/// The values of all settings, checked.
///
/// The environment is looked up here and not through a configuration library: flags and variables go through the same
/// dozen checks and get the same error text, a variable that cannot be read is an error and not silently the default,
/// and whoever builds the chat builds one package less.
struct ChatSettings: Sendable {
    var host: String
    var port: Int
    var templates: String
    var temporaryLifetime: Duration
    var cleanupInterval: Duration
    var avatarURL: String
    var logLevel: Logger.Level
    var logFile: String
    var allowedOrigins: [String]
    var trustedProxies: [String]
    var pingInterval: Duration
    var pingTimeout: Duration
    /// `nil` for one event loop a core.
    var threads: Int?
    var drainDuration: Duration
    var hasHealthEndpoints: Bool

    init(_ options: ChatOptions, environment: EnvironmentLookup) throws(SettingError) {
        self.host = try Settings.host.value(flag: options.host, environment: environment)
        self.port = try Settings.port.value(flag: options.port, environment: environment)
        self.templates = try Settings.templates.value(flag: options.templates, environment: environment)
        self.temporaryLifetime = try Settings.temporaryLifetime.value(flag: options.tempTTL, environment: environment)
        self.cleanupInterval = try Settings.cleanupInterval.value(
            flag: options.cleanupInterval,
            environment: environment
        )
        self.avatarURL = try Settings.avatarURL.value(flag: options.avatarURL, environment: environment)
        self.logLevel = try Settings.logLevel.value(flag: options.logLevel, environment: environment)
        self.logFile = try Settings.logFile.value(flag: options.logFile, environment: environment)
        self.allowedOrigins = try Settings.allowedOrigin.values(flags: options.allowedOrigin, environment: environment)
        self.trustedProxies = try Settings.trustedProxy.values(flags: options.trustedProxy, environment: environment)
        self.pingInterval = try Settings.pingInterval.value(flag: options.pingInterval, environment: environment)
        self.pingTimeout = try Settings.pingTimeout.value(flag: options.pingTimeout, environment: environment)
        let threads = try Settings.threads.value(flag: options.threads, environment: environment)
        self.threads = threads == 0 ? nil : threads
        self.drainDuration = try Settings.drainDuration.value(flag: options.drainDuration, environment: environment)
        self.hasHealthEndpoints = try Settings.healthEndpoints.value(
            flag: options.healthEndpoints.map { $0 ? "yes" : "no" },
            environment: environment
        )
    }
}

extension ChatSettings {
    /// The server's configuration.
    var server: SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.host = self.host
        configuration.port = self.port
        configuration.threads = self.threads
        configuration.engine.pingInterval = self.pingInterval
        configuration.engine.pingTimeout = self.pingTimeout
        configuration.engine.cors = self.cors
        configuration.engine.trustedProxies = self.trustedProxies
        configuration.drainDuration = self.drainDuration
        if self.hasHealthEndpoints {
            configuration.engine.livenessPath = "/healthz"
            configuration.engine.readinessPath = "/readyz"
        }
        return configuration
    }

    /// Pages of the chat's own origin, and those that were asked for.
    private var cors: CORSConfiguration {
        guard !self.allowedOrigins.isEmpty else { return CORSConfiguration() }
        let origins = self.allowedOrigins.contains("*") ? .any : OriginPolicy.sameOrigin(and: self.allowedOrigins)
        // As in the original. There are no cookies, so that a page learns nothing it could not learn without.
        return CORSConfiguration(origins: origins, allowsCredentials: true)
    }
}
