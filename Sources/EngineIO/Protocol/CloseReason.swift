/// Why a session ended.

/// Why a session ended, in the words of Node's server.
public struct CloseReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The text that applications of other servers know, such as `transport close`.
    public let rawValue: String

    /// Creates a reason.
    ///
    /// - Parameter rawValue: Its text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The client closed the session, or its connection was lost.
    public static let transportClose = Self(rawValue: "transport close")
    /// The client broke a rule of the transport: an oversized frame, overlapping requests, an aborted request.
    public static let transportError = Self(rawValue: "transport error")
    /// The client did not answer a ping in time.
    public static let pingTimeout = Self(rawValue: "ping timeout")
    /// The client sent a packet that cannot be decoded.
    public static let parseError = Self(rawValue: "parse error")
    /// The server closed the session.
    public static let forcedClose = Self(rawValue: "forced close")
    /// The server closed a polling session that had no request waiting.
    public static let forcedServerClose = Self(rawValue: "forced server close")
    /// The server is shutting down.
    public static let serverShuttingDown = Self(rawValue: "server shutting down")
    /// The client read too slowly and its outbox reached its limit.
    ///
    /// Node has no such limit.
    public static let outboxOverflow = Self(rawValue: "outbox overflow")

    /// The reason's text.
    public var description: String { self.rawValue }
}
