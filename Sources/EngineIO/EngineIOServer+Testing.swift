/// How a test gets at a server beneath its sockets: connections without a port, and the loops that serve them.
package import NIOCore

/// A running server as the harness of a test sees it.
package struct TestEntrance: Sendable {
    /// The address in use; `nil` without a port.
    package let address: SocketAddress?
    private let listener: Listener

    init(listener: Listener, address: SocketAddress?) {
        self.listener = listener
        self.address = address
    }

    /// The loop for the next connection.
    package func nextLoop() -> any EventLoop { self.listener.nextLoop() }

    /// Serves a connection, as if it had been accepted.
    ///
    /// To be called on the connection's loop.
    ///
    /// - Parameter channel: The connection, on a loop of ``nextLoop()``.
    /// - Returns: When its handlers are in place; it fails when the server takes no more connections.
    package func enter(_ channel: any Channel) -> EventLoopFuture<Void> { self.listener.initialize(channel) }

    /// Waits until all loops have done what they were to do when this was called.
    package func turn() async {
        for context in self.listener.loopContexts { try? await context.submit {}?.get() }
    }
}

/// Sees each connection of a server before its handlers are in place.
package typealias ConnectionTap = @Sendable (any Channel) throws -> Void

extension EngineIOServer {
    /// Starts to serve, with or without a port.
    ///
    /// - Parameters:
    ///   - address: What to bind; `nil` for no port at all.
    ///   - tap: Sees each connection first.
    /// - Throws: ``EngineIOError`` as ``bind(host:port:)`` does.
    package func open(
        on address: (host: String, port: Int)?,
        tap: @escaping ConnectionTap
    ) async throws(EngineIOError) -> TestEntrance {
        try await self.start(tap: tap) { listener throws(EngineIOError) in
            guard let address else { return TestEntrance(listener: listener, address: nil) }
            let bound = try await listener.bind(host: address.host, port: address.port)
            return TestEntrance(listener: listener, address: bound)
        }
    }
}
