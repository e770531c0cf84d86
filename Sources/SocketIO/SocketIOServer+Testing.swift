/// How the harness of a test starts a server, and sees what goes wrong in handlers.
package import EngineIO
internal import NIOCore
internal import Synchronization

/// An error that `onError` or the log is told of.
package struct ReportedError: Sendable {
    package let error: any Error
    package let context: ErrorContext
    package let socket: Socket
}

extension SocketIOServer {
    /// Starts the server on a time that a test moves.
    ///
    /// - Parameters:
    ///   - time: The time.
    ///   - host: The address to bind, on any free port; `nil` for no port at all.
    ///   - tap: Sees each connection first.
    ///   - observer: Told of errors of handlers, also where an `onError` takes them.
    /// - Throws: As ``start()`` does.
    package func startUnderTest(
        time: ManualTime,
        host: String?,
        tap: @escaping ConnectionTap,
        observer: @escaping @Sendable (ReportedError) -> Void
    ) async throws -> TestEntrance {
        self.environment.time.follow(time)
        self.environment.errorObserver.withLock { $0 = observer }
        let entrance = Mutex<TestEntrance?>(nil)
        try await self.start { engine throws(EngineIOError) in
            let opened = try await engine.open(on: host.map { ($0, 0) }, tap: tap)
            entrance.withLock { $0 = opened }
            return opened.address?.port
        }
        // reason: our own bug: a start that does not throw has called the closure above. No test's input reaches this.
        guard let opened = entrance.withLock({ $0 }) else { preconditionFailure("started without an engine") }
        return opened
    }
}
