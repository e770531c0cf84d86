/// What goes wrong between a test and its clients.
import NIOCore

/// Something a test waited for did not come, or what came makes no sense.
///
/// The description says what was awaited, for how long, and what came instead.
public struct TestFailure: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The server refused to open a connection: it answered the first request with an error.
///
/// A refusal by a namespace, once the connection is open, is a `ConnectRefusal`.
public struct HandshakeRejection: Error, Sendable, CustomStringConvertible {
    /// The answer's status code; `nil` when the connection ended without an answer.
    public let status: Int?
    /// The answer's body, such as `{"code":3,"message":"Bad request"}`, or what happened instead of an answer.
    public let body: String

    init(status: Int?, body: String) {
        self.status = status
        self.body = body
    }

    init(_ response: WireResponse) {
        self.init(status: response.status, body: String(buffer: response.body))
    }

    /// The status and the body.
    public var description: String {
        self.status.map { "the handshake was answered \($0): \(self.body)" } ?? "the handshake failed: \(self.body)"
    }
}

/// Why a client is connected no longer, in the words of the JavaScript client.
public struct ClientDisconnectReason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The text that the JavaScript client gives its `disconnect` handlers.
    public let rawValue: String

    /// Creates a reason.
    ///
    /// - Parameter rawValue: Its text.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The server made the client leave the namespace.
    public static let serverDisconnect = Self(rawValue: "io server disconnect")
    /// The client left, or closed its connection.
    public static let clientDisconnect = Self(rawValue: "io client disconnect")
    /// The connection ended: the server closed it, or it was dropped.
    public static let transportClose = Self(rawValue: "transport close")
    /// A request of the connection failed, as those of a session that has ended do.
    public static let transportError = Self(rawValue: "transport error")

    /// The reason's text.
    public var description: String { self.rawValue }
}
