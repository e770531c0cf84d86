/// A client that never answers does not make the server wait for more and more answers.
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct AcknowledgementLimitTests {
    /// A server that waits for as many answers as it may from its one client.
    private func withBusySocket(
        limit: Int = 3,
        body: (WatchedServer, SocketIOTestClient, Socket) async throws -> Void
    ) async throws {
        let sockets = EventLog<Socket>()
        try await WatchedServer.run(
            .testing { $0.limits.acknowledgementsPerSocket = limit },
            setUp: { $0.namespace("/").onConnect { sockets.append($0) } },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                let socket = try await sockets.count(1)[0]
                try await body(watched, client, socket)
            }
        )
    }

    private static func awaited(_ socket: Socket) -> Int { socket.state.withLock { $0.acks.count } }

    @Test func `one more than the limit fails at once, and is not sent`() async throws {
        try await self.withBusySocket { watched, client, socket in
            let waits = (0..<3).map { number in Task { try await socket.emitWithAck("ask", [.int(Int64(number))]) } }
            try await eventually("three are awaited") { Self.awaited(socket) == 3 }
            let error = await #expect(throws: SocketIOError.self) { try await socket.emitWithAck("one more") }
            #expect(error?.code == .limitReached)
            try await watched.expectLimit("acknowledgementsPerSocket")
            // When one is answered there is room for another.
            for _ in 0..<3 {
                let packet = try await client.receive()
                #expect(packet.contains("ask"))
                let id = packet.dropFirst().prefix { $0.isNumber }
                try await client.send("3\(id)[]")
            }
            for wait in waits { _ = try await wait.value }
            async let answer = socket.emitWithAck("again")
            #expect(try await client.receive().contains("again"))
            try await client.send("34[]")
            #expect(try await answer.isEmpty)
            #expect(Self.awaited(socket) == 0)
        }
    }

    @Test func `a broadcast names who leaves too much unanswered, and others get it`() async throws {
        try await self.withBusySocket(limit: 1) { watched, client, socket in
            let other = try await SocketIOTestClient.connect(port: watched.port)
            let id = SocketID(rawValue: try await other.join())
            let wait = Task { try await socket.emitWithAck("ask") }
            try await eventually("one is awaited") { Self.awaited(socket) == 1 }
            #expect(try await client.receive().contains("ask"))
            let answers = try watched.namespace.emitWithAck("all")
            async let collected = answers.collected()
            #expect(try await other.receive() == #"21["all"]"#)
            try await other.send("31[7]")
            let replies = try await collected
            #expect(Array(replies.bySocket.keys) == [id])
            #expect(replies.failures.count == 1 && replies.failures[socket.id]?.code == .limitReached)
            #expect(!replies.isComplete)
            try await client.send("30[]")
            _ = try await wait.value
            try watched.namespace.emit("end")
            try await client.expect(#"2["end"]"#)
        }
    }

    @Test func `what is given up is not counted any more`() async throws {
        try await self.withBusySocket(limit: 2) { watched, _, socket in
            for _ in 0..<20 {
                await #expect(throws: SocketIOError.self) {
                    try await socket.emitWithAck("late", timeout: .milliseconds(1))
                }
            }
            let wait = Task { try await socket.emitWithAck("cancelled") }
            try await eventually("one is awaited") { Self.awaited(socket) == 1 }
            wait.cancel()
            await #expect(throws: SocketIOError.self) { try await wait.value }
            #expect(Self.awaited(socket) == 0)
            #expect(watched.count(ofLimit: "acknowledgementsPerSocket") == 0)
        }
    }
}
