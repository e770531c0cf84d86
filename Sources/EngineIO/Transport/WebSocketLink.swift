/// A WebSocket connection as its session sees it, from any thread.
import NIOCore

/// Hands the session's commands to the connection's handler.
///
/// All are given on the connection's loop.
final class WebSocketLink: FrameSink, DeadlineTarget {
    let context: LoopContext
    private let handler: NIOLoopBound<WebSocketHandler>

    init(_ handler: WebSocketHandler, context: LoopContext) {
        self.context = context
        self.handler = NIOLoopBound(handler, eventLoop: context.eventLoop)
    }

    func write(frames: FrameList) { self.handler.value.write(frames: frames) }

    func close() { self.handler.value.close() }

    func abort() { self.handler.value.abort() }

    func setReading(_ isReading: Bool) { self.handler.value.setReading(isReading) }

    func becameTransport() { self.handler.value.becameTransport() }

    func deadlineReached(now: NIODeadline) { self.handler.value.reachedDeadline(now: now) }
}
