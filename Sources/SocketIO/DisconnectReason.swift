/// Why a socket left its namespace.
internal import EngineIO

/// Why a socket left its namespace, in the words of Node's server.
public struct DisconnectReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The text that applications of other servers know, such as `transport close`.
    public let rawValue: String

    /// Creates a reason.
    ///
    /// - Parameter rawValue: Its text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    init(_ reason: CloseReason) {
        self.rawValue = reason.rawValue
    }

    /// The client left the namespace; its connection stays.
    public static let clientNamespaceDisconnect = Self(rawValue: "client namespace disconnect")
    /// The server made the socket leave.
    public static let serverNamespaceDisconnect = Self(rawValue: "server namespace disconnect")
    /// The server is shutting down.
    public static let serverShuttingDown = Self(rawValue: "server shutting down")
    /// The client closed its connection, or lost it.
    public static let transportClose = Self(rawValue: "transport close")
    /// The connection broke a rule of its transport.
    public static let transportError = Self(rawValue: "transport error")
    /// The client did not answer a ping in time.
    public static let pingTimeout = Self(rawValue: "ping timeout")
    /// The client sent a packet of Engine.IO that cannot be decoded.
    public static let parseError = Self(rawValue: "parse error")
    /// The server closed the connection, for instance after a malformed Socket.IO packet.
    public static let forcedClose = Self(rawValue: "forced close")
    /// The same on a polling connection that had no request waiting.
    public static let forcedServerClose = Self(rawValue: "forced server close")
    /// The client read too slowly and its outbox reached its limit.
    public static let outboxOverflow = Self(rawValue: "outbox overflow")
    /// The client sent more than ``SocketIOConfiguration/Limits/eventsPerSecond`` or
    /// ``SocketIOConfiguration/Limits/bytesPerSecond`` allows.
    public static let rateExceeded = Self(rawValue: "rate exceeded")

    /// The reason's text.
    public var description: String { self.rawValue }
}
