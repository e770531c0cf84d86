/// How answers leave a connection.
import NIOCore
import NIOHTTP1

extension HTTPConnectionHandler {
    /// Writes an answer; a short one is one buffer with its head.
    func writeAnswer(_ answer: Answer, isHead: Bool, keepsAlive: Bool) {
        guard let context = self.context else { return }
        let body = isHead ? ByteBuffer() : answer.body
        let isShared = body.readableBytes >= AnswerEncoder.sharingThreshold
        var bytes = AnswerEncoder.head(answer.status, answer.headers, capacity: isShared ? 0 : body.readableBytes)
        if !answer.omitsLength { AnswerEncoder.write(contentLength: answer.body.readableBytes, into: &bytes) }
        AnswerEncoder.write(date: self.core.date, into: &bytes)
        if !keepsAlive {
            bytes.writeStaticString("Connection: close\r\n")
        } else if self.exchange?.head.version.minor == 0 {
            bytes.writeStaticString("Connection: keep-alive\r\n")
        }
        AnswerEncoder.endHead(&bytes)
        if !isShared { bytes.writeImmutableBuffer(body) }
        if keepsAlive {
            context.write(self.wrapOutboundOut(bytes), promise: nil)
            if isShared { context.write(self.wrapOutboundOut(body), promise: nil) }
            context.flush()
        } else {
            self.writeLast(bytes, isShared ? body : nil, context: context)
        }
    }

    /// Writes the last answer of the connection, which is closed when that has left.
    private func writeLast(_ head: ByteBuffer, _ body: ByteBuffer?, context: ChannelHandlerContext) {
        let written = self.beginClosing(context)
        context.write(self.wrapOutboundOut(head), promise: body == nil ? written : nil)
        if let body { context.write(self.wrapOutboundOut(body), promise: written) }
        context.flush()
    }

    /// Closes the connection when what was written has left: at once, unless an answer is still on its way.
    func closeWhenWritten() {
        guard let context = self.context else { return }
        guard self.bufferedBytes > 0 else { return context.close(promise: nil) }
        let written = self.beginClosing(context)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer()), promise: written)
    }

    /// The connection ends when the promise is kept, or the client takes too long to read what it has.
    private func beginClosing(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        self.isClosing = true
        self.setDeadline(in: self.core.idleTimeout)
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        return written
    }

    func writeContinue() {
        var head = AnswerEncoder.head(.continue, [:])
        AnswerEncoder.endHead(&head)
        self.context?.writeAndFlush(self.wrapOutboundOut(head), promise: nil)
    }
}
