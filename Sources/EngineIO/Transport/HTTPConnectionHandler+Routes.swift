/// What the routes of a request do.
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

extension HTTPConnectionHandler {
    /// Works on a request that has been received whole.
    func perform(_ exchange: Exchange) {
        switch exchange.route {
        case .application, .preflight(isApplications: true): self.callApplication(exchange)
        case .health(let answer): self.answer(answer.answer)
        case .preflight(isApplications: false): self.answerPreflight(exchange)
        case .reject(let rejection): self.reject(rejection, exchange)
        case .answer(let answer): self.answer(self.answer(for: .success(answer.response), path: exchange.head.uri))
        case .status(let status, let closes): self.answer(.empty(status, closes: closes))
        case .unsupportedMethod: self.answer(.empty(.internalServerError))
        case .close: self.context?.close(promise: nil)
        case .file(let file): self.answer(file.answer(to: exchange.head))
        case .handshake: self.authorize(exchange) { $0.openPollingSession($1, request: $2, wire: $3) }
        case .poll(let session): self.poll(session, exchange)
        case .post(let session): self.post(to: session, exchange)
        case .webSocket(let session): self.upgrade(exchange, session: session)
        }
    }

    // MARK: The application's requests

    private func callApplication(_ exchange: Exchange) {
        guard let request = try? HTTPRequest(exchange.head, secure: exchange.isSecure, splitCookie: false) else {
            self.answer(.empty(.badRequest, closes: true))
            return
        }
        let core = self.core
        let body = exchange.body
        let serial = exchange.serial
        self.complete {
            do {
                return .success(try await core.responder(request, body))
            } catch {
                return .failure(error)
            }
        } with: { handler, result in
            handler.answer(serial: serial, handler.answer(for: result, path: request.path ?? ""))
        }
    }

    private func answer(for result: Result<ApplicationResponse, any Error>, path: String) -> Answer {
        switch result {
        case .success(let response):
            var headers = HTTPHeaders(response.head.headerFields)
            // The length and the date are this connection's business, and so is its end.
            for name in ["content-length", "date", "transfer-encoding", "connection"] { headers.remove(name: name) }
            let status = HTTPResponseStatus(
                statusCode: response.head.status.code,
                reasonPhrase: response.head.status.reasonPhrase
            )
            guard status.mayHaveResponseBody else { return Answer(status: status, headers: headers, omitsLength: true) }
            return Answer(status: status, headers: headers, body: response.body)
        case .failure(let error):
            self.core.logFailed(error, path: path)
            return Answer(
                status: .internalServerError,
                headers: ["Content-Type": "text/plain; charset=utf-8"],
                body: ByteBuffer(string: "Internal Server Error\n")
            )
        }
    }

    /// Runs asynchronous work and continues on the loop, if the connection is still there.
    private func complete<Output: Sendable>(
        _ work: @escaping @Sendable () async -> Output,
        with continuation: @escaping @Sendable (HTTPConnectionHandler, Output) -> Void
    ) {
        guard let channel = self.context?.channel else { return }
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        self.core.tasks.run {
            let output = await work()
            // The loop of a closed connection may have ended with its server.
            guard channel.isActive else { return }
            channel.eventLoop.execute { continuation(handler.value, output) }
        }
    }

    // MARK: Handshakes

    /// Asks the application, then checks the protocol revision, then goes on.
    private func authorize(
        _ exchange: Exchange,
        then proceed: @escaping @Sendable (HTTPConnectionHandler, Exchange, HandshakeRequest, WireFormat) -> Void
    ) {
        if let refusal = self.refusedHandshake(exchange) { return self.reject(refusal, exchange) }
        let request = self.handshakeRequest(exchange)
        guard let allowRequest = self.core.configuration.allowRequest else {
            self.checkRevision(exchange, request, then: proceed)
            return
        }
        let serial = exchange.serial
        self.complete {
            await allowRequest(request)
        } with: { handler, decision in
            guard let exchange = handler.exchange, exchange.serial == serial, !exchange.isAnswered else { return }
            switch decision {
            case .allow: handler.checkRevision(exchange, request, then: proceed)
            case .refuse(let message): handler.reject(.forbidden(message), exchange)
            }
        }
    }

    private func checkRevision(
        _ exchange: Exchange,
        _ request: HandshakeRequest,
        then proceed: (HTTPConnectionHandler, Exchange, HandshakeRequest, WireFormat) -> Void
    ) {
        do throws(RequestRejection) {
            proceed(self, exchange, request, try self.core.wireFormat(exchange.head.uri))
        } catch {
            self.reject(error, exchange)
        }
    }

