/// What the listening socket does when the system has no descriptors left.
import Logging
import NIOCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Stops accepting connections for a moment when the system has no room for another one.
///
/// A connection that cannot be accepted stays in the system's queue, so that the socket stays readable: without a pause
/// the loop would do nothing but try again. It is tried again after a time that doubles up to a limit; meanwhile the
/// connections that have not led to a session make room, the oldest first. Confined to the event loop of the listening
/// socket.
final class AcceptPauser: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let shortestPause: Duration = .milliseconds(50)
    private static let longestPause: Duration = .seconds(1)
    /// How many connections are asked to end for each pause.
    private static let connectionsToEnd = 16

    private let connections: ConnectionRegistry
    private let limits: LimitReporter
    private let time: TimeSource
    private var pause = AcceptPauser.shortestPause
    private var resumption: Alarm?

    init(core: EngineCore) {
        self.connections = core.connections
        self.limits = core.environment.limits
        self.time = core.environment.time
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pause = Self.shortestPause
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A client that has gone before it was accepted is nothing to wait for.
        guard let error = error as? IOError, Self.isExhaustion(error) else { return context.fireErrorCaught(error) }
        self.limits.reached(.descriptors, metadata: ["error": "\(error)"])
        self.connections.makeRoom(for: Self.connectionsToEnd)
        guard self.resumption == nil else { return }
        // The read that failed is still pending: to hold the next one back would not keep the loop from trying again.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let eventLoop = context.eventLoop
        let loop = NIOLoopBound((self, context), eventLoop: eventLoop)
        self.resumption = self.time.after(self.pause) {
            eventLoop.execute { loop.value.0.resume(context: loop.value.1) }
        }
        self.pause = min(self.pause + self.pause, Self.longestPause)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.resumption?.cancel()
        self.resumption = nil
    }

    private func resume(context: ChannelHandlerContext) {
        guard self.resumption != nil else { return }
        self.resumption = nil
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    private static func isExhaustion(_ error: IOError) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
    }
}

@available(*, unavailable)
extension AcceptPauser: Sendable {}
