/// What the harness does when there is no rest.
import EngineIO
import SocketIOTesting
import TestSupport
import Testing

@testable import SocketIO

extension HarnessTests {
    @Test(arguments: TestingMode.allCases)
    func `a client and a server that never come to rest cost a move of the time the patience once`(
        mode: TestingMode
    ) async throws {
        let server = try self.server()
        // Without a task between them, whose thread may be busy while both are at rest.
        server.namespace("/").on("begin") { socket, _ in socket.session.send(MessageUnit(text: #"21["again"]"#)) }
        try await server.test(mode, patience: .seconds(2)) { harness in
            let client = try await harness.connect()
            client.answer("again") { _ in
                try client.emit("begin")
                return []
            }
            try client.emit("begin")
            // Some hundred pings, at each of which the time would wait.
            await #expect(throws: TestFailure.self) { try await harness.time.advance(by: .seconds(3 * 3600)) }
            #expect(harness.time.elapsed < .seconds(3600))
            client.close()
        }
    }
}