    private func openPollingSession(_ exchange: Exchange, request: HandshakeRequest, wire: WireFormat) {
        let home = self.loopContext
        guard let session = self.core.openSession(request: request, wire: wire, home: home, webSocket: nil) else {
            self.reject(self.core.reasonForNoSession, exchange)
            return
        }
        self.ledToSession()
        var answer = self.pollAnswer(self.core.openPayload(for: session), exchange)
        if let cookie = self.core.configuration.cookie {
            answer.headers.add(name: "Set-Cookie", value: cookie.headerValue(for: session.id))
        }
        self.answer(answer)
    }

    // MARK: Polling

    private func poll(_ session: Session, _ exchange: Exchange) {
        let poll = PendingRequest(context: self.loopContext, handler: self, serial: exchange.serial)
        self.pendingPoll = poll
        switch session.receivedPoll(poll) {
        case .accepted: self.ledToSession()
        case .overlap: self.answer(.empty(.badRequest))
        case .closed: self.reject(.unknownSession, exchange)
        case .transportMismatch: self.reject(.badRequest, exchange)
        }
    }

    private func post(to session: Session, _ exchange: Exchange) {
        // The session takes the body over: its packets are slices of it.
        let body = exchange.body
        exchange.body = ByteBuffer()
        let post = PendingRequest(context: self.loopContext, handler: self, serial: exchange.serial)
        // This very value alone, as in Node. Only clients of revision 3 send it.
        let isBinary =
            session.revision == .three && exchange.head.headers["content-type"] == ["application/octet-stream"]
        session.receivedPost(body: body, isBinary: isBinary, from: post)
    }

    /// Answers a POST whose packets were delivered.
    func answerPost(serial: Int) {
        guard self.exchange?.serial == serial else { return }
        self.answer(
            Answer(
                status: .ok,
                headers: ["Content-Type": "text/html", "cache-control": "no-store"],
                body: ByteBuffer(string: "ok")
            )
        )
    }

    /// Answers a poll.
    func answerPoll(serial: Int, payload: PollPayload) {
        guard let exchange = self.exchange, exchange.serial == serial else { return }
        self.answer(self.pollAnswer(payload, exchange))
    }

    private func pollAnswer(_ payload: PollPayload, _ exchange: Exchange) -> Answer {
        let body = payload.body
        let contentType = payload.isBinary ? "application/octet-stream" : "text/plain; charset=UTF-8"
        var answer = Answer(status: .ok, headers: ["Content-Type": contentType], body: body)
        let configuration = self.core.configuration
        if configuration.compressesResponses, body.readableBytes >= configuration.compressionThreshold,
            payload.isCompressible,
            let coding = AcceptEncoding.preferred(exchange.head.headers["accept-encoding"]),
            let compressed = ResponseCompressor.compress(body, coding: coding)
        {
            answer.body = compressed
            answer.headers.add(name: "Content-Encoding", value: coding.rawValue)
        }
        answer.headers.add(name: "cache-control", value: "no-store")
        return answer
    }

    // MARK: Refusals and CORS

    func reject(_ rejection: RequestRejection, _ exchange: Exchange) {
        self.tellRefused(rejection, exchange)
        self.answer(.rejection(rejection, isUpgrade: exchange.isUpgrade))
    }

    private func answerPreflight(_ exchange: Exchange) {
        var answer = Answer.empty(HTTPResponseStatus(statusCode: self.core.configuration.cors.preflightStatus.code))
        answer.headers = self.preflightHeaders(exchange)
        self.answer(answer)
    }

    private func preflightHeaders(_ exchange: Exchange) -> HTTPHeaders {
        let cors = self.core.configuration.cors
        guard self.core.allowsOrigin(of: exchange) else { return HTTPHeaders(cors.refusalFields()) }
        let requested = exchange.head.headers.first(name: "access-control-request-headers")
        return HTTPHeaders(cors.preflightFields(origin: exchange.traits.origin, requestedHeaders: requested))
    }

    /// Adds the CORS headers, which every answer of Engine.IO has but the refusal of an upgrade.
    func withCORS(_ answer: Answer, _ exchange: Exchange) -> Answer {
        let headers: HTTPHeaders
        switch exchange.route {
        case .application, .health, .status, .preflight(isApplications: false): return answer
        case .preflight(isApplications: true): headers = self.preflightHeaders(exchange)
        default:
            if exchange.isUpgrade { return answer }
            headers = self.core.corsHeaders(for: exchange)
        }
        guard !headers.isEmpty else { return answer }
        var answer = answer
        answer.headers.add(contentsOf: headers)
        return answer
    }

