/// One WebSocket connection: frames in and out, pings, and the close handshake.
import Logging
package import NIOCore

/// Reads the frames of a connection for its endpoint, and writes the endpoint's.
///
/// Knows RFC 6455 and nothing of what is said over it. The only handler left in the pipeline after the upgrade. Confined
/// to its event loop.
package final class WebSocketHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What the messages are for; `nil` once the connection has left its pipeline.
    package var endpoint: (any WebSocketEndpoint)?
    private let settings: WebSocketSettings
    private let loopContext: LoopContext
    private var reader: WebSocketReader
    /// Compresses what is sent; `nil` unless that was agreed on.
    private let compressor: FrameCompressor?
    private var closing = WebSocketCloseMachine()
    private var context: ChannelHandlerContext?
    /// What was received while reading is stopped.
    private var unread: ByteBuffer?
    private var isReading = true
    private var timer: DeadlineWheel<any DeadlineTarget>.Token?

    package init(settings: WebSocketSettings, loopContext: LoopContext, compression: DeflateAgreement? = nil) {
        self.settings = settings
        self.loopContext = loopContext
        self.reader = WebSocketReader(
            maximumMessageSize: settings.maximumMessageSize,
            maximumFragments: settings.maximumFragments,
            inflater: compression.map {
                MessageInflater(windowBits: $0.clientWindowBits, keepsContext: !$0.clientNoContextTakeover)
            }
        )
        self.compressor = compression.flatMap { agreement in
            settings.compression.map { FrameCompressor(agreement, options: $0) }
        }
    }

    /// Whether what is sent may be compressed.
    var isCompressing: Bool { self.compressor != nil }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.endpoint?.opened()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.releaseEndpoint()
    }

    /// Breaks the circle of handler and endpoint; to be called when the handler never gets into a pipeline.
    func releaseEndpoint() {
        let endpoint = self.endpoint.take()
        endpoint?.released()
    }

    // MARK: Receiving

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
        case .text(let text): self.endpoint?.received(text: text)
        case .binary(let binary): self.endpoint?.received(binary: binary)
        case .ping(let data): self.sendPong(data)
        case .pong: break
        case .close(let code, _): self.receivedClose(code: code)
        }
    }

    // MARK: The endpoint's commands

    /// Whether the channel takes more bytes.
    package var isWritable: Bool { self.context?.channel.isWritable == true }

    /// Stops or resumes reading.
    package func setReading(_ isReading: Bool) {
        guard self.isReading != isReading else { return }
        self.isReading = isReading
        if isReading, var unread = self.unread {
            self.unread = nil
            self.process(&unread)
        }
        // What was unread may have stopped the reading again. The channel is closed when the option cannot be set.
        try? self.context?.channel.syncOptions?.setOption(.autoRead, value: self.isReading)
        // Handlers between this one and the socket see only what is asked through them: the option they do not.
        if self.isReading { self.context?.read() }
    }

    /// Writes frames, with one flush.
    func write(frames: FrameList) {
        self.put(frames)?.flush()
    }

    /// Writes frames, to be flushed by the loop's next task.
    func stage(frames: FrameList) {
        guard let channel = self.put(frames)?.channel else { return }
        channel.eventLoop.execute { channel.flush() }
    }

    /// Writes frames without a flush.
    private func put(_ frames: FrameList) -> ChannelHandlerContext? {
        guard self.closing.acceptsOutput, let context = self.context else { return nil }
        let frames = self.compressor?.compress(frames) ?? frames
        for buffer in frames { context.write(self.wrapOutboundOut(buffer), promise: nil) }
        return context
    }

    /// Sends a text message, which must be valid UTF-8.
    package func send(text: ByteBuffer) {
        self.write(frames: FrameList(WebSocketFrame.message(.text, text)))
    }

    /// Sends a binary message.
    package func send(binary: ByteBuffer) {
        self.write(frames: FrameList(WebSocketFrame.message(.binary, binary)))
    }

    /// Starts the close handshake, without a status as Node does: no message is received or sent any more.
    package func close() {
        guard case .sendClose(let code) = self.closing.sendClose(code: nil, deadline: self.closeDeadline) else {
            return
        }
        self.writeClose(code: code)
        self.scheduleDeadline()
        self.reader.discardsMessages = true
        self.setReading(true)
    }

    /// Cuts the connection.
    func abort() {
        self.context?.close(promise: nil)
    }

    // MARK: Closing

    private var closeDeadline: NIODeadline { self.loopContext.now + self.settings.closeHandshakeTimeout }

    private func receivedClose(code: UInt16?) {
        self.endpoint?.ended(.transportClose)
        self.perform(self.closing.receivedClose(code: code, deadline: self.closeDeadline))
    }

    private func fail(_ violation: WebSocketViolation) {
        switch violation.kind {
        case .messageTooBig: self.settings.limits?.reached(.maximumPayloadBytes)
        case .policyViolation: self.settings.limits?.reached(.fragmentsPerMessage)
        case .protocolError, .invalidPayload: break
        }
        self.settings.logger.debug("websocket failed", metadata: ["error": "\(violation)"])
        self.endpoint?.ended(.transportError)
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
        let target = CloseTimer(self, eventLoop: self.loopContext.eventLoop)
        self.timer = self.loopContext.schedule(target, at: deadline)
    }

    /// The client has not finished the close handshake in time.
    fileprivate func reachedDeadline(now: NIODeadline) {
        self.timer = nil
        switch self.closing.hitDeadline(now: now) {
        case .closeTransport:
            self.settings.limits?.reached(.closeHandshakeTimeout)
            self.context?.close(promise: nil)
        case .ignore: self.scheduleDeadline()
        }
    }

    // MARK: Channel events

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.endpoint?.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.endpoint?.ended(.transportClose)
        self.closing.transportLost()
        if let timer = self.timer { self.loopContext.cancel(timer) }
        self.timer = nil
        self.unread = nil
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.endpoint?.ended(.transportError)
        context.close(promise: nil)
    }

    // MARK: Writing

    private func sendPong(_ data: ByteBuffer) {
        // A client that pings without reading would grow the channel's buffer: it waits for its pongs to leave.
        guard self.closing.acceptsOutput, self.isWritable else { return }
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

/// Wakes a connection whose close handshake may have lasted too long.
private final class CloseTimer: DeadlineTarget {
    private let handler: NIOLoopBound<WebSocketHandler>

    init(_ handler: WebSocketHandler, eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func deadlineReached(now: NIODeadline) {
        self.handler.value.reachedDeadline(now: now)
    }
}
