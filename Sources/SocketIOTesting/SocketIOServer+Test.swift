/// Runs a test against a server, and ends everything it started.
import EngineIO
import NIOCore
public import SocketIO

extension SocketIOServer {
    /// Starts this server for a test, runs the test, and ends the server and all its clients whatever the test throws.
    ///
    /// ```swift
    /// try await server.test { harness in
    ///     let client = try await harness.connect("/chat")
    ///     try client.emit(Event<String>("message"), "hello")
    ///     #expect(try await client.next(Event<String>("message")) == "hello")
    /// }
    /// ```
    /// The server is used as it is, with its namespaces, handlers and limits. Two things are the test's: the address, which
    /// is a free port on loopback or none at all, and the time, which stands still until ``TestHarness/time`` is moved. A
    /// server can be started once, hence tested once.
    ///
    /// - Parameters:
    ///   - mode: Whether the clients connect through memory or through a port.
    ///   - patience: How long whatever waits for something waits for it. It is real time, and only spent when something
    ///     does not come.
    ///   - body: The test.
    /// - Returns: What the test returns.
    /// - Throws: What the test throws, or what ``SocketIO/SocketIOServer/start()`` does.
    @discardableResult
    public func test<Outcome>(
        _ mode: TestingMode = .inMemory,
        patience: Duration = .seconds(10),
        _ body: (TestHarness) async throws -> Outcome
    ) async throws -> Outcome {
        let (time, traffic, errors) = (ManualTime(), Traffic(), Watched<[HandlerError]>([]))
        let entrance = try await self.startUnderTest(
            time: time,
            host: mode == .live ? "127.0.0.1" : nil,
            tap: { try traffic.tap($0) },
            observer: { reported in errors.change { $0.append(HandlerError(reported)) } }
        )
        let harness = TestHarness(
            server: self,
            mode: mode,
            patience: patience,
            manualTime: time,
            entrance: entrance,
            traffic: traffic,
            errors: errors
        )
        let outcome: Outcome
        do {
            outcome = try await body(harness)
        } catch {
            await self.end(harness)
            throw error
        }
        await self.end(harness)
        return outcome
    }

    /// Ends clients and server; handlers that do not end have the server's own patience, in real time, and no more.
    private func end(_ harness: TestHarness) async {
        harness.dropClients()
        let hasEnded = Watched(false)
        let shutdown = Task {
            await self.shutDown()
            hasEnded.change { $0 = true }
        }
        let patience = min(self.configuration.shutdownTimeout, .seconds(2))
        let ended = try? await Task {
            try await hasEnded.wait(upTo: patience, { $0 ? true : nil }, orSay: { _ in TestFailure("not ended") })
        }.value
        if ended == nil {
            // The test's time is all that the shutdown waits for now.
            let time = harness.manualTime
            let moving = Task {
                while !Task.isCancelled, !hasEnded.current {
                    await time.advance(by: .hours(1))
                    await Task.yield()
                }
            }
            await shutdown.value
            moving.cancel()
        }
        await shutdown.value
    }
}
