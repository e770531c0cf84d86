/// Sockets that leave in the middle of everything there is.
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct LeavingTests {
    /// What a socket is in the middle of.
    enum Operation: String, CaseIterable {
        case middleware, asyncMiddleware, connectHandler, asyncConnectHandler
        case eventHandler, asyncEventHandler, concurrentEventHandler
        case interceptor, asyncInterceptor, outgoingInterceptor
        case acknowledgement, broadcastAcknowledgement, emitWhenWritable
        case join, fetchSockets, disconnectingHook, disconnectHandler
    }

    /// How it leaves.
    enum Way: CaseIterable {
        case namespace
        case connection
        /// Its client is gone without a word.
        case lost

        func leave(_ socket: Socket) {
            switch self {
            case .namespace: socket.disconnect()
            case .connection: socket.disconnect(closingConnection: true)
            case .lost: socket.session.close(reason: .transportClose, mode: .abort)
            }
        }
    }

    /// Does all that handlers do to a socket that is not there any more.
    private static func useLate(_ socket: Socket) {
        socket.join("late", "later")
        socket.leave("late")
        try? socket.emit("late")
        try? socket.volatile.emit("late")
        try? socket.to("late").emit("late")
        try? socket.broadcast.emit("late")
        socket.namespace.in(Room(socket.id)).socketsJoin("late")
        #expect(!socket.isConnected)
        socket.disconnect()
    }

    private static func useLateAndWait(_ socket: Socket) async {
        self.useLate(socket)
        for wait in [0, 1] {
            let error = await #expect(throws: SocketIOError.self) {
                if wait == 0 {
                    _ = try await socket.emitWithAck("late")
                } else {
                    try await socket.emitWhenWritable("late")
                }
            }
            #expect(error?.code == .disconnected)
        }
        let answers = try? await socket.namespace.in(Room(socket.id)).emitWithAck("late").collected()
        #expect(answers?.isComplete == true && answers?.replies.isEmpty == true)
    }

    /// Has sockets of `/op` leave in the middle of an operation, which ends with a line of the log.
    private static func prepare(_ server: SocketIOServer, _ operation: Operation, _ way: Way, log: Log) {
        let namespace = server.namespace("/op")
        @Sendable func leave(_ socket: Socket) {
            way.leave(socket)
            self.useLate(socket)
            log.append("done")
        }
        @Sendable func leaveAndWait(_ socket: Socket) async {
            way.leave(socket)
            await self.useLateAndWait(socket)
            log.append("done")
        }
        switch operation {
        case .middleware: namespace.use { leave($0) }
        case .asyncMiddleware: namespace.use { socket async in await leaveAndWait(socket) }
        case .connectHandler: namespace.onConnect { leave($0) }
        case .asyncConnectHandler: namespace.onConnect { socket async in await leaveAndWait(socket) }
        case .eventHandler:
            namespace.acknowledge("go") { socket, arguments in
                leave(socket)
                return arguments
            }
        case .asyncEventHandler:
            namespace.acknowledge("go") { socket, arguments async in
                await leaveAndWait(socket)
                return arguments
            }
        case .concurrentEventHandler:
            namespace.on("go", order: .concurrent) { socket, _ async in
                await leaveAndWait(socket)
            }
        case .interceptor:
            namespace.intercept { socket, _ in leave(socket) }
            namespace.acknowledge("go") { _, arguments in arguments }
        case .asyncInterceptor:
            namespace.intercept { socket, _ async in await leaveAndWait(socket) }
            namespace.acknowledge("go") { _, arguments in arguments }
        case .disconnectingHook:
            namespace.onDisconnecting { socket, _ in
                leave(socket)
            }
            namespace.on("go") { socket, _ in way.leave(socket) }
        case .disconnectHandler:
            namespace.onDisconnect { socket, _ async in await leaveAndWait(socket) }
            namespace.on("go") { socket, _ in way.leave(socket) }
        case .outgoingInterceptor, .acknowledgement, .broadcastAcknowledgement, .emitWhenWritable, .join, .fetchSockets:
            self.prepareWaiting(namespace, operation, way, log: log)
        }
    }

    private static func prepareWaiting(_ namespace: Namespace, _ operation: Operation, _ way: Way, log: Log) {
        switch operation {
        case .outgoingInterceptor:
            namespace.interceptOutgoing { socket, event in
                if event.name == "way out" { way.leave(socket) }
                return true
            }
            namespace.on("go") { socket, _ in
                try socket.emit("way out")
                try namespace.emit("way out")
                log.append("done")
            }
        case .acknowledgement:
            namespace.on("go") { socket, _ async in
                // The task of this handler is cancelled with the socket.
                let answer = Task { try await socket.emitWithAck("ask") }
                try? await eventually("it is awaited") { socket.state.withLock { $0.acks.count } == 1 }
                way.leave(socket)
                do { _ = try await answer.value } catch {
                    log.append("\((error as? SocketIOError)?.code == .disconnected)")
                }
                log.append("done")
            }
        case .broadcastAcknowledgement:
            namespace.on("go") { socket, _ async throws in
                let answers = try namespace.emitWithAck("ask")
                way.leave(socket)
                // The task of this handler is cancelled with the socket.
                let replies = try await Task { try await answers.collected() }.value
                log.append("\(replies.failures[socket.id]?.code == .disconnected)")
                log.append("done")
            }
        case .emitWhenWritable:
            namespace.on("go") { socket, _ async in
                // Nothing is written before the loop turns to it, and so little has to wait.
                let wait = Task {
                    let filler = Value.string(String(repeating: "x", count: 100_000))
                    do { while true { try await socket.emitWhenWritable("fill", [filler]) } } catch {
                        log.append("\((error as? SocketIOError)?.code == .disconnected)")
                    }
                }
                try? await eventually("it waits") { socket.session.waitingSends == 1 }
                way.leave(socket)
                await wait.value
                log.append("\(socket.session.waitingSends == 0)")
                log.append("done")
            }
        case .join:
            namespace.onRoomEvent { event in
                guard case .joined("first", let id) = event, let socket = namespace.socket(id) else { return }
                way.leave(socket)
                self.useLate(socket)
            }
            namespace.on("go") { socket, _ in
                socket.join("first", "second", "third")
                self.useLate(socket)
                log.append("done")
            }
        default:
            namespace.on("go") { socket, _ async throws in
                let remotes = try await namespace.fetchSockets()
                way.leave(socket)
                for remote in remotes {
                    remote.join("late")
                    try remote.emit("late")
                    remote.leave("late")
                    remote.disconnect()
                }
                log.append("\(remotes.map(\.id) == [socket.id])")
                log.append("done")
            }
        }
    }

    @Test(arguments: Operation.allCases, Way.allCases)
    func `it disturbs nobody and leaves nothing behind`(operation: Operation, way: Way) async throws {
        let log = Log()
        let configuration = SocketIOConfiguration.testing {
            $0.engine.outboxHighWaterMark = 1000
            $0.engine.outboxLowWaterMark = 100
        }
        try await WatchedServer.run(
            configuration,
            setUp: { Self.prepare($0, operation, way, log: log) },
            body: { watched in
                let bystander = try await Bystander(port: watched.port)
                let before = watched.sockets.living
                let connection = try await RawConnection.connect(port: watched.port, receiveBuffer: 4096)
                let client = try await WebSocketTestClient.open(
                    on: HTTPTestClient(connection),
                    "/socket.io/?EIO=4&transport=websocket"
                )
                _ = try await client.receiveText()
                try await client.send("40/op,")
                if operation == .emitWhenWritable {
                    _ = try await client.receiveText()
                    try await connection.stopReading()
                }
                // It may be gone by now.
                try? await client.send(#"42/op,7["go"]"#)
                try await log.line("done")
                #expect(!log.all.contains("false"))
                try? await connection.resumeReading()
                try await bystander.expectService()
                // Whoever has left the namespace still has its connection.
                try? await connection.close()
                try await eventually("the namespace is empty") { watched.server.namespace("/op").socketCount == 0 }
                #expect(watched.server.namespace("/op").rooms.isEmpty)
                let adapter = watched.server.namespace("/op").adapter as? InMemoryAdapter
                #expect(adapter?.entryCount == 0)
                try await eventually("no handler is under way") { watched.server.environment.tasks.count == 0 }
                try await eventually("its socket is not kept") { watched.sockets.living == before }
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a thousand clients that come and go leave no socket, no room and no deadline`(
        transport: Transport
    ) async throws {
        let homes = EventLog<LoopContext>()
        try await WatchedServer.run(
            .testing { $0.threads = 1 },
            setUp: { server in
                server.namespace("/").onConnect { socket in
                    socket.join("all", Room("own \(socket.id)"))
                    if homes.all.isEmpty { homes.append(socket.session.home) }
                }
                server.namespace("/").on("ask") { socket, _ async in
                    _ = try? await socket.emitWithAck("question")
                }
            },
            body: { watched in
                let count = transport == .polling ? 200 : 1000
                let bystander = try await Bystander(port: watched.port)
                let home = try await homes.count(1)[0]
                let deadlines = home.deadlineCount
                for number in 0..<count {
                    let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
                    try await client.send("0")
                    try await client.emit("ask")
                    // Of a client between two polls nobody hears that it is gone.
                    if number % 2 == 0 || transport == .polling {
                        try await client.close()
                    } else {
                        try await client.engine.cut()
                    }
                }
                try await eventually("all but one have left") { watched.namespace.socketCount == 1 }
                try await eventually("nothing waits for them") { home.deadlineCount <= deadlines }
                try await bystander.expectService()
                try await eventually("one socket is kept") { watched.sockets.living == 1 }
                #expect(watched.namespace.rooms.count == 2)
                try await eventually("no handler is under way") { watched.server.environment.tasks.count == 0 }
                #expect(watched.sockets.count <= count + 1)
            }
        )
    }
}
