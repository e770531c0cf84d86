/// Everything at once: emitting, joining, leaving and disconnecting from many tasks.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ConcurrencyTests {
    @Test func `events of each task stay in order, however many emit at a time`() async throws {
        let (tasks, events) = (8, 100)
        let namespaces = EventLog<Namespace>()
        try await withSocketServer(
            .testing { $0.threads = 2 },
            setUp: { namespaces.append($0.namespace("/")) },
            body: { port in
                var clients: [SocketIOTestClient] = []
                for number in 0..<4 {
                    let client = try await SocketIOTestClient.connect(
                        port: port,
                        over: number % 2 == 0 ? .webSocket : .polling
                    )
                    try await client.join()
                    clients.append(client)
                }
                let namespace = namespaces.all[0]
                await withTaskGroup(of: Void.self) { group in
                    for task in 0..<tasks {
                        group.addTask {
                            for event in 0..<events { try? namespace.emit("e", .int(Int64(task)), .int(Int64(event))) }
                        }
                    }
                }
                for client in clients {
                    var next = Array(repeating: 0, count: tasks)
                    for _ in 0..<(tasks * events) {
                        // 2["e",<task>,<event>]
                        let parts = try await client.receive().dropLast().split(separator: ",")
                        let task = try #require(Int(parts[1]))
                        #expect(Int(parts[2]) == next[task])
                        next[task] += 1
                    }
                }
            }
        )
    }

    @Test func `sockets that come, join, emit and go at the same time leave nothing behind`() async throws {
        let log = Log()
        let namespaces = EventLog<Namespace>()
        let (clients, rounds) = (8, 15)
        try await withSocketServer(
            .testing {
                $0.threads = 2
                // Some clients go without a word.
                $0.engine.pingInterval = .seconds(1)
                $0.engine.pingTimeout = .seconds(3)
            },
            setUp: { server in
                for name in ["/", "/kick"] { self.prepare(server.namespace(name), log: log) }
                namespaces.append(server.namespace("/"))
                namespaces.append(server.namespace("/kick"))
            },
            body: { port in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<clients {
                        group.addTask { try await self.comeAndGo(number, rounds: rounds, port: port) }
                    }
                    group.addTask { await self.disturb(namespaces.all[1]) }
                    try await group.waitForAll()
                }
                try await eventually("all have left") { namespaces.all.allSatisfy(\.sockets.isEmpty) }
                try await eventually("all have been told") {
                    log.all.count { $0 == "connect" } == log.all.count { $0 == "left" }
                }
                #expect(log.all.count { $0 == "connect" } == clients * rounds * 2)
            }
        )
    }

    private func prepare(_ namespace: Namespace, log: Log) {
        namespace.use { _ async in await Task.yield() }
        namespace.onConnect { socket in
            log.append("connect")
            socket.join("all", "some")
        }
        namespace.on(Event<Int>("work"), order: .concurrent) { socket, number async throws in
            socket.leave("some")
            await Task.yield()
            socket.join("some")
            try socket.to("all").emit("worked", .int(Int64(number)))
        }
        namespace.on(Event<Int>("serial")) { socket, _ async throws in
            await Task.yield()
            try namespace.to("some").emit("done")
        }
        namespace.onDisconnect { socket, _ async in
            await Task.yield()
            log.append("left")
        }
    }

    /// Joins both namespaces, works, and leaves in one of several ways.
    private func comeAndGo(_ number: Int, rounds: Int, port: Int) async throws {
        for round in 0..<rounds {
            let transport: Transport = (number + round) % 3 == 0 ? .polling : .webSocket
            let client = try await SocketIOTestClient.connect(port: port, over: transport)
            try await client.engine.send("40", "40/kick,")
            try await self.receiveAnswers(2, from: client)
            let packets = (0..<5).map { #"42["\#($0 % 2 == 0 ? "work" : "serial")",\#($0)]"# }
            for packet in packets { try await client.engine.send(packet) }
            switch round % 3 {
            case 0: try await client.close()
            case 1: try await client.engine.cut()
            default: try await client.engine.send("41", "41/kick,", "1")
            }
        }
    }

    /// Reads until the CONNECTs are answered; events of others come in between.
    private func receiveAnswers(_ count: Int, from client: SocketIOTestClient) async throws {
        var answers = 0
        while answers < count {
            if try await client.receive().hasPrefix("0") { answers += 1 }
        }
    }

    /// Emits to, joins, asks and disconnects sockets of a namespace while they come and go.
    private func disturb(_ namespace: Namespace) async {
        for number in 0..<300 {
            for socket in namespace.sockets {
                socket.join("x", "y")
                try? socket.emit("poke", .int(Int64(number)))
                if number % 10 == 0 { _ = try? await socket.emitWithAck("ask", timeout: .milliseconds(1)) }
                if number % 7 == 0 { socket.disconnect() }
                socket.leave("x")
            }
            try? namespace.to("y").except("some").emit("all")
            await Task.yield()
        }
    }
}
