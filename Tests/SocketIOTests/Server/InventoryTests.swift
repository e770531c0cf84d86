/// What a server says it keeps is what it keeps, and nothing once everybody has gone.
import EngineIO
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct InventoryTests {
    @Test func `a client, its room and the answer it owes are counted until it has gone`() async throws {
        let sockets = EventLog<Socket>()
        try await WatchedServer.run(
            setUp: { $0.namespace("/").onConnect { sockets.append($0) } },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                let socket = try await sockets.count(1)[0]
                socket.join("lobby")
                let wait = Task { try await socket.emitWithAck("ask") }
                // The heartbeat, and the time the answer may take, which is set last.
                try await eventually("the answer is awaited") { watched.server.inventory.engine.deadlines == 2 }
                let kept = watched.server.inventory
                #expect((kept.sockets, kept.rooms) == (1, 1))
                #expect((kept.engine.sessions, kept.engine.connections) == (1, 1))
                #expect(kept.adapterEntries > 0)
                #expect(kept.pendingAcknowledgements == 1)
                #expect(kept.engine.loops.count == 2)
                try await client.close()
                await #expect(throws: SocketIOError.self) { try await wait.value }
                try await eventually("nothing is left: \(watched.server.inventory)") {
                    let left = watched.server.inventory
                    return left.sockets + left.rooms + left.adapterEntries + left.pendingAcknowledgements == 0
                        && left.engine.sessions + left.engine.connections + left.engine.deadlines + left.tasks == 0
                }
            }
        )
    }
}
