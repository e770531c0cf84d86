/// How the application answers requests outside the Engine.IO path.
public import HTTPTypes
public import NIOCore

/// A complete answer to a request.
public struct ApplicationResponse: Sendable {
    /// Status and headers.
    ///
    /// `content-length` and `date` are added.
    public var head: HTTPResponse
    /// The body; it is left out of an answer to `HEAD`, with its length in the headers.
    public var body: ByteBuffer

    /// Creates an answer.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - headers: The headers.
    ///   - body: The body.
    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
        self.head = HTTPResponse(status: status, headerFields: headers)
        self.body = body
    }

    /// Answers every request 404.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - body: Its body.
    @Sendable
    public static func notFound(request: HTTPRequest, body: ByteBuffer) async -> Self {
        .text(status: .notFound, "Not Found\n")
    }

    /// Creates an answer of plain text.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - text: The body.
    public static func text(status: HTTPResponse.Status = .ok, _ text: String) -> Self {
        Self(status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: ByteBuffer(string: text))
    }
}

/// Answers the requests that are not Engine.IO's.
///
/// The body has been received whole, within ``EngineIOConfiguration/maximumPayloadBytes``. What it throws is logged and
/// answered 500 without a word about the error.
public typealias HTTPResponder =
    @Sendable (_ request: HTTPRequest, _ body: ByteBuffer) async throws -> ApplicationResponse
