/// The errors a request is refused with before it reaches a session ("Engine.IO v4, Handshake").
import NIOCore

enum RequestRejection: Error, Equatable {
    case unknownTransport
    case unknownSession
    case badHandshakeMethod
    case badRequest
    /// A middleware of the application failed; clients see a bad request.
    case middlewareFailure
    /// Refused by the application, with its own words if it gave any.
    case forbidden(String? = nil)
    case unsupportedProtocolVersion
    /// The server takes no more sessions, because it is going to end; clients may come back to another.
    case shuttingDown
    /// The address has opened many sessions of late; in so many seconds it may open one again.
    case tooManyHandshakes(retryAfter: Int)
    /// The address has many requests open.
    case tooManyRequests
    /// The address has many WebSockets open.
    case tooManyConnections

    /// All there are.
    static let codes = 0...5

    /// The number clients know the error by.
    var code: Int {
        switch self {
        case .unknownTransport: 0
        case .unknownSession: 1
        case .badHandshakeMethod: 2
        case .badRequest, .middlewareFailure: 3
        case .forbidden, .tooManyHandshakes, .tooManyRequests, .tooManyConnections, .shuttingDown: 4
        case .unsupportedProtocolVersion: 5
        }
    }

    var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest, .middlewareFailure: "Bad request"
        case .forbidden(let message): message ?? "Forbidden"
        case .unsupportedProtocolVersion: "Unsupported protocol version"
        case .shuttingDown: "Server shutting down"
        case .tooManyHandshakes: "Too many handshakes"
        case .tooManyRequests: "Too many requests"
        case .tooManyConnections: "Too many connections"
        }
    }

    /// The HTTP status of the answer.
    ///
    /// A refused WebSocket upgrade is answered with 400 where Node knows the error, whatever it is.
    func status(isUpgrade: Bool) -> Int {
        switch self {
        case .tooManyHandshakes, .tooManyRequests, .tooManyConnections: 429
        case .shuttingDown: 503
        case .forbidden where !isUpgrade: 403
        default: 400
        }
    }

    /// After how many seconds the client may try again, if that can be said.
    var retryAfter: Int? {
        switch self {
        case .tooManyHandshakes(let retryAfter): retryAfter
        case .tooManyRequests, .tooManyConnections: 1
        default: nil
        }
    }

    /// The answer's body over plain HTTP, of type `application/json`.
    var body: ByteBuffer { ByteBuffer(string: #"{"code":\#(self.code),"message":\#(Self.quoted(self.message))}"#) }

    /// The answer's body on a refused WebSocket upgrade, of type `text/html`.
    ///
    /// The application's words may repeat what a client sent, so that markup must not survive in them.
    var upgradeBody: ByteBuffer { ByteBuffer(string: self.message.filter { $0 != "<" && $0 != ">" && $0 != "&" }) }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            case "\u{8}": "\\b"
            case "\u{C}": "\\f"
            case ..<" ": "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
