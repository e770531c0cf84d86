/// The name of a set of sockets.

/// A set of sockets on the server, by name.
///
/// It exists while a socket is in it.
public struct Room: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The room's name.
    public let rawValue: String

    /// Creates a room's name.
    ///
    /// - Parameter rawValue: The name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Creates a room's name.
    ///
    /// - Parameter name: The name.
    public init(_ name: String) {
        self.rawValue = name
    }

    /// Creates the name of the room that holds one socket: itself.
    ///
    /// - Parameter socket: The socket's id.
    public init(_ socket: SocketID) {
        self.rawValue = socket.rawValue
    }

    /// Creates a room's name from a literal.
    ///
    /// - Parameter value: The name.
    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    /// The room's name.
    public var description: String { self.rawValue }
}
