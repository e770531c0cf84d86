/// What a server throws at the program that runs it: misuse and failures to start, never a peer's fault.

/// An error of the server itself.
public struct EngineIOError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    ///
    /// New codes may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The code's name.
        public let rawValue: String

        /// Creates a code.
        ///
        /// - Parameter rawValue: Its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A value of the configuration makes no sense.
        public static let invalidConfiguration = Self(rawValue: "invalidConfiguration")
        /// The address cannot be bound: in use, or not one of this machine's.
        public static let cannotBind = Self(rawValue: "cannotBind")
        /// The server has been started before.
        public static let alreadyRunning = Self(rawValue: "alreadyRunning")
        /// The server has been shut down: it does not start, or not again.
        public static let shutDown = Self(rawValue: "shutDown")
        /// The session closed before there was room for the message.
        public static let sessionClosed = Self(rawValue: "sessionClosed")
        /// The task that waited was cancelled.
        public static let cancelled = Self(rawValue: "cancelled")
    }

    /// What kind of error it is.
    public let code: Code
    /// What was expected, and what was found.
    public let message: String
    /// The error behind this one.
    public let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    static var wasShutDown: Self { Self(.shutDown, "the server has been shut down") }

    static func invalid(_ name: String, found: String, expected: String) -> Self {
        Self(.invalidConfiguration, "\(name) is \(found), expected \(expected)")
    }

    /// The message.
    public var description: String { self.message }
}
