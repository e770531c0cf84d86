/// One request and its answer.
import HTTPTypes
import NIOCore
import NIOHTTP1

/// A request that is being received or answered on a connection.
///
/// A class, since it is looked at several times on the way and a copy of its parts would count references each time.
/// Confined to the connection's event loop.
final class Exchange {
    /// Tells this exchange from those before it on the same connection: an answer that comes too late finds another.
    let serial: Int
    let head: HTTPRequestHead
    let route: Route
    /// Whether the client asks to switch protocols.
    let isUpgrade: Bool
    /// Whether the parser takes what follows for another protocol.
    ///
    /// The connection ends with the answer then.
    let endsParsing: Bool
    var body = ByteBuffer()
    var isReceived = false
    var isAnswered = false
    var keepsAlive: Bool
    /// Body bytes thrown away since the request was answered early.
    var discardedBytes = 0

    init(serial: Int, head: HTTPRequestHead, route: Route, isUpgrade: Bool) {
        self.serial = serial
        self.head = head
        self.route = route
        self.isUpgrade = isUpgrade
        self.endsParsing = isUpgrade || head.method == .CONNECT || WebSocketHandshake.isAmbiguous(head)
        self.keepsAlive = head.isKeepAlive && !self.endsParsing
    }

    /// The size of the body so far; `nil` when nobody wants it, or wants it any more.
    var wantedBodySize: Int? {
        self.isAnswered || !self.route.takesBody ? nil : self.body.readableBytes
    }

    /// The length of the body, if the client has said it.
    var announcedLength: Int? { self.head.headers.first(name: "content-length").flatMap { Int($0) } }

    /// Whether the client waits for `100 Continue` before it sends the body.
    var expectsContinue: Bool {
        self.head.version == .http1_1
            && self.head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }
}

/// An answer, before the headers that every answer has.
struct Answer {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders = [:]
    var body = ByteBuffer()
    /// Whether the connection ends with this answer.
    var closes = false
    /// Whether the body has no length of its own, as in 204 and 304.
    var omitsLength = false

    static func empty(_ status: HTTPResponseStatus, closes: Bool = false) -> Self {
        Self(status: status, closes: closes)
    }

    /// The answer to a request that was refused.
    static func rejection(_ rejection: RequestRejection, isUpgrade: Bool) -> Self {
        if isUpgrade {
            return .text(HTTPResponseStatus(statusCode: rejection.upgradeStatus), rejection.upgradeBody)
        }
        return Self(
            status: HTTPResponseStatus(statusCode: rejection.status),
            headers: ["Content-Type": "application/json"],
            body: rejection.body,
            // Whoever comes back does so on a new connection, which a proxy can take to another server.
            closes: rejection == .shuttingDown
        )
    }

    /// An answer to a refused upgrade, in the form of Node's: text, and the connection ends.
    static func text(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> Self {
        Self(status: status, headers: ["Content-Type": "text/html"], body: body, closes: true)
    }
}
