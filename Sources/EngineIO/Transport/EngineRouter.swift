/// Decides what a request is: the checks of a handshake, in their order (Engine.IO v4, Handshake).
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// What to do with a request.
enum Route {
    /// Not Engine.IO's: the application answers.
    case application
    /// A question of an operator's tools: whether the process lives, or the server takes clients.
    case health(HealthAnswer)
    /// An `OPTIONS` request of a browser.
    case preflight
    case reject(RequestRejection)
    /// A middleware has answered.
    case answer(MiddlewareAnswer)
    /// A method that no session knows.
    case unsupportedMethod
    case handshake
    case poll(Session)
    case post(Session)
    /// A WebSocket, for a new session or for the one given.
    case webSocket(Session?)

    /// Whether the request's body is wanted.
    var takesBody: Bool {
        switch self {
        case .application, .post: true
        default: false
        }
    }

    /// Whether the answer is known without a session or the application.
    var isRefusal: Bool {
        switch self {
        case .reject, .answer, .unsupportedMethod: true
        default: false
        }
    }
}

extension EngineCore {
    /// Decides what a request is.
    ///
    /// - Parameter isUpgrade: Whether the client asks to switch to WebSocket.
    func route(_ head: HTTPRequestHead, isUpgrade: Bool) -> Route {
        let target = Self.originForm(head.uri)
        guard target.hasPrefix(self.path) else { return self.routeOutside(target, head.method) }
        if head.method == .OPTIONS, self.configuration.cors.answersPreflights { return .preflight }
        do throws(RequestRejection) {
            try self.checkOrigin(head)
            let query = try Query(target: String(target))
            guard let transport = query.transport.flatMap({ TransportName(rawValue: String($0)) }),
                self.configuration.transports.contains(transport)
            else { throw .unknownTransport }
            if let sid = query.sid, !sid.isEmpty {
                return try self.route(head.method, to: sid, over: transport, isUpgrade: isUpgrade)
            }
            guard head.method == .GET else { throw .badHandshakeMethod }
            guard !self.life.isDraining else { throw .shuttingDown }
            guard transport == .webSocket else { return .handshake }
            guard isUpgrade else { throw .badRequest }
            return .webSocket(nil)
        } catch {
            return .reject(error)
        }
    }

    private func routeOutside(_ target: Substring, _ method: HTTPMethod) -> Route {
        HealthAnswer(to: method, target, self.configuration, isReady: self.life.isReady).map(Route.health)
            ?? .application
    }

    private func route(
        _ method: HTTPMethod,
        to sid: Substring,
        over transport: TransportName,
        isUpgrade: Bool
    ) throws(RequestRejection) -> Route {
        guard let id = SessionID(sid), let session = self.environment.registry.session(for: id) else {
            throw .unknownSession
        }
        if transport == .webSocket, isUpgrade { return .webSocket(session) }
        guard transport == .polling, session.transport == .polling else { throw .badRequest }
        switch method {
        case .GET: return .poll(session)
        case .POST: return .post(session)
        default: return .unsupportedMethod
        }
    }

    private func checkOrigin(_ head: HTTPRequestHead) throws(RequestRejection) {
        guard !self.allowsOrigin(of: head) else { return }
        self.logRefused(origin: head.headers.first(name: "origin") ?? "")
        throw .badRequest
    }

    /// Whether the page that made a request, if any, may use the server.
    func allowsOrigin(of head: HTTPRequestHead) -> Bool {
        // Connections are not encrypted by this server yet.
        self.configuration.cors.origins.allows(
            origin: head.headers.first(name: "origin"),
            host: head.headers.first(name: "host"),
            isSecure: false
        )
    }

    /// The last check of a handshake.
    ///
    /// It comes after the application's own, as in Node.
    func checkRevision(_ target: String) throws(RequestRejection) {
        guard try Query(target: target).revision == "4" else { throw .unsupportedProtocolVersion }
    }

    /// The path and query of a target that may have the absolute form, which servers must accept (RFC 9112 §3.2.2).
    static func originForm(_ target: String) -> Substring {
        guard target.utf8.first != UInt8(ascii: "/") else { return Substring(target) }
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            guard let slash = rest.firstIndex(of: "/") else { return "/" }
            return rest[slash...]
        }
        return Substring(target)
    }

    /// The CORS headers of the answer to a request.
    func corsHeaders(for head: HTTPRequestHead) -> HTTPHeaders {
        if let headers = self.corsHeadersForAll { return headers }
        let cors = self.configuration.cors
        guard self.allowsOrigin(of: head) else { return HTTPHeaders(cors.refusalFields()) }
        return HTTPHeaders(cors.responseFields(origin: head.headers.first(name: "origin")))
    }
}
