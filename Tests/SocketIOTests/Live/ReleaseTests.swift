/// What a server leaves behind when it has ended: nothing.
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct ReleaseTests {
    /// Adds a server and what it is made of.
    private func add(_ server: SocketIOServer, to remains: Remains) {
        remains.add(server, "server")
        remains.add(server.environment, "environment")
        for namespace in server.directory.all {
            remains.add(namespace, namespace.name)
            remains.add(namespace.handlers, "handlers of \(namespace.name)")
        }
        let engine = server.state.withLock { $0.engine }
        remains.add(engine, "engine")
        remains.add(engine?.core, "core")
        remains.add(engine?.core.environment, "session environment")
    }

    private func add(_ socket: Socket, to remains: Remains) {
        remains.add(socket, "socket \(socket.id)")
        remains.add(socket.session, "session")
        remains.add(socket.session.home, "loop")
    }

    /// A server that uses what keeps references: timers, tasks, hooks, records of those who may come back.
    private func makeServer(_ remains: Remains) throws -> SocketIOServer {
        let server = try SocketIOServer(
            configuration: .testing {
                $0.port = 0
                $0.threads = 2
                $0.connectionStateRecovery = ConnectionStateRecovery()
            },
            logger: quietLogger()
        )
        server.onShuttingDown { try $0.emit("bye") }
        for namespace in [server.namespace("/"), server.namespace("/other")] {
            namespace.use { self.add($0, to: remains) }
            namespace.use { _ async in await Task.yield() }
            namespace.onConnect { socket in
                socket.join("room")
                Task { try await socket.emitWithAck("never answered", timeout: .seconds(3600)) }
                Task { try await socket.namespace.timeout(.seconds(3600)).emitWithAck("nor this").collected() }
            }
            namespace.onDisconnect { _, _ async in await Task.yield() }
        }
        try server.namespaces(matching: "/dynamic-{number}").onConnect { socket in
            self.add(socket, to: remains)
            remains.add(socket.namespace, "dynamic namespace")
        }
        return server
    }

    /// Joins a namespace, whose handlers may have sent something to another one meanwhile.
    private func join(_ prefix: String, _ client: SocketIOTestClient) async throws {
        try await client.send("0\(prefix)")
        while try await !client.receive().hasPrefix("0\(prefix){") {}
    }

    @Test(arguments: EngineIOTestClient.Transport.allCases)
    func `a server that has ended is released with all it had`(transport: EngineIOTestClient.Transport) async throws {
        let remains = Remains()
        try await {
            let server = try self.makeServer(remains)
            let port = try await server.start()
            let staying = try await SocketIOTestClient.connect(port: port, over: transport)
            let leaving = try await SocketIOTestClient.connect(port: port, over: transport)
            for client in [staying, leaving] {
                for name in ["", "/other,", "/dynamic-1,"] { try await self.join(name, client) }
            }
            self.add(server, to: remains)
            try await leaving.close()
            await server.shutDown()
            // A second one waits for the first, and finds nothing.
            #expect(await server.shutDown().isComplete && !server.isReady)
        }()
        #expect(remains.count > 20)
        try await remains.expectNone()
    }

    @Test func `a server that cannot listen is released`() async throws {
        let remains = Remains()
        try await withEngineServer { taken in
            var configuration = SocketIOConfiguration()
            configuration.port = taken.port
            let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
            await #expect(throws: SocketIOError.self) { try await server.start() }
            self.add(server, to: remains)
        }
        try await remains.expectNone()
    }

    @Test func `a server that never starts is released`() async throws {
        let remains = Remains()
        try await {
            let server = try self.makeServer(remains)
            self.add(server, to: remains)
            await server.shutDown()
        }()
        try await remains.expectNone()
    }
}
