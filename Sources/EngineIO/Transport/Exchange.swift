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
    /// The head, its target a path and a query.
    let head: HTTPRequestHead
    let traits: RequestTraits
    /// What a trusted proxy says of the client.
    var forwarded: ForwardedClient?
    /// What to do with the request; decided before anything else is done with it.
    var route = Route.application
    /// Where the request is counted as long as it is open.
    private var record: AddressRecord?
    var body = ByteBuffer()
    var isReceived = false
    var isAnswered = false
    var keepsAlive: Bool
    /// Body bytes thrown away since the request was answered early.
    var discardedBytes = 0

    init(serial: Int, head: HTTPRequestHead) {
        var head = head
        self.serial = serial
        self.traits = RequestTraits(&head)
        self.head = head
        self.keepsAlive = false
        self.keepsAlive = head.isKeepAlive && !self.endsParsing
    }

    /// Whether the client asks to switch protocols.
    var isUpgrade: Bool { self.traits.isUpgrade }

    /// Whether the parser takes what follows for another protocol.
    ///
    /// The connection ends with the answer then.
    var endsParsing: Bool { self.isUpgrade || self.head.method == .CONNECT || self.traits.isAmbiguous }

    /// Whether the client's connection is encrypted, as far as is known.
    var isSecure: Bool { self.forwarded?.isSecure ?? false }

    /// The host that the client has named.
    var host: String? { self.forwarded?.host ?? self.traits.host }

    /// The size of the body so far; `nil` when nobody wants it, or wants it any more.
    var wantedBodySize: Int? {
        self.isAnswered || !self.route.takesBody ? nil : self.body.readableBytes
    }

    // MARK: Counting

    /// Counts the request until ``endCounting()``.
    func count(in record: AddressRecord) {
        self.record = record
    }

    /// The request is open no more.
    func endCounting() {
        self.record?.endRequest()
        self.record = nil
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
        Self(status: status, closes: closes, omitsLength: !status.mayHaveResponseBody)
    }

    /// The answer to a request that was refused.
    static func rejection(_ rejection: RequestRejection, isUpgrade: Bool) -> Self {
        let status = HTTPResponseStatus(statusCode: rejection.status(isUpgrade: isUpgrade))
        var answer =
            isUpgrade
            ? Self.text(status, rejection.upgradeBody)
            : Self(status: status, headers: ["Content-Type": "application/json"], body: rejection.body)
        if let seconds = rejection.retryAfter { answer.headers.add(name: "Retry-After", value: "\(seconds)") }
        // Whoever comes back does so on a new connection, which a proxy can take to another server.
        if rejection == .shuttingDown { answer.closes = true }
        return answer
    }

    /// An answer to a refused upgrade, in the form of Node's: text, and the connection ends.
    static func text(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> Self {
        Self(status: status, headers: ["Content-Type": "text/html"], body: body, closes: true)
    }
}
