/// What an application may know of requests, and say to them, beside its sessions.

/// Looks at a request before anything else does; see ``EngineIOConfiguration/requestMiddlewares``.
///
/// Called on the event loop: it must not block. What it throws is logged nowhere and answered 400 with code 3, `Bad
/// request`, as in Node; ``EngineIOConfiguration/onRefusedRequest`` is told.
public typealias RequestMiddleware = @Sendable (_ request: HandshakeRequest) throws -> RequestVerdict

/// What a middleware says to a request.
public enum RequestVerdict: Sendable {
    /// The next middleware is asked; behind the last one the request goes on.
    case proceed
    /// The request is answered so, and no session hears of it.
    case answer(ApplicationResponse)
}

/// A request that was refused before it reached a session: Node's `connection_error`.
public struct RefusedRequest: Sendable {
    /// The number clients know the error by, from 0 to 5.
    public let code: Int

    /// The text that belongs to the code, or the application's own.
    public let message: String

    /// Details, by the names of Node's server: `transport`, `sid`, `method`, `message`, `protocol`, `origin`, `name`.
    ///
    /// A `Bad request` has a `name`: `INVALID_ORIGIN`, `TRANSPORT_MISMATCH`, `TRANSPORT_HANDSHAKE_ERROR` or
    /// `MIDDLEWARE_FAILURE`. Values are what the client sent, any characters included.
    public let context: [String: String]

    /// The request.
    public let request: HandshakeRequest
}
