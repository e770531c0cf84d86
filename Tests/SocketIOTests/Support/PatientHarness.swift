/// The harness's patience in the library's own tests, which run all at once, on slow machines, under sanitizers.
import SocketIO
import SocketIOTesting
import TestSupport

extension SocketIOServer {
    /// Runs a test as the library does, with the patience of all other tests.
    ///
    /// Taken in place of the library's own, which has one more argument to fill in.
    @discardableResult
    func test<Outcome>(
        _ mode: TestingMode = .inMemory,
        _ body: (TestHarness) async throws -> Outcome
    ) async throws -> Outcome {
        try await self.test(mode, patience: RawConnection.patience, body)
    }
}
