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

    /// The number clients know the error by.
    var code: Int {
        switch self {
        case .unknownTransport: 0
        case .unknownSession: 1
        case .badHandshakeMethod: 2
        case .badRequest, .middlewareFailure: 3
        case .forbidden, .shuttingDown: 4
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
        }
    }

    /// The HTTP status of the answer; a refused WebSocket upgrade is answered with ``upgradeStatus``.
    var status: Int {
        switch self {
        case .forbidden: 403
        case .shuttingDown: 503
        default: 400
        }
    }

    /// The HTTP status of the answer to an upgrade: 400 as in Node, unless the client has done nothing wrong.
    var upgradeStatus: Int { self == .shuttingDown ? self.status : 400 }

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
