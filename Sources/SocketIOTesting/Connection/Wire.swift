/// A client's connection to the server, whatever carries it.
import NIOCore

/// What happens on a connection, told on its loop.
enum WireEvent: Sendable {
    case bytes(ByteBuffer)
    /// The server has ended it, or it broke.
    case ended
}

/// Writes to a connection, and closes it.
struct Wire: Sendable {
    private let channel: any Channel
    private let traffic: TrafficLine

    init(channel: any Channel, traffic: TrafficLine) {
        self.channel = channel
        self.traffic = traffic
    }

    /// Sends bytes.
    func write(_ bytes: ByteBuffer) {
        self.traffic.add(bytes.readableBytes, to: .sentByClient)
        self.channel.writeAndFlush(bytes, promise: nil)
    }

    /// Ends the connection, after what was written.
    func close() {
        self.traffic.end()
        self.channel.close(promise: nil)
    }

    /// Stops or resumes reading.
    func setReading(_ isReading: Bool) {
        self.traffic.setClientReading(isReading)
        self.channel.setOption(.autoRead, value: isReading).whenFailure { _ in }
    }
}

/// Tells what happens on a client's connection.
final class WireHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let traffic: TrafficLine
    private let report: @Sendable (WireEvent) -> Void
    private var hasEnded = false

    init(traffic: TrafficLine, report: @escaping @Sendable (WireEvent) -> Void) {
        self.traffic = traffic
        self.report = report
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.report(.bytes(bytes))
        // Counted when it has been dealt with: whoever waits for the traffic to rest relies on it.
        self.traffic.add(bytes.readableBytes, to: .receivedByClient)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func end() {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.report(.ended)
        self.traffic.end()
    }
}

@available(*, unavailable)
extension WireHandler: Sendable {}
