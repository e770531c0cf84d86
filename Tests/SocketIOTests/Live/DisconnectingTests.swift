/// What is told before a socket leaves its rooms.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DisconnectingTests {
    @Test func `before a socket leaves its rooms they are still known, and reachable`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onConnect { socket in socket.join("a") }
                namespace.onDisconnecting { socket, reason in
                    log.append("disconnecting \(socket.rooms.contains("a")) \(socket.isConnected) \(reason)")
                    try socket.to("a").emit("leaving")
                }
                namespace.onDisconnect { socket, reason in log.append("disconnect \(socket.rooms.count) \(reason)") }
            },
            body: { port in
                let leaver = try await SocketIOTestClient.connect(port: port)
                let other = try await SocketIOTestClient.connect(port: port)
                try await leaver.join()
                try await other.join()
                try await leaver.send("1")
                try await other.expect(#"2["leaving"]"#)
                let reason = "client namespace disconnect"
                try await log.expect(["disconnecting true false \(reason)", "disconnect 0 \(reason)"])
            }
        )
    }

    @Test func `what such a handler throws is reported, and the next one runs`() async throws {
        struct Failure: Error {}
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onError { _, _, context in log.append("\(context)") }
                namespace.onDisconnecting { _, _ in throw Failure() }
                namespace.onDisconnecting { _, reason in log.append("\(reason)") }
                namespace.on("bye") { socket, _ in socket.disconnect() }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("bye")
                try await client.expect("1")
                try await log.expect(["disconnecting", "server namespace disconnect"])
            }
        )
    }

    @Test func `who was never let in is not told to leave`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { _ in throw ConnectRefusal("no") }
                namespace.onDisconnecting { _, _ in log.append("disconnecting") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await client.expect(#"4{"message":"no"}"#)
                #expect(log.all == [])
            }
        )
    }

    @Test func `reasons have the words of Node's server`() {
        let reasons: [DisconnectReason] = [
            .transportError, .transportClose, .forcedClose, .pingTimeout, .parseError, .serverShuttingDown,
            .forcedServerClose, .clientNamespaceDisconnect, .serverNamespaceDisconnect,
        ]
        let words = [
            "transport error", "transport close", "forced close", "ping timeout", "parse error", "server shutting down",
            "forced server close", "client namespace disconnect", "server namespace disconnect",
        ]
        #expect(reasons.map(\.rawValue) == words)
    }
}
