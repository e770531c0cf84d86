/// One HTTP/1 connection: takes requests one after the other, and sees that each of them is answered.
import DequeModule
import NIOCore
import NIOHTTP1

/// Serves the requests of a connection until it closes or becomes a WebSocket.
///
/// Requests are answered in order. Those that a client sends ahead wait in a queue; when the queue is long the
/// connection is not read. NIO's pipelining handler would stop reading during every request, which costs two system
/// calls for each poll. Confined to its event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    /// How many parts of later requests are kept before the connection is no longer read.
    private static let queueLimit = 64
    /// How many times the largest body is read and thrown away after an early answer, so that the client reads it.
    private static let discardFactor = 8

    let core: EngineCore
    let loopContext: LoopContext
    private(set) var context: ChannelHandlerContext?
    var exchange: Exchange?
    private var queue: Deque<HTTPServerRequestPart> = []
    private var isProcessing = false
    private var nextSerial = 0
    private var isReadHeld = false
    private var isInputClosed = false
    /// The last answer has been written; whatever the client still sends is not looked at.
    private var isClosing = false
    private var parseError: (any Error)?
    private var deadline: NIODeadline?
    private var timer: (deadline: NIODeadline, token: DeadlineWheel<any DeadlineTarget>.Token)?

    init(core: EngineCore, loopContext: LoopContext) {
        self.core = core
        self.loopContext = loopContext
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.setDeadline(in: self.core.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.cancelTimer()
        self.context = nil
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.queue.append(self.unwrapInboundIn(data))
        self.processQueue()
    }

    /// Works on what has arrived until a request has to wait for its answer.
    func processQueue() {
        guard !self.isProcessing, !self.isClosing else { return }
        self.isProcessing = true
        while self.exchange?.isReceived != true, self.context != nil, let part = self.queue.popFirst() {
            self.receive(part)
        }
        self.isProcessing = false
        if self.exchange == nil, self.queue.isEmpty, self.parseError != nil { self.answerParseError() }
        if self.isReadHeld, self.queue.count < Self.queueLimit {
            self.isReadHeld = false
            self.context?.read()
        }
        if self.isInputClosed, self.exchange == nil, self.queue.isEmpty { self.context?.close(promise: nil) }
    }

    func read(context: ChannelHandlerContext) {
        if self.queue.count < Self.queueLimit {
            context.read()
        } else {
            self.isReadHeld = true
        }
    }

    private func receive(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): self.receiveHead(head)
        case .body(let body): self.receiveBody(body)
        case .end: self.receiveEnd()
        }
    }

    private func receiveHead(_ head: HTTPRequestHead) {
        self.setDeadline(in: self.core.bodyTimeout)
        let isUpgrade = WebSocketHandshake.isRequested(by: head)
        let route = self.core.route(head, isUpgrade: isUpgrade)
        let exchange = Exchange(serial: self.nextSerial, head: head, route: route, isUpgrade: isUpgrade)
        self.nextSerial += 1
        self.exchange = exchange
        if case .post(let session) = route, !self.begin(post: session) { return }
        guard route.takesBody else { return }
        if let length = exchange.announcedLength, length > self.core.configuration.maximumPayloadBytes {
            self.rejectBody()
        } else if exchange.expectsContinue {
            self.writeContinue()
        }
    }

    /// Claims the session's slot for a POST; answers at once when it is taken.
    private func begin(post session: Session) -> Bool {
        switch session.beganPost() {
        case .accepted:
            return true
        case .overlap:
            self.answer(.empty(.badRequest))
        case .closed:
            self.answer(.rejection(.unknownSession, isUpgrade: false))
        case .transportMismatch:
            self.answer(.rejection(.badRequest, isUpgrade: false))
        }
        return false
    }

    private func receiveBody(_ body: ByteBuffer) {
        guard let exchange = self.exchange else { return }
        if exchange.isAnswered || !exchange.route.takesBody {
            self.discard(body)
            return
        }
        guard exchange.body.readableBytes + body.readableBytes <= self.core.configuration.maximumPayloadBytes else {
            self.rejectBody()
            self.discard(body)
            return
        }
        if exchange.body.readableBytes == 0 {
            self.exchange?.body = body
        } else {
            self.exchange?.body.writeImmutableBuffer(body)
        }
    }

    /// Answers 413. The session stays: a client that lost one oversized message may go on.
    private func rejectBody() {
        if case .post(let session) = self.exchange?.route { session.rejectedPost() }
        self.exchange?.body = ByteBuffer()
        self.answer(.empty(.payloadTooLarge))
    }

    private func discard(_ body: ByteBuffer) {
        guard var exchange = self.exchange else { return }
        exchange.discardedBytes += body.readableBytes
        self.exchange = exchange
        guard exchange.discardedBytes > Self.discardFactor * self.core.configuration.maximumPayloadBytes else { return }
        if !exchange.isAnswered { self.answer(.empty(.payloadTooLarge)) }
        self.context?.close(promise: nil)
    }

    private func receiveEnd() {
        guard let exchange = self.exchange else { return }
        self.exchange?.isReceived = true
        self.setDeadline(in: nil)
        if exchange.isAnswered {
            self.finishExchange()
        } else {
            self.perform(exchange)
        }
    }

    // MARK: The connection's end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: self.closedInput()
        case is ChannelShouldQuiesceEvent: self.quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// The server is shutting down: the connection ends with the request under way.
    private func quiesce() {
        guard self.exchange != nil else {
            self.context?.close(promise: nil)
            return
        }
        self.exchange?.keepsAlive = false
    }

    private func closedInput() {
        // The client sends no more. What it has asked for is still answered, but a poll has nobody to wait for it.
        self.isInputClosed = true
        self.exchange?.keepsAlive = false
        if self.mustGiveUpRequest { self.loseRequest() }
        self.processQueue()
    }

    /// Whether nothing can come of the request, now that the client sends no more.
    private var mustGiveUpRequest: Bool {
        guard let exchange = self.exchange else { return false }
        if case .poll = exchange.route { return true }
        return !exchange.isReceived
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.loseRequest()
        self.core.connectionClosed()
        self.queue.removeAll()
        context.fireChannelInactive()
    }

    /// The client will not get its answer.
    private func loseRequest() {
        guard let exchange = self.exchange, !exchange.isAnswered else { return }
        self.exchange?.isAnswered = true
        let poll = self.pendingPoll
        self.pendingPoll = nil
        self.context?.close(promise: nil)
        switch exchange.route {
        case .poll(let session): poll.map(session.lostPoll)
        case .post(let session) where !exchange.isReceived: session.lostPost()
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            // A reset connection, or one that cannot be written to: nobody is there to be told.
            context.close(promise: nil)
            return
        }
        self.parseError = error
        if let exchange = self.exchange, !exchange.isReceived {
            if case .post(let session) = exchange.route, !exchange.isAnswered { session.lostPost() }
            self.exchange = nil
            self.queue.removeAll()
        }
        self.processQueue()
    }

    private func answerParseError() {
        defer { self.parseError = nil }
        let isTooLarge = (self.parseError as? HTTPParserError) == .headerOverflow
        let status: HTTPResponseStatus = isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest
        self.writeAnswer(.empty(status, closes: true), isHead: false, keepsAlive: false)
    }

    // MARK: Answering

    /// The waiting GET, as the session knows it.
    var pendingPoll: PendingRequest?

    /// Answers the exchange with this number, unless it is over.
    func answer(serial: Int, _ answer: Answer) {
        guard self.exchange?.serial == serial else { return }
        self.answer(answer)
    }

    /// Answers the current exchange, unless that has been done.
    func answer(_ answer: Answer) {
        guard let exchange = self.exchange, !exchange.isAnswered else { return }
        self.exchange?.isAnswered = true
        self.pendingPoll = nil
        let keepsAlive = exchange.keepsAlive && !answer.closes
        self.exchange?.keepsAlive = keepsAlive
        self.writeAnswer(answer, isHead: exchange.head.method == .HEAD, keepsAlive: keepsAlive)
        if exchange.isReceived { self.finishExchange() }
    }

    private func finishExchange() {
        guard let exchange = self.exchange else { return }
        self.exchange = nil
        guard exchange.keepsAlive else { return }
        self.setDeadline(in: self.core.idleTimeout)
        self.processQueue()
    }

    private func writeAnswer(_ answer: Answer, isHead: Bool, keepsAlive: Bool) {
        guard let context = self.context else { return }
        var headers = answer.headers
        if !answer.omitsLength { headers.add(name: "Content-Length", value: String(answer.body.readableBytes)) }
        headers.add(name: "Date", value: self.core.dates.current())
        if !keepsAlive {
            headers.add(name: "Connection", value: "close")
        } else if self.exchange?.head.version.minor == 0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if !isHead, answer.body.readableBytes > 0 {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
        }
        guard !keepsAlive else {
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        self.isClosing = true
        let channel = context.channel
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private func writeContinue() {
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        self.context?.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
    }

    // MARK: Deadlines

    /// Sets when the client's patience ends; `nil` while the server is the one who is waited for.
    private func setDeadline(in amount: TimeAmount?) {
        guard let amount else {
            self.deadline = nil
            return
        }
        let deadline = NIODeadline.now() + amount
        self.deadline = deadline
        // A timer that fires too early is set again then: cheaper than to move it with each request.
        if let timer = self.timer {
            guard deadline < timer.deadline else { return }
            self.loopContext.cancel(timer.token)
        }
        self.armTimer(at: deadline)
    }

    private func armTimer(at deadline: NIODeadline) {
        let target = ConnectionTimer(self, eventLoop: self.loopContext.eventLoop)
        self.timer = (deadline, self.loopContext.schedule(target, at: deadline))
    }

    private func cancelTimer() {
        if let timer = self.timer { self.loopContext.cancel(timer.token) }
        self.timer = nil
    }

    fileprivate func timerFired(now: NIODeadline) {
        self.timer = nil
        guard let deadline = self.deadline else { return }
        guard now >= deadline else { return self.armTimer(at: deadline) }
        self.deadline = nil
        guard let exchange = self.exchange else {
            self.context?.close(promise: nil)
            return
        }
        guard !exchange.isAnswered else {
            self.context?.close(promise: nil)
            return
        }
        if case .post(let session) = exchange.route { session.lostPost() }
        self.answer(.empty(.requestTimeout, closes: true))
    }
}

@available(*, unavailable)
extension HTTPConnectionHandler: Sendable {}

/// Wakes a connection whose deadline may have come.
private final class ConnectionTimer: DeadlineTarget {
    private let handler: NIOLoopBound<HTTPConnectionHandler>

    init(_ handler: HTTPConnectionHandler, eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func deadlineReached(now: NIODeadline) {
        self.handler.value.timerFired(now: now)
    }
}
