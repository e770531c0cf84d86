/// What runs when a socket has left, and what a socket that has left can still do.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DisconnectHandlerTests {
    @Test(arguments: [false, true])
    func `a socket that has left is in no room, reaches nobody and is reached by nobody`(isAsync: Bool) async throws {
        let log = Log()
        let observe: @Sendable (Socket) throws -> Void = { socket in
            socket.join("too late")
            log.append("\(socket.isConnected) \(socket.rooms.count) \(socket.namespace.sockets.count)")
            try socket.emit("to the gone")
            try socket.namespace.emit("left")
        }
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onConnect { socket in socket.join("a", "b") }
                if isAsync {
                    namespace.onDisconnect { socket, _ async throws in try observe(socket) }
                } else {
                    namespace.onDisconnect { socket, _ in try observe(socket) }
                }
            },
            body: { port in
                let leaver = try await SocketIOTestClient.connect(port: port)
                let other = try await SocketIOTestClient.connect(port: port)
                try await leaver.join()
                try await other.join()
                try await leaver.send("1")
                try await other.expect(#"2["left"]"#)
                #expect(log.all == ["false 0 1"])
                #expect(try await leaver.join().utf8.count == 20)
            }
        )
    }

    @Test func `a socket that has left does not speak for the one that joined after it`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").acknowledge("slow") { socket, arguments async in
                    log.append("begun")
                    await gate.pass()
                    try? socket.emit("late")
                    log.append("emitted")
                    return arguments
                }
                server.namespace("/").onDisconnect { _, _ in log.append("left") }
                Bystander.prepare(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("slow", id: 1)
                try await log.line("begun")
                try await client.send("1")
                try await client.join()
                gate.open()
                try await log.expect(["begun", "emitted", "left"])
                try await client.emit("alive", id: 1)
                try await client.expect("31[]")
            }
        )
    }

    @Test func `disconnect handlers run in the order of their registration, each once, whatever they throw`()
        async throws
    {
        struct Failure: Error {}
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onError { _, _, context in log.append("error in \(context)") }
                namespace.onDisconnect { _, _ in
                    log.append("first")
                    throw Failure()
                }
                namespace.onDisconnect { _, _ async in
                    await Task.yield()
                    log.append("second")
                }
                namespace.onDisconnect { _, _ in log.append("third") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send("1")
                let expected = ["first", "error in disconnect", "second", "third"]
                try await log.expect(expected)
                try await client.close()
                // Kept until the end: a client that goes is closed, and its leaving would be told.
                let later = try await SocketIOTestClient.connect(port: port)
                defer { withExtendedLifetime(later) {} }
                try await later.join()
                #expect(log.all == expected)
            }
        )
    }

    @Test(arguments: [false, true])
    func `a client that joins and leaves at once is told to both handlers`(isAsync: Bool) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                if isAsync {
                    server.namespace("/").onConnect { _ async in log.append("connect") }
                } else {
                    server.namespace("/").onConnect { _ in log.append("connect") }
                }
            },
            body: { port in
                for round in 1...50 {
                    let client = try await SocketIOTestClient.connect(port: port)
                    try await client.engine.send("40", "41")
                    let lines = try await log.count(round * 2)
                    #expect(lines.suffix(2) == ["connect", "left: client namespace disconnect"])
                }
            }
        )
    }

    @Test func `a connect handler that waits for ever is cancelled when its client leaves at once`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").onConnect { _ async in
                    await untilCancelled()
                    log.append("cancelled")
                }
            },
            body: { port in
                for round in 1...50 {
                    let client = try await SocketIOTestClient.connect(port: port)
                    try await client.engine.send("40", "41")
                    let lines = try await log.count(round * 2)
                    #expect(lines.suffix(2) == ["cancelled", "left: client namespace disconnect"])
                }
            }
        )
    }
}
