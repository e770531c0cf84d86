/// One WebSocket connection: frames in, packets to its session, and the close handshake.
import Logging
import NIOCore

/// Reads frames for the session whose transport, or candidate, this connection is.
///
/// The only handler left in the pipeline after the upgrade. Confined to its event loop.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What this connection is to a session.
    enum Role {
        /// There was a candidate already, or the session has closed: to be closed.
        case unwanted
        case candidate(Session)
        case transport(Session)
    }

    var role: Role = .unwanted
    private let core: EngineCore
    private let loopContext: LoopContext
    private var reader: WebSocketReader
    private var closing = WebSocketCloseMachine()
    private var context: ChannelHandlerContext?
    /// What was received while reading is stopped.
    private var unread: ByteBuffer?
    private var isReading = true
    private var timer: DeadlineWheel<any DeadlineTarget>.Token?

    private var madeLink: WebSocketLink?

    /// The connection as its session knows it.
    var link: WebSocketLink {
        if let madeLink { return madeLink }
        let link = WebSocketLink(self, context: self.loopContext)
        self.madeLink = link
        return link
    }

    init(core: EngineCore, loopContext: LoopContext) {
        self.core = core
        self.loopContext = loopContext
        self.reader = WebSocketReader(
            maximumMessageSize: core.configuration.maximumPayloadBytes,
            maximumFragments: core.configuration.limits.fragmentsPerMessage
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if case .unwanted = self.role { self.close() }
        self.reportWritability()
    }

    /// Breaks the circle of handler and link when the handler never gets into a pipeline.
    func forgetLink() {
        self.madeLink = nil
    }

    /// A connection whose client has not read what came before is not writable from the start.
    private func reportWritability() {
        guard case .transport(let session) = self.role, self.context?.channel.isWritable == false else { return }
        session.sinkWritabilityChanged(false)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // The two refer to each other.
        self.madeLink = nil
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        if self.unread == nil {
            self.process(&buffer)
        } else {
            self.unread?.writeBuffer(&buffer)
        }
    }

    private func process(_ buffer: inout ByteBuffer) {
        do throws(WebSocketViolation) {
            while self.isReading, let event = try self.reader.next(from: &buffer) { self.receive(event) }
            self.unread = buffer.readableBytes > 0 ? buffer : nil
        } catch {
            self.fail(error)
        }
    }

    private func receive(_ event: WebSocketEvent) {
        guard self.closing.acceptsInput else {
            if case .close(let code, _) = event { self.receivedClose(code: code) }
            return
        }
        switch event {
        case .text(let text): self.receive(text: text)
        case .binary(let binary): self.receive(packet: .binary(binary))
        case .ping(let data): self.sendPong(data)
        case .pong: break
        case .close(let code, _): self.receivedClose(code: code)
        }
    }

    private func receive(text: ByteBuffer) {
        do throws(ProtocolViolation) {
            self.receive(packet: try PacketDecoder.decode(text))
        } catch {
            switch self.role {
            case .transport(let session): session.reject(error)
            case .candidate: self.dropCandidate()
            case .unwanted: break
            }
        }
    }

    private func receive(packet: InboundPacket) {
        switch self.role {
        case .transport(let session): session.receive(packet)
        case .candidate(let session): self.receive(packet: packet, for: session)
        case .unwanted: break
        }
    }

    /// A candidate may probe and upgrade; anything else costs it the chance, and the session nothing.
    private func receive(packet: InboundPacket, for session: Session) {
        switch packet {
        case .ping where packet.isProbe:
            // A candidate that probes without reading would fill the channel's buffer with answers.
            guard self.context?.channel.isWritable == true else { return self.dropCandidate() }
            guard session.receivedProbe(from: self.link) else { return }
            self.write(MessageUnit(encodedPacket: ByteBuffer(string: "3probe")).frames)
        case .upgrade:
            // The session says when this has become its transport: now, or after the POST under way.
            self.setReading(false)
            if !session.receivedUpgrade(from: self.link) { self.dropCandidate() }
        default:
            self.dropCandidate()
        }
    }

    private func dropCandidate() {
        guard case .candidate(let session) = self.role else { return }
        self.role = .unwanted
        session.lostCandidate(self.link)
        self.close()
    }

    // MARK: The session's commands

    /// The candidate has become the transport.
    func becameTransport() {
        guard case .candidate(let session) = self.role else { return }
        self.role = .transport(session)
        self.reportWritability()
        self.setReading(true)
    }

    /// Stops or resumes reading.
    func setReading(_ isReading: Bool) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading, var unread = self.unread {
            self.unread = nil
            self.process(&unread)
        }
        // What was unread may have stopped the reading again. The channel is closed when the option cannot be set.
        try? self.context?.channel.syncOptions?.setOption(.autoRead, value: self.isReading)
    }

    /// Writes frames of the session, with one flush.
    func write(frames: FrameList) {
        guard self.closing.acceptsOutput, let context = self.context else { return }
        for buffer in frames { context.write(self.wrapOutboundOut(buffer), promise: nil) }
        context.flush()
    }

    /// Starts the close handshake, without a status as Node does.
    func close() {
        guard case .sendClose(let code) = self.closing.sendClose(code: nil, deadline: self.closeDeadline) else {
            return
        }
        self.role = .unwanted
        self.writeClose(code: code)
        self.scheduleDeadline()
        self.setReading(true)
    }

    /// Cuts the connection.
    func abort() {
        self.role = .unwanted
        self.context?.close(promise: nil)
    }

    // MARK: Closing

    private var closeDeadline: NIODeadline { self.loopContext.now + self.core.closeHandshakeTimeout }

    private func receivedClose(code: UInt16?) {
        self.leaveSession(reason: .transportClose)
        self.perform(self.closing.receivedClose(code: code, deadline: self.closeDeadline))
    }

    private func fail(_ violation: WebSocketViolation) {
        self.core.logger.debug("websocket failed", metadata: ["error": "\(violation)"])
        self.leaveSession(reason: .transportError)
        self.perform(self.closing.receivedViolation(closeCode: violation.closeCode, deadline: self.closeDeadline))
    }

    private func perform(_ action: WebSocketCloseMachine.ReceiveAction) {
        switch action {
        case .answerAndCloseTransport(let code):
            self.writeClose(code: code)
            self.closeTransport()
        case .answerAndShutOutput(let code):
            self.writeClose(code: code)
            self.shutOutput()
        case .closeTransport:
            self.closeTransport()
        case .ignore:
            break
        }
    }

    /// Ends our side of the connection; the client ends its own, and the deadline sees to it.
    private func shutOutput() {
        self.scheduleDeadline()
        self.context?.close(mode: .output, promise: nil)
    }

    /// Closes the connection when what was written has left, or at the deadline.
    private func closeTransport() {
        guard let context = self.context else { return }
        let channel = context.channel
        // What was flushed has left, unless the client does not read.
        guard let unsent = try? channel.syncOptions?.getOption(.bufferedWritableBytes), unsent > 0 else {
            return context.close(promise: nil)
        }
        self.scheduleDeadline()
        channel.close(mode: .output).whenComplete { _ in channel.close(promise: nil) }
    }

    private func scheduleDeadline() {
        guard self.timer == nil, let deadline = self.closing.deadline, self.context != nil else { return }
        self.timer = self.loopContext.schedule(self.link, at: deadline)
    }

    /// The client has not finished the close handshake in time.
    func reachedDeadline(now: NIODeadline) {
        self.timer = nil
        switch self.closing.hitDeadline(now: now) {
        case .closeTransport: self.context?.close(promise: nil)
        case .ignore: self.scheduleDeadline()
        }
    }

    /// Tells the session that this connection is no use to it any more.
    private func leaveSession(reason: CloseReason) {
        let role = self.role
        self.role = .unwanted
        switch role {
        case .transport(let session): session.lostTransport(reason: reason)
        case .candidate(let session): session.lostCandidate(self.link)
        case .unwanted: break
        }
    }

    // MARK: Channel events

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .transport(let session) = self.role {
            session.sinkWritabilityChanged(context.channel.isWritable)
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leaveSession(reason: .transportClose)
        self.closing.transportLost()
        if let timer = self.timer { self.loopContext.cancel(timer) }
        self.timer = nil
        self.unread = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.leaveSession(reason: .transportError)
        context.close(promise: nil)
    }

    // MARK: Writing

    private func sendPong(_ data: ByteBuffer) {
        guard self.closing.acceptsOutput else { return }
        // A client that pings without reading would grow the channel's buffer: it waits for its pongs to leave.
        guard self.context?.channel.isWritable == true else { return }
        var frame = ByteBuffer()
        WebSocketFrame.writePong(data, into: &frame)
        self.write(frame)
    }

    private func writeClose(code: UInt16?) {
        var frame = ByteBuffer()
        WebSocketFrame.writeClose(code: code, into: &frame)
        self.write(frame)
    }

    private func write(_ frame: ByteBuffer) {
        self.context?.writeAndFlush(self.wrapOutboundOut(frame), promise: nil)
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
