/// A listening socket that is lost, and one that is closed on purpose.
import HTTPTypes
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct ListenerTests {
        private func makeListener(_ log: LogRecorder) -> Listener {
            let core = EngineCore(
                configuration: EngineIOConfiguration(),
                logger: log.logger,
                responder: ApplicationResponse.notFound,
                makeHandler: { SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent) }
            )
            return Listener(core: core, threads: 1)
        }

        private func end(_ listener: Listener) async {
            await listener.stopAccepting()
            await listener.core.connections.waitUntilEmpty()
            await listener.endLoops()
        }

        private func isServed(_ port: Int) async -> Bool {
            guard let client = try? await HTTPTestClient.connect(port: port) else { return false }
            return (try? await client.request("GET", "/").status) == 404
        }

        @Test func `a socket that is lost is opened again on its port, as often as it takes`() async throws {
            let log = LogRecorder()
            let listener = self.makeListener(log)
            let port = try #require(try await listener.bind(host: "127.0.0.1", port: 0).port)
            for round in 1...2 {
                let lost = try #require(listener.socket.withLock { $0 })
                try await lost.close().get()
                try await eventually("it listens again") { listener.socket.withLock { $0 !== lost } }
                #expect(await self.isServed(port))
                #expect(log.lines.count { $0.message == "the listening socket was lost" } == round)
                #expect(log.lines.count { $0.message == "listening again" } == round)
            }
            await self.end(listener)
            #expect(await !self.isServed(port))
            #expect(log.lines.count { $0.level == .critical } == 2)
        }

        @Test func `a server that shuts down meanwhile does not listen again`() async throws {
            let log = LogRecorder()
            let listener = self.makeListener(log)
            let port = try #require(try await listener.bind(host: "127.0.0.1", port: 0).port)
            try await listener.socket.withLock { $0 }?.close().get()
            await self.end(listener)
            #expect(await !self.isServed(port))
            #expect(!log.lines.contains { $0.message == "listening again" })
        }
    }
}
