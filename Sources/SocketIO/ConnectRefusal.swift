/// How a connect middleware says no.

/// Refuses a client's CONNECT; thrown by a middleware, it reaches the client as CONNECT_ERROR.
///
/// Any other error thrown there is logged, and the client is told only `Internal error`.
public struct ConnectRefusal: Error, Sendable {
    /// The text the client finds in its error's `message`.
    public let message: String

    /// What the client finds in its error's `data`; left out when `nil`.
    public let data: Value?

    /// Whose decision a refusal is.
    enum Cause: String, Sendable {
        case application
        case namespace
        case limit
        case error
    }

    let cause: Cause

    /// Creates a refusal.
    ///
    /// - Parameters:
    ///   - message: The text the client is told.
    ///   - data: Details for the client's program.
    public init(_ message: String, data: Value? = nil) {
        self.message = message
        self.data = data
        self.cause = .application
    }

    private init(_ message: String, _ cause: Cause) {
        self.message = message
        self.data = nil
        self.cause = cause
    }

    static let invalidNamespace = Self("Invalid namespace", .namespace)
    static let tooManyNamespaces = Self("Too many namespaces", .limit)
    static let tooManyRequests = Self("Too many requests", .limit)
    static let internalError = Self("Internal error", .error)
}
