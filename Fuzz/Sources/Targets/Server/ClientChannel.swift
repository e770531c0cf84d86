/// A client's end of a connection without a network.
import NIOCore
import NIOEmbedded

@testable import EngineIO

/// Says whether the server wants to read, as the channel would find out.
private final class ReadGate: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var isWanted = true

    func read(context: ChannelHandlerContext) {
        self.isWanted = true
        context.read()
    }
}

/// Bytes to the server, as far as it wants to read, and bytes from it.
final class ClientChannel {
    private let channel: EmbeddedChannel
    private let gate = ReadGate()
    private let largestRead: Int
    private var waiting = ByteBuffer()

    /// Connects; nothing when the server takes no more connections.
    ///
    /// - Parameters:
    ///   - address: Whose connection it is.
    ///   - largestRead: The most bytes the server is given at once.
    init?(_ stage: Stage, loop: Int, address: String, largestRead: Int) throws {
        self.largestRead = largestRead
        self.channel = EmbeddedChannel(handlers: [self.gate], loop: stage.loops[loop])
        self.channel.connect(to: try SocketAddress(ipAddress: address, port: 1), promise: nil)
        guard try stage.admit(self.channel, loop: loop) else {
            self.finish()
            return nil
        }
    }

    var isOpen: Bool { self.channel.isActive }

    // MARK: To the server

    /// Sends bytes, of which the server takes as many as it wants.
    func send(_ bytes: ByteBuffer) {
        self.waiting.writeImmutableBuffer(bytes)
        _ = self.deliverWaiting()
    }

    /// Delivers what waits, and says whether the server has taken any of it.
    func deliverWaiting() -> Bool {
        var hasDelivered = false
        while self.isOpen, self.waiting.readableBytes > 0, self.gate.isWanted, self.isAutoRead {
            let length = min(self.waiting.readableBytes, self.largestRead)
            guard let part = self.waiting.readSlice(length: length) else { break }
            hasDelivered = true
            self.gate.isWanted = false
            self.channel.pipeline.fireChannelRead(part)
            self.channel.pipeline.fireChannelReadComplete()
            if self.isOpen { self.channel.pipeline.read() }
        }
        return hasDelivered
    }

    private var isAutoRead: Bool {
        let option = self.channel.options.last { $0.option is ChannelOptions.Types.AutoReadOption }
        return option?.value as? Bool ?? true
    }

    /// The client reads, or it does not.
    func setWritable(_ isWritable: Bool) {
        guard self.isOpen, self.channel.isWritable != isWritable else { return }
        self.channel.isWritable = isWritable
        self.channel.pipeline.fireChannelWritabilityChanged()
    }

    /// The client sends nothing more.
    func closeInput() {
        guard self.isOpen else { return }
        self.waiting.clear()
        self.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// The connection is gone, with or without an error.
    func cut(isReset: Bool) {
        guard self.isOpen else { return }
        if isReset { self.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset")) }
        self.channel.close(promise: nil)
    }

    /// Ends the connection for good.
    func finish() {
        self.cut(isReset: false)
        self.channel.embeddedEventLoop.run()
        _ = try? self.channel.finish(acceptAlreadyClosed: true)
    }

    // MARK: From the server

    /// Moves what the server has sent behind what was received before; says whether there was anything.
    func receive(into received: inout ByteBuffer) -> Bool {
        var hasReceived = false
        while let bytes = try? self.channel.readOutbound(as: ByteBuffer.self) {
            hasReceived = hasReceived || bytes.readableBytes > 0
            received.writeImmutableBuffer(bytes)
        }
        return hasReceived
    }
}
