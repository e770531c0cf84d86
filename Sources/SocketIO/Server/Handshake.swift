/// What is known about a client when it joins a namespace.
public import EngineIO
public import HTTPTypes
internal import NIOCore

/// The request that opened the connection, and what the client said when it joined the namespace.
public struct Handshake: Sendable {
    /// The first HTTP request of the connection.
    public let request: HandshakeRequest

    /// The `auth` value of the client, as it was received; `nil` when it sent none.
    public let auth: EncodedValue?

    /// Creates a description of a client, as an adapter does for one of another server.
    ///
    /// - Parameters:
    ///   - request: The first HTTP request of the connection.
    ///   - auth: The `auth` value of the client; `nil` when it sent none.
    public init(request: HandshakeRequest, auth: EncodedValue?) {
        self.request = request
        self.auth = auth
    }

    /// The headers of the first HTTP request.
    public var headers: HTTPFields { self.request.headers }

    /// The first request's path and query.
    public var url: String { self.request.target }

    /// The client's address without its port; empty when it is not known.
    public var address: String { self.request.remoteAddress?.ipAddress ?? "" }

    /// When the connection was opened, in seconds since 1970.
    public var time: Double { self.request.time }

    /// Whether the connection is encrypted.
    public var isSecure: Bool { self.request.isSecure }

    /// Decodes the `auth` value.
    ///
    /// - Parameter type: The type it should have.
    /// - Returns: The value; an absent `auth` counts as `{}`, as in Node.
    /// - Throws: `DecodingError` when it does not fit.
    public func auth<T: Decodable>(as type: T.Type) throws -> T {
        try (self.auth ?? EncodedValue(json: "{}")).decode(as: type)
    }

    /// The value of a parameter of the first request's query.
    ///
    /// - Parameter name: The parameter's name.
    /// - Returns: The decoded value; of duplicates the last.
    public func query(_ name: String) -> String? { self.request.queryValue(name) }
}