    // MARK: WebSocket

    private func upgrade(_ exchange: Exchange, session: Session?) {
        let compression: DeflateAgreement?
        do throws(WebSocketHandshake.Refusal) {
            // What follows the head belongs to the WebSocket: a body would be something else to a proxy than here.
            guard !exchange.traits.hasBody else { throw WebSocketHandshake.Refusal(message: "Unexpected body") }
            try WebSocketHandshake.check(exchange.head)
            compression = try WebSocketHandshake.compression(for: exchange.head, settings: self.core.webSockets)
        } catch {
            var answer = Answer.text(error.status, ByteBuffer(string: error.message))
            answer.headers.add(contentsOf: error.headers)
            self.answer(answer)
            return
        }
        if let session {
            let wire = self.core.wireFormat(exchange.head.uri, of: session)
            self.switchToWebSocket(exchange, request: nil, session: session, wire: wire, compression)
        } else {
            self.authorize(exchange) { handler, exchange, request, wire in
                handler.switchToWebSocket(exchange, request: request, session: nil, wire: wire, compression)
            }
        }
    }

    private func switchToWebSocket(
        _ exchange: Exchange,
        request: HandshakeRequest?,
        session: Session?,
        wire: WireFormat,
        _ compression: DeflateAgreement?
    ) {
        guard let context = self.context else { return }
        guard self.countWebSocket(exchange) else { return self.reject(.tooManyConnections, exchange) }
        var extra = self.core.corsHeaders(for: exchange)
        self.addHookHeaders(to: &extra, exchange, isInitial: request != nil)
        if let compression { extra.replaceOrAdd(name: WebSocketHandshake.extensions, value: compression.headerValue) }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        WebSocketHandshake.responseHeaders(for: exchange.head, extra: extra, on: context.channel).whenComplete {
            result in
            switch result {
            case .success(let headers):
                handler.value.becomeWebSocket(
                    headers: headers,
                    request: request,
                    session: session,
                    wire: wire,
                    compression
                )
            case .failure:
                // The request was checked before: only NIO knows what else it wants.
                if let exchange = handler.value.exchange { handler.value.reject(.badRequest, exchange) }
            }
        }
    }

    private func becomeWebSocket(
        headers: HTTPHeaders,
        request: HandshakeRequest?,
        session: Session?,
        wire: WireFormat,
        _ compression: DeflateAgreement?
    ) {
        guard let context = self.context else { return }
        let webSocket = SessionWebSocket(
            settings: self.core.webSockets,
            loopContext: self.loopContext,
            compression: compression,
            wire: wire
        )
        if let request {
            guard
                let session = self.core.openSession(
                    request: request,
                    wire: wire,
                    home: self.loopContext,
                    webSocket: webSocket.link
                )
            else {
                webSocket.connection.releaseEndpoint()
                if let exchange = self.exchange { self.reject(self.core.reasonForNoSession, exchange) }
                return
            }
            webSocket.role = .transport(session)
        } else if let session, session.openedCandidate(webSocket.link) {
            webSocket.role = .candidate(session)
        }
        self.ledToSession()
        self.exchange?.endCounting()
        var head = AnswerEncoder.head(.switchingProtocols, headers)
        AnswerEncoder.endHead(&head)
        context.write(self.wrapOutboundOut(head), promise: nil)
        // The open packet of a new session leaves at the end of the tick, and takes the answer with it.
        if request == nil { context.flush() }
        self.handOver(to: webSocket.connection, context: context)
    }

    /// Takes the HTTP handlers out of the pipeline and the WebSocket's in.
    private func handOver(to webSocket: WebSocketHandler, context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(webSocket, position: .after(decoder.handler))
            // What the client has sent behind its request comes out of the decoder now.
            pipeline.removeHandler(context: decoder, promise: nil)
            let channel = context.channel
            pipeline.removeHandler(context: context, promise: nil)
            // This handler may have held a read back.
            channel.read()
        } catch {
            // The handlers are there: this server has put them in.
            context.close(promise: nil)
        }
    }
}

extension CompactRequestHead {
    /// Takes what a connection has received.
    init(_ head: HTTPRequestHead) {
        self.init(target: head.uri, headers: head.headers.lazy.map { ($0.name, $0.value) })
    }
}

extension EngineCore {
    /// The answer when ``openSession(request:wire:home:webSocket:)`` makes none.
    fileprivate var reasonForNoSession: RequestRejection {
        self.life.isDraining ? .shuttingDown : .forbidden("Too many sessions")
    }
}
