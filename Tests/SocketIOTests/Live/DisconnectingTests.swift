/// What is told before a socket leaves its rooms.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct DisconnectingTests {
    private func server(_ setUp: (Namespace) -> Void) throws -> SocketIOServer {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        setUp(server.namespace("/"))
        return server
    }

    @Test(arguments: TestingMode.allCases)
    func `before a socket leaves its rooms they are still known, and reachable`(mode: TestingMode) async throws {
        let log = Log()
        let server = try self.server { namespace in
            namespace.onConnect { socket in socket.join("a") }
            namespace.onDisconnecting { socket, reason in
                log.append("disconnecting \(socket.rooms.contains("a")) \(socket.isConnected) \(reason)")
                try socket.to("a").emit("leaving")
            }
            namespace.onDisconnect { socket, reason in log.append("disconnect \(socket.rooms.count) \(reason)") }
        }
        try await server.test(mode) { harness in
            let (leaver, other) = (try await harness.connect(), try await harness.connect())
            leaver.disconnect()
            try await other.next(Signal("leaving"))
            let reason = "client namespace disconnect"
            try await log.expect(["disconnecting true false \(reason)", "disconnect 0 \(reason)"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what such a handler throws is reported, and the next one runs`(mode: TestingMode) async throws {
        struct Failure: Error {}
        let log = Log()
        let server = try self.server { namespace in
            namespace.onError { _, _, context in log.append("\(context)") }
            namespace.onDisconnecting { _, _ in throw Failure() }
            namespace.onDisconnecting { _, reason in log.append("\(reason)") }
            namespace.on("bye") { socket, _ in socket.disconnect() }
        }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            try client.emit("bye")
            #expect(try await client.disconnected() == .serverDisconnect)
            try await log.expect(["disconnecting", "server namespace disconnect"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who was never let in is not told to leave`(mode: TestingMode) async throws {
        let log = Log()
        let server = try self.server { namespace in
            namespace.use { _ in throw ConnectRefusal("no") }
            namespace.onDisconnecting { _, _ in log.append("disconnecting") }
        }
        try await server.test(mode) { harness in
            let refusal = await #expect(throws: ConnectRefusal.self) { _ = try await harness.connect() }
            #expect(refusal?.message == "no")
            try await harness.settle()
            #expect(log.all == [])
        }
    }

    @Test(arguments: Way.all)
    func `each way to leave is told with its reason, in the order of leaving`(way: Way) async throws {
        let log = Log()
        let server = try self.server { namespace in
            namespace.onDisconnecting { socket, reason in log.append("disconnecting: \(reason)") }
            namespace.onDisconnect { socket, reason in log.append("disconnect: \(reason)") }
        }
        try await server.test(way.mode) { harness in
            func leave(_ reason: DisconnectReason, by leaving: (TestClient) async throws -> Void) async throws {
                let client = try await harness.connect(transport: way.transport)
                let count = log.all.count
                try await leaving(client)
                let lines = try await log.count(count + 2).suffix(2)
                #expect(Array(lines) == ["disconnecting: \(reason)", "disconnect: \(reason)"])
            }
            try await leave(.clientNamespaceDisconnect) { $0.disconnect() }
            try await leave(.transportClose) { $0.close() }
            try await leave(way.transport == .polling ? .transportError : .transportClose) { $0.dropConnection() }
            try await leave(.serverNamespaceDisconnect) { server.namespace("/").socket($0.id)?.disconnect() }
            try await leave(.pingTimeout) { client in
                client.stopAnsweringPings()
                try await harness.time.advance(by: .seconds(45))
            }
            try await leave(.forcedClose) { $0.sendRaw("2nonsense") }
            try await leave(.serverShuttingDown) { _ in await server.shutDown() }
        }
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
