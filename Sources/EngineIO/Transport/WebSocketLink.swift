/// A WebSocket connection as its session sees it, from any thread.
import NIOCore

/// Hands the session's commands to the connection.
///
/// All are given on the connection's loop.
final class WebSocketLink: FrameSink {
    let context: LoopContext
    let looksAtMarks: Bool
    private let webSocket: NIOLoopBound<SessionWebSocket>

    init(_ webSocket: SessionWebSocket, context: LoopContext) {
        self.context = context
        self.looksAtMarks = webSocket.connection.isCompressing
        self.webSocket = NIOLoopBound(webSocket, eventLoop: context.eventLoop)
    }

    var isWritable: Bool { self.webSocket.value.connection.isWritable }

    func write(frames: FrameList) { self.webSocket.value.write(frames: frames) }

    func stage(frames: FrameList) { self.webSocket.value.stage(frames: frames) }

    func close() { self.webSocket.value.close() }

    func abort() { self.webSocket.value.abort() }

    func setReading(_ isReading: Bool) { self.webSocket.value.connection.setReading(isReading) }

    func becameTransport() { self.webSocket.value.becameTransport() }
}
