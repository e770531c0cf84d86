/// What leaves an outbox before the end of the tick, since more does not fit.
import NIOCore

/// Frames on their way from an outbox to a connection that takes bytes.
///
/// A handler that runs on the event loop may send much before the loop gets to write any of it. That is not the client's
/// fault: only what a client does not take counts against it.
struct EarlyFrames {
    fileprivate let sink: any FrameSink
    fileprivate let frames: FrameList

    /// Hands them to the connection.
    ///
    /// To be called without a session's lock, on the loop, before anything else is written there.
    func handOver() { self.sink.stage(frames: self.frames) }
}

extension SessionState {
    /// Takes what waits, when the WebSocket takes bytes and nothing but the caller keeps the loop from writing them.
    mutating func takeEarly() -> EarlyFrames? {
        guard case .webSocket(let sink) = self.transport, self.isSinkWritable,
            sink.context.eventLoop.inEventLoop, sink.isWritable
        else { return nil }
        return EarlyFrames(sink: sink, frames: self.outbox.takeFrames())
    }
}
