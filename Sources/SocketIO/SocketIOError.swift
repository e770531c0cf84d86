/// What the library throws at the program that uses it: misuse and failures, never a peer's fault.

/// An error of a server, or of an operation on it.
public struct SocketIOError: Error, Sendable, CustomStringConvertible {
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
        /// The server cannot listen on its address.
        public static let cannotBind = Self(rawValue: "cannotBind")
        /// The server has been started before.
        public static let alreadyRunning = Self(rawValue: "alreadyRunning")
        /// The server has been shut down: it does not start, or not again.
        public static let shutDown = Self(rawValue: "shutDown")
        /// The server has shut down, but handlers did not end, although they were cancelled, or an adapter did not close.
        public static let handlersAbandoned = Self(rawValue: "handlersAbandoned")
        /// An argument's `encode(to:)` threw.
        public static let encodingFailed = Self(rawValue: "encodingFailed")
        /// The event's name belongs to Socket.IO itself.
        public static let reservedEventName = Self(rawValue: "reservedEventName")
        /// No acknowledgement came in time.
        public static let acknowledgementTimeout = Self(rawValue: "acknowledgementTimeout")
        /// The acknowledgement's arguments are not what the event promises.
        public static let invalidAcknowledgement = Self(rawValue: "invalidAcknowledgement")
        /// The socket disconnected, before or while an acknowledgement or room in its outbox was awaited.
        public static let disconnected = Self(rawValue: "disconnected")
        /// The task that awaited was cancelled.
        public static let cancelled = Self(rawValue: "cancelled")
        /// An event arrived whose arguments are not what its handler takes.
        public static let invalidArguments = Self(rawValue: "invalidArguments")
        /// An event arrived that has no handler; only reported where ``HandlerRegistry/reportUnknownEvents()`` asks for it.
        public static let unknownEvent = Self(rawValue: "unknownEvent")
        /// An outgoing interceptor dropped the event, whose acknowledgement is therefore not awaited.
        public static let eventDropped = Self(rawValue: "eventDropped")
        /// A limit of the configuration was reached; the message says which.
        public static let limitReached = Self(rawValue: "limitReached")
        /// The room is not one that the socket may enter.
        public static let roomRefused = Self(rawValue: "roomRefused")
        /// A pattern for the names of namespaces makes no sense.
        public static let invalidPattern = Self(rawValue: "invalidPattern")
        /// The namespace's name has no such parameter, or its text is no value of the type.
        public static let invalidParameter = Self(rawValue: "invalidParameter")
    }

    /// What kind of error it is.
    public let code: Code
    /// What was expected, and what was found.
    public let message: String
    /// The error behind this one.
    public let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, and the error behind it.
    public var description: String { self.cause.map { "\(self.message): \($0)" } ?? self.message }
}
