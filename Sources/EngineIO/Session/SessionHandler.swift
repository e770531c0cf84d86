/// What is told about sessions: the seam between Engine.IO and what is built on it.
public import NIOCore

/// Receives what happens in one session.
///
/// Messages come one at a time and in the order in which the client sent them, on whatever event loop their connection
/// lives. The methods must not block. ``sessionClosed(_:reason:)`` comes exactly once, possibly while a message is
/// being delivered on another loop.
public protocol SessionHandler: AnyObject, Sendable {
    /// The session is open; nothing has been received yet.
    ///
    /// - Parameter session: The new session.
    func sessionOpened(_ session: Session)

    /// A text message arrived.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - text: The message's UTF-8 bytes, always valid.
    func session(_ session: Session, receivedText text: ByteBuffer)

    /// A binary message arrived.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - binary: The message's bytes.
    func session(_ session: Session, receivedBinary binary: ByteBuffer)

    /// The session has ended; nothing can be sent any more.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - reason: Why it ended.
    func sessionClosed(_ session: Session, reason: CloseReason)
}
