/// What stands behind a WebSocket connection, and what all connections of a server share.
package import Logging
package import NIOCore

/// The receiver of a connection's messages.
///
/// All methods are called on the connection's loop. They may give the connection any command.
package protocol WebSocketEndpoint: AnyObject {
    /// The connection is in its pipeline: messages may be sent, and will be received.
    func opened()

    /// A text message; it is valid UTF-8.
    func received(text: ByteBuffer)

    /// A binary message.
    func received(binary: ByteBuffer)

    /// The channel takes more bytes, or takes none for now.
    func writabilityChanged(_ isWritable: Bool)

    /// The peer or the network has ended the connection: nothing more is received, nothing sent arrives.
    ///
    /// Called again when there is more than one reason; the first counts.
    func ended(_ reason: CloseReason)

    /// The connection has left its pipeline and forgets this endpoint: the place to break circles of references.
    func released()
}

/// The limits of WebSocket connections, made once for a server.
package final class WebSocketSettings: Sendable {
    let maximumMessageSize: Int
    let maximumFragments: Int
    let closeHandshakeTimeout: TimeAmount
    /// What is accepted of offers to compress; `nil` when none is.
    let compression: PerMessageDeflate?
    let logger: Logger
    /// Told when a peer reaches one of them.
    let limits: LimitReporter?

    package init(_ configuration: EngineIOConfiguration, logger: Logger, limits: LimitReporter? = nil) {
        self.maximumMessageSize = configuration.maximumPayloadBytes
        self.maximumFragments = configuration.limits.fragmentsPerMessage
        self.closeHandshakeTimeout = TimeAmount(configuration.limits.closeHandshakeTimeout)
        self.compression = configuration.perMessageDeflate
        self.logger = logger
        self.limits = limits
    }
}
