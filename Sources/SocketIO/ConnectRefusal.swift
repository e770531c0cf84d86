/// How a connect middleware says no.

/// Refuses a client's CONNECT; thrown by a middleware, it reaches the client as CONNECT_ERROR.
///
/// Any other error thrown there is logged, and the client is told only `Internal error`.
public struct ConnectRefusal: Error, Sendable {
    /// The text the client finds in its error's `message`.
    public let message: String

    /// What the client finds in its error's `data`; left out when `nil`.
    public let data: Value?

    /// Creates a refusal.
    ///
    /// - Parameters:
    ///   - message: The text the client is told.
    ///   - data: Details for the client's program.
    public init(_ message: String, data: Value? = nil) {
        self.message = message
        self.data = data
    }

    static let invalidNamespace = Self("Invalid namespace")
    static let tooManyNamespaces = Self("Too many namespaces")
    static let internalError = Self("Internal error")
}
