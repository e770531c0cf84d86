/// What a session sees of the connections it writes to.
import NIOCore

/// A GET that waits for a payload.
///
/// All methods are called on the loop of ``context``.
protocol PollSink: AnyObject, Sendable {
    /// The loop of the request's connection.
    var context: LoopContext { get }

    /// Answers with a payload.
    func respond(payload: PollPayload)
}

/// A POST that waits for its answer.
///
/// All methods are called on the loop of ``context``.
protocol PostSink: AnyObject, Sendable {
    /// The loop of the request's connection.
    var context: LoopContext { get }

    /// Answers `ok`.
    func respond()
}

/// An open WebSocket.
///
/// All methods are called on the loop of ``context``.
protocol FrameSink: AnyObject, Sendable {
    /// The loop of the connection.
    var context: LoopContext { get }

    /// Whether frames can be written, and the connection takes them: it may not be set up yet.
    var isWritable: Bool { get }

    /// Whether frames that bear ``WebSocketFrame/plainMark`` may be written, which it looks at and removes.
    var looksAtMarks: Bool { get }

    /// Writes frames and flushes once.
    func write(frames: FrameList)

    /// Writes frames, and flushes with the loop's next task.
    ///
    /// Whoever calls this may hold a lock: the connection does nothing yet but take them.
    func stage(frames: FrameList)

    /// Starts the close handshake with a frame without status.
    func close()

    /// Closes the connection at once, without a word.
    func abort()

    /// Stops or resumes reading.
    func setReading(_ isReading: Bool)

    /// The candidate has become the session's transport.
    func becameTransport()
}

extension FrameSink {
    var looksAtMarks: Bool { false }
}
