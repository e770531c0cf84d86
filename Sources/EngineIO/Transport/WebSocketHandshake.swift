/// The HTTP side of opening a WebSocket (RFC 6455 §4.2).
package import NIOCore
package import NIOHTTP1
import NIOWebSocket

/// Checks upgrade requests and makes their answers.
package enum WebSocketHandshake {
    /// Why a request cannot be upgraded; the texts are those of the library Node uses.
    package struct Refusal: Error {
        var status: HTTPResponseStatus = .badRequest
        var message: String
        var headers: HTTPHeaders = [:]
    }

    /// Makes the accept key; nothing else of NIO's upgrader is used, since it sees only a connection's first request.
    private static let upgrader = NIOWebSocketServerUpgrader(
        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
        upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
    )

    /// Checks what the client must have sent.
    package static func check(_ head: HTTPRequestHead) throws(Refusal) {
        guard head.method == .GET else { throw Refusal(status: .methodNotAllowed, message: "Invalid HTTP method") }
        guard head.version.major == 1, head.version.minor >= 1,
            head.headers[canonicalForm: "upgrade"].contains(where: { $0.lowercased() == "websocket" })
        else { throw Refusal(message: "Invalid Upgrade header") }
        // 16 bytes in base64.
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, keys[0].utf8.count == 24, keys[0].hasSuffix("==") else {
            throw Refusal(message: "Missing or invalid Sec-WebSocket-Key header")
        }
        guard head.headers.first(name: "sec-websocket-version") == "13" else {
            throw Refusal(
                message: "Missing or invalid Sec-WebSocket-Version header",
                headers: ["Sec-WebSocket-Version": "13"]
            )
        }
        _ = try Self.subprotocol(for: head)
    }

    /// The header in which protocols above WebSocket are asked for, and one is chosen.
    private static let subprotocols = "Sec-WebSocket-Protocol"

    /// Chooses the first of the protocols that the client asks for, as the library Node uses.
    ///
    /// Nothing depends on it, but browsers close a WebSocket whose server has chosen none.
    ///
    /// - Returns: The protocol; `nil` when the client asks for none.
    private static func subprotocol(for head: HTTPRequestHead) throws(Refusal) -> String? {
        let values = head.headers[Self.subprotocols]
        guard !values.isEmpty else { return nil }
        var first: String?
        // A header has room for thousands.
        var names: Set<String> = []
        var scanner = HeaderScanner(values.joined(separator: ","))
        repeat {
            guard let name = scanner.takeToken(), names.insert(name).inserted else { break }
            if first == nil { first = name }
            if scanner.isAtEnd { return first }
        } while scanner.take(UInt8(ascii: ","))
        throw Refusal(message: "Invalid \(Self.subprotocols) header")
    }

    /// The header in which extensions are offered and accepted.
    package static let extensions = "Sec-WebSocket-Extensions"

    /// Negotiates the compression of messages.
    ///
    /// - Returns: What the answer tells the client; `nil` when nothing is compressed.
    /// - Throws: A refusal when the client's offers cannot be read, unless the server compresses nothing anyway.
    package static func compression(
        for head: HTTPRequestHead,
        settings: WebSocketSettings
    ) throws(Refusal) -> DeflateAgreement? {
        guard let options = settings.compression else { return nil }
        do {
            let offers = try ExtensionOffer.parse(head.headers[Self.extensions])
            return DeflateAgreement.negotiate(offers, options: options)
        } catch {
            throw Refusal(message: "Invalid or unacceptable Sec-WebSocket-Extensions header")
        }
    }

    /// The headers of the 101 response to a request that was checked.
    package static func responseHeaders(
        for head: HTTPRequestHead,
        extra: HTTPHeaders,
        on channel: any Channel
    ) -> EventLoopFuture<HTTPHeaders> {
        // NIO's upgrader drops the headers it is given.
        Self.upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:]).map {
            var headers = $0
            if let name = try? Self.subprotocol(for: head) { headers.add(name: Self.subprotocols, value: name) }
            headers.add(contentsOf: extra)
            return headers
        }
    }
}
