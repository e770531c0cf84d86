/// One HTTP/1 connection: takes requests one after the other, and sees that each of them is answered.
import NIOCore
import NIOHTTP1

/// Serves the requests of a connection until it closes or becomes a WebSocket.
///
/// Requests are answered in order. Those that a client sends ahead wait in a queue; when the queue is long the
/// connection is not read. NIO's pipelining handler would stop reading during every request, which costs two system
/// calls for each poll. A client that does not read its answers is not read either. Confined to its event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// How many times the largest body is read and thrown away after an early answer, so that the client reads it.
    private static let discardFactor = 8

    let core: EngineCore
    let loopContext: LoopContext
    /// Who the requests are from; `nil` when nobody asks.
    let client: ConnectionClient?
    private(set) var context: ChannelHandlerContext?
    var exchange: Exchange?
    /// Whether a request of this connection was part of a session.
    private(set) var servesSessions = false
    /// Whether a request was for a session that took it.
    private var hasLedToSession = false
    private(set) var queue: RequestQueue
    private var isProcessing = false
    private var nextSerial = 0
    private var isReadHeld = false
    private var isInputClosed = false
    /// The last answer has been written; whatever the client still sends is not looked at.
    var isClosing = false
    private var parseError: (any Error)?
    /// Whether the parser has given something since the last read was complete.
    private var hasReceivedPart = false
    /// Whether the parser has the beginning of a head.
    var isHeadBegun = false
    var deadline: NIODeadline?
    var timer: (deadline: NIODeadline, token: DeadlineWheel<any DeadlineTarget>.Token)?
    /// How many bytes of answers waited for the client when the timer fired last.
    var unreadBytes = 0

    init(core: EngineCore, loopContext: LoopContext, client: ConnectionClient? = nil) {
        self.core = core
        self.queue = RequestQueue(maximumPayloadBytes: core.configuration.maximumPayloadBytes)
        self.loopContext = loopContext
        self.client = client
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.setDeadline(in: self.core.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.cancelTimer()
        self.exchange?.endCounting()
        self.client?.leaveBehind()
        self.context = nil
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.hasReceivedPart = true
        self.queue.append(self.unwrapInboundIn(data))
        self.processQueue()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What was read and gave nothing is the beginning of a head, unless a body is being received.
        if !self.hasReceivedPart, self.parseError == nil, self.exchange?.isReceived != false { self.isHeadBegun = true }
        self.hasReceivedPart = false
        context.fireChannelReadComplete()
    }

    /// Works on what has arrived until a request has to wait for its answer.
    func processQueue() {
        guard !self.isProcessing, !self.isClosing else { return }
        self.isProcessing = true
        // Nothing is answered behind the last answer, which may be given in here.
        while !self.isClosing, self.exchange?.isReceived != true, self.isWritable, let part = self.queue.popFirst() {
            self.receive(part)
        }
        self.isProcessing = false
        self.endAtParseError()
        if self.isReadHeld, self.mayRead {
            self.isReadHeld = false
            self.context?.read()
        }
        if self.isInputClosed, self.queue.isEmpty { self.finishInput() }
    }

    /// The client sends no more, and all that it sent has been looked at.
    private func finishInput() {
        if let exchange = self.exchange {
            guard !exchange.isReceived else { return }
            if !exchange.isAnswered { self.loseRequest() } else if !self.isClosing { self.closeWhenWritten() }
        } else if !self.isClosing {
            self.closeWhenWritten()
        }
    }

    func read(context: ChannelHandlerContext) {
        if self.mayRead { context.read() } else { self.isReadHeld = true }
    }

    /// Whether the client reads its answers, as far as the channel's buffer tells.
    private var isWritable: Bool { self.context?.channel.isWritable ?? false }

    /// Whether more may be read.
    ///
    /// Not while much waits on either side, nor behind a request that ends the parsing, since what follows it would pile up
    /// in front of the parser. The body of such a request is still to be read.
    private var mayRead: Bool {
        guard !self.queue.isFull, self.isWritable else { return false }
        return self.exchange.map { !$0.endsParsing || !$0.isReceived } ?? true
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.processQueue() }
        context.fireChannelWritabilityChanged()
    }

    private func receive(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): self.receiveHead(head)
        case .body(let body): self.receiveBody(body)
        case .end: self.receiveEnd()
        }
    }

    private func receiveHead(_ head: HTTPRequestHead) {
        self.isHeadBegun = false
        self.setDeadline(in: self.core.bodyTimeout)
        let exchange = Exchange(serial: self.nextSerial, head: head)
        self.nextSerial += 1
        self.exchange = exchange
        exchange.route = self.route(exchange)
        if exchange.route.isOfSession { self.servesSessions = true }
        if case .post(let session) = exchange.route, !self.begin(post: session) { return }
        guard exchange.route.takesBody else {
            // A client that asks first is told at once, before it sends a body that nobody wants.
            if exchange.traits.expectsContinue, exchange.route.isRefusal { self.perform(exchange) }
            return
        }
        if let length = exchange.traits.contentLength, length > self.core.configuration.maximumPayloadBytes {
            self.rejectBody()
        } else if exchange.traits.expectsContinue {
            self.writeContinue()
        }
    }

    /// Claims the session's slot for a POST; answers at once when it is taken.
    private func begin(post session: Session) -> Bool {
        switch session.beganPost() {
        case .accepted:
            self.ledToSession()
            return true
        case .overlap:
            self.answer(.empty(.badRequest))
        case .closed:
            if let exchange = self.exchange { self.reject(.unknownSession, exchange) }
        case .transportMismatch:
            if let exchange = self.exchange { self.reject(.badRequest, exchange) }
        }
        return false
    }

    private func receiveBody(_ body: ByteBuffer) {
        // No copy of the exchange is held here: its body must be the only reference, or each append would copy it.
        guard let size = self.exchange?.wantedBodySize else { return self.discard(body) }
        guard size + body.readableBytes <= self.core.configuration.maximumPayloadBytes else {
            self.rejectBody()
            self.discard(body)
            return
        }
        if size == 0 {
            self.exchange?.body = body
        } else {
            self.exchange?.body.writeImmutableBuffer(body)
        }
    }

    /// Answers 413.
    ///
    /// The session stays: a client that lost one oversized message may go on.
    private func rejectBody() {
        if case .post(let session) = self.exchange?.route { session.rejectedPost() }
        self.core.environment.limits.reached(.maximumPayloadBytes)
        self.exchange?.body = ByteBuffer()
        self.answer(.empty(.payloadTooLarge))
    }

    private func discard(_ body: ByteBuffer) {
        self.exchange?.discardedBytes += body.readableBytes
        guard let exchange = self.exchange,
            exchange.discardedBytes > Self.discardFactor * self.core.configuration.maximumPayloadBytes
        else { return }
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
        case is ConnectionShouldDrainEvent: self.drain()
        case is ChannelShouldQuiesceEvent: self.quiesce()
        case is ConnectionShouldYieldEvent: self.yieldConnection()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// A connection to the server led to a session: it counts no more among those that may be anybody's.
    func ledToSession() {
        guard !self.hasLedToSession, let context = self.context else { return }
        self.hasLedToSession = true
        self.core.connections.ledToSession(context.channel)
    }

    /// There are too many connections that have not led to a session.
    private func yieldConnection() {
        guard !self.hasLedToSession, !self.isClosing else { return }
        if let exchange = self.exchange, exchange.isReceived {
            // The server has not answered yet, which is not the client's fault.
            exchange.keepsAlive = false
        } else {
            self.closeWhenWritten()
        }
    }

    private func closedInput() {
        // The client sends no more. What it has asked for is still answered, but a poll has nobody to wait for it.
        self.isInputClosed = true
        if self.mustGiveUpRequest { self.loseRequest() }
        self.processQueue()
    }

    /// Whether nothing can come of the request, now that the client sends no more.
    private var mustGiveUpRequest: Bool {
        guard let exchange = self.exchange else { return false }
        if case .poll = exchange.route { return exchange.isReceived }
        return false
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.loseRequest()
        self.queue.removeAll()
        context.fireChannelInactive()
    }

    /// The client will not get its answer.
    private func loseRequest() {
        guard let exchange = self.exchange, !exchange.isAnswered else { return }
        self.exchange?.isAnswered = true
        self.exchange?.endCounting()
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
        switch error {
        case is HTTPParserError:
            self.parseError = error
            self.processQueue()
        // What follows something that cannot be parsed is not looked at, nor is it a reason not to answer.
        case is ByteToMessageDecoderError: break
        // A reset connection, or one that cannot be written to: nobody is there to be told.
        default: context.close(promise: nil)
        }
    }

    /// Ends the connection when all has been answered that came before what cannot be parsed.
    ///
    /// The request in whose body that stands, if it stands in one, is lost. When it has its answer already there is nothing
    /// more to say.
    private func endAtParseError() {
        guard let error = self.parseError, !self.isClosing, self.queue.isEmpty, self.exchange?.isReceived != true else {
            return
        }
        self.parseError = nil
        guard let exchange = self.exchange else { return self.answer(parseError: error) }
        exchange.endCounting()
        self.exchange = nil
        guard !exchange.isAnswered else { return self.closeWhenWritten() }
        if case .post(let session) = exchange.route { session.lostPost() }
        self.answer(parseError: error)
    }

    private func answer(parseError: any Error) {
        let isTooLarge = (parseError as? HTTPParserError) == .headerOverflow
        if isTooLarge { self.core.environment.limits.reached(.headers) }
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
        let isLast = self.isInputClosed && self.queue.isEmpty && self.parseError == nil
        let keepsAlive = exchange.keepsAlive && !answer.closes && !isLast
        self.exchange?.keepsAlive = keepsAlive
        let answer = self.withHookHeaders(self.withCORS(answer, exchange), exchange)
        // Before the client can read the answer, and make its next request on another connection. One that still owes
        // its body stays open.
        if exchange.isReceived { exchange.endCounting() }
        self.writeAnswer(answer, isHead: exchange.head.method == .HEAD, keepsAlive: keepsAlive)
        if exchange.isReceived { self.finishExchange() }
    }

    private func finishExchange() {
        guard let exchange = self.exchange else { return }
        exchange.endCounting()
        self.exchange = nil
        guard exchange.keepsAlive else { return }
        self.setDeadline(in: self.core.idleTimeout)
        self.processQueue()
    }
}

@available(*, unavailable)
extension HTTPConnectionHandler: Sendable {}
