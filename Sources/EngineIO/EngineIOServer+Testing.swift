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

    /// Makes a connection on a loop of the server, and serves it as if it had been accepted.
    ///
    /// - Parameters:
    ///   - make: Makes the connection on the loop it is given, where it is called.
    ///   - admitted: Told on that loop, when the connection's handlers are in place, or why the server does not take it.
    /// - Throws: ``EngineIOError`` when the server has ended, and what `make` throws.
    package func enter<Connection: Channel>(
        making make: @escaping @Sendable (any EventLoop) throws -> Connection,
        admitted: @escaping @Sendable (Connection, Result<Void, any Error>) -> Void
    ) async throws {
        let (listener, loop) = (self.listener, self.listener.nextLoop())
        let entered = listener.contexts[ObjectIdentifier(loop)]?.submit {
            let connection = try make(loop)
            listener.initialize(connection).whenComplete { admitted(connection, $0) }
        }
        guard let entered else { throw EngineIOError.wasShutDown }
        try await entered.get()
    }

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
