/// The name of one session's membership in one namespace.
internal import EngineIO

/// Identifies a socket: 20 characters of URL-safe base64.
///
/// It differs from the session's id and may be told to others.
public struct SocketID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id's text.
    public let rawValue: String

    /// Creates an id from its text.
    ///
    /// - Parameter rawValue: The text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes a new id.
    static func random() -> Self {
        Self(rawValue: SessionID().description)
    }

    /// The id's text.
    public var description: String { self.rawValue }
}
