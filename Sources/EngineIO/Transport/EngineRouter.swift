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
    /// An `OPTIONS` request of a browser, which the application answers or not.
    case preflight(isApplications: Bool)
    case reject(RequestRejection)
    /// A middleware has answered.
    case answer(MiddlewareAnswer)
    /// The status is all there is to say.
    case status(HTTPResponseStatus, closes: Bool)
    /// A method that no session knows.
    case unsupportedMethod
    /// The connection ends without a word.
    case close
    /// One of the files that are served below the path.
    case file(ServedFile)
    case handshake
    case poll(Session)
    case post(Session)
    /// A WebSocket, for a new session or for the one given.
    case webSocket(Session?)

    /// Whether the request's body is wanted.
    var takesBody: Bool {
        switch self {
        case .application, .post, .preflight(isApplications: true): true
        default: false
        }
    }

    /// Whether the answer is known without a session or the application.
    var isRefusal: Bool {
        switch self {
        case .reject, .answer, .status, .unsupportedMethod, .close: true
        default: false
        }
    }
}

extension EngineCore {
    /// Decides what a request is.
    func route(_ exchange: Exchange) -> Route {
        let head = exchange.head
        guard self.owns(head.uri) else { return self.routeOutside(exchange) }
        if head.method == .OPTIONS, self.answersPreflights {
            return .preflight(isApplications: self.configuration.cors.continuesPreflights)
        }
        if !self.files.isEmpty, let file = self.file(for: head) { return .file(file) }
        do throws(RequestRejection) {
            try self.checkOrigin(exchange)
            let query = try Query(target: head.uri)
            guard let transport = query.transport.flatMap({ TransportName(rawValue: String($0)) }),
                self.configuration.transports.contains(transport)
            else { throw .unknownTransport }
            if let sid = query.sid, !sid.isEmpty {
                return try self.route(head.method, to: sid, over: transport, isUpgrade: exchange.isUpgrade)
            }
            guard head.method == .GET else { throw .badHandshakeMethod }
            guard !self.life.isDraining else { throw .shuttingDown }
            guard transport == .webSocket else { return .handshake }
            guard exchange.isUpgrade else { throw .badRequest }
            return .webSocket(nil)
        } catch {
            return .reject(error)
        }
    }

    private func routeOutside(_ exchange: Exchange) -> Route {
        if let answer = self.health(exchange.head) { return .health(answer) }
        if exchange.head.uri == "*" { return .status(.noContent, closes: false) }
        return exchange.isUpgrade && self.configuration.foreignUpgrades == .close ? .close : .application
    }

    /// The answer to a request for one of the health paths; `nil` when it is for neither.
    ///
    /// They lie outside the path.
    func health(_ head: HTTPRequestHead) -> HealthAnswer? {
        HealthAnswer(to: head.method, head.uri[...], self.configuration, isReady: self.life.isReady)
    }

    /// Whether a target lies below the path.
    func owns(_ target: String) -> Bool {
        guard target.hasPrefix(self.path) else { return false }
        // Without a slash at its end the path is the beginning of other names, too.
        return self.path.utf8.last == UInt8(ascii: "/")
            || target.utf8.dropFirst(self.path.utf8.count).first.map { "/?#".utf8.contains($0) } ?? true
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

    private func file(for head: HTTPRequestHead) -> ServedFile? {
        guard head.method == .GET || head.method == .HEAD else { return nil }
        let name = head.uri.dropFirst(self.path.count).prefix { $0 != "?" && $0 != "#" }
        return self.files[self.path.hasSuffix("/") ? String(name) : String(name.dropFirst())]
    }

    // MARK: Origins

    private func checkOrigin(_ exchange: Exchange) throws(RequestRejection) {
        guard !self.allowsOrigin(of: exchange) else { return }
        self.logRefused(origin: exchange.traits.origin ?? "")
        throw .badRequest
    }

    /// Whether the page that made a request, if any, may use the server.
    func allowsOrigin(of exchange: Exchange) -> Bool {
        guard let origin = exchange.traits.origin else { return true }
        return self.origins.allows(origin: origin, host: exchange.host, isSecure: exchange.isSecure)
    }

    /// The CORS headers of the answer to a request.
    func corsHeaders(for exchange: Exchange) -> HTTPHeaders {
        if let headers = self.corsHeadersForAll { return headers }
        let cors = self.configuration.cors
        guard self.allowsOrigin(of: exchange) else { return HTTPHeaders(cors.refusalFields()) }
        return HTTPHeaders(cors.responseFields(origin: exchange.traits.origin))
    }

    // MARK: Handshakes

    /// How the packets of a new session are to be written, which is the last check of a handshake.
    ///
    /// It comes after the application's own, as in Node.
    func wireFormat(_ target: String) throws(RequestRejection) -> WireFormat {
        let query = try Query(target: target)
        guard ProtocolRevision(parameter: query.revision) == .three else {
            return query.asksForBase64 ? .revision4Base64 : .revision4
        }
        guard self.configuration.allowsEIO3 else { throw .unsupportedProtocolVersion }
        let options = try Revision3Options(query)
        // Browsers do not say which page a script is for, so that this must be everybody's.
        guard options.callback == nil || self.origins.allowsEverybody else { throw .badRequest }
        return .revision3(options)
    }

    /// How packets are written on a WebSocket that may become the transport of a session.
    func wireFormat(_ target: String, of session: Session) -> WireFormat {
        guard let query = try? Query(target: target) else { return session.wire }
        switch session.wire {
        case .revision4, .revision4Base64: return query.asksForBase64 ? .revision4Base64 : .revision4
        case .revision3: return (try? Revision3Options(query)).map { .revision3($0) } ?? session.wire
        }
    }
}
