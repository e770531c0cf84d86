/// Where the application's hooks are called for a request.
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// The answer of a middleware, in a box: routes are small, since every request has one.
final class MiddlewareAnswer: Sendable {
    let response: ApplicationResponse

    init(_ response: ApplicationResponse) {
        self.response = response
    }
}

extension HTTPConnectionHandler {
    // MARK: Middlewares

    /// What the middlewares make of a request; `nil` when it goes on.
    func intercept(_ exchange: Exchange) -> Route? {
        guard self.core.hasMiddlewares, self.core.owns(exchange.head.uri) else { return nil }
        let request = self.observedRequest(exchange)
        do {
            for middleware in self.core.configuration.requestMiddlewares {
                if case .answer(let response) = try middleware(request) { return .answer(MiddlewareAnswer(response)) }
            }
            return nil
        } catch {
            return .reject(.middlewareFailure)
        }
    }

    private func observedRequest(_ exchange: Exchange) -> HandshakeRequest {
        // Only methods that are no tokens cannot be converted.
        guard let request = try? HTTPRequest(exchange.head, secure: exchange.isSecure, splitCookie: false) else {
            return self.handshakeRequest(exchange)
        }
        return HandshakeRequest(
            head: request,
            remoteAddress: self.remoteAddress(exchange),
            isSecure: exchange.isSecure,
            time: self.core.environment.time.timeOfDay
        )
    }

    // MARK: Headers

    /// Adds the application's headers to what a session answers.
    func withHookHeaders(_ answer: Answer, _ exchange: Exchange) -> Answer {
        guard self.core.hasHeaderHooks, answer.status == .ok else { return answer }
        var answer = answer
        switch exchange.route {
        case .handshake: self.addHookHeaders(to: &answer.headers, exchange, isInitial: true)
        case .poll, .post: self.addHookHeaders(to: &answer.headers, exchange, isInitial: false)
        default: break
        }
        return answer
    }

    /// Adds the application's headers to those of an answer, which they replace where the names are the same.
    func addHookHeaders(to headers: inout HTTPHeaders, _ exchange: Exchange, isInitial: Bool) {
        guard self.core.hasHeaderHooks else { return }
        let configuration = self.core.configuration
        let request = self.observedRequest(exchange)
        if isInitial, let hook = configuration.initialHeaders { Self.add(hook(request), to: &headers) }
        if let hook = configuration.headers { Self.add(hook(request), to: &headers) }
    }

    private static func add(_ fields: HTTPFields, to headers: inout HTTPHeaders) {
        let fields = fields.filter { !Self.ownHeaders.contains($0.name.canonicalName) }
        // Cookies stand beside each other.
        for field in fields where field.name != .setCookie { headers.remove(name: field.name.rawName) }
        for field in fields { headers.add(name: field.name.rawName, value: field.value) }
    }

    /// The connection's business.
    private static let ownHeaders: Set<String> = [
        "connection", "content-encoding", "content-length", "date", "sec-websocket-accept", "sec-websocket-extensions",
        "sec-websocket-protocol", "transfer-encoding", "upgrade",
    ]

    // MARK: Refusals

    /// Tells the application of a request that is refused.
    func tellRefused(_ rejection: RequestRejection, _ exchange: Exchange) {
        if !exchange.isAnswered { self.core.environment.metrics.refused(rejection) }
        guard let hook = self.core.configuration.onRefusedRequest, !exchange.isAnswered else { return }
        hook(
            RefusedRequest(
                code: rejection.code,
                message: rejection.message,
                context: self.core.context(of: rejection, exchange),
                request: self.observedRequest(exchange)
            )
        )
    }
}

extension EngineCore {
    /// The details of a refusal, as Node's server gives them.
    fileprivate func context(of rejection: RequestRejection, _ exchange: Exchange) -> [String: String] {
        let query = try? Query(target: exchange.head.uri)
        let details =
            switch rejection {
            case .unknownTransport: ["transport": query?.transport.map(String.init)]
            case .unknownSession: ["sid": query?.sid.map(String.init)]
            case .badHandshakeMethod: ["method": exchange.head.method.rawValue]
            case .forbidden, .tooManyHandshakes, .tooManyRequests, .tooManyConnections, .shuttingDown:
                ["message": rejection.message]
            case .unsupportedProtocolVersion: ["protocol": query?.revision.map(String.init)]
            case .middlewareFailure: ["name": "MIDDLEWARE_FAILURE"]
            case .badRequest: self.badRequestContext(exchange, query)
            }
        return details.compactMapValues(\.self)
    }

    private func badRequestContext(_ exchange: Exchange, _ query: Query?) -> [String: String?] {
        guard self.allowsOrigin(of: exchange) else {
            return ["name": "INVALID_ORIGIN", "origin": exchange.traits.origin]
        }
        guard let sid = query?.sid, !sid.isEmpty else { return ["name": "TRANSPORT_HANDSHAKE_ERROR"] }
        let session = SessionID(sid).flatMap(self.environment.registry.session(for:))
        return [
            "name": "TRANSPORT_MISMATCH", "transport": query?.transport.map(String.init),
            "previousTransport": session?.transport.rawValue,
        ]
    }
}
