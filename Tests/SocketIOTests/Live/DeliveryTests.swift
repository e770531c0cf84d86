/// In which order handlers run, and where.
import EngineIO
import NIOPosix
import SocketIO
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DeliveryTests {
    private static let number = Event<Int>("number")

    private static var isOnEventLoop: Bool { MultiThreadedEventLoopGroup.currentEventLoop != nil }

    @Test func `synchronous handlers run inline on the event loop, asynchronous ones do not`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { _ in log.append("middleware \(Self.isOnEventLoop)") }
                namespace.onConnect { _ in log.append("connect \(Self.isOnEventLoop)") }
                namespace.acknowledge("inline") { _, _ in
                    log.append("inline \(Self.isOnEventLoop)")
                    return []
                }
                namespace.acknowledge("pool") { _, _ async in
                    log.append("pool \(Self.isOnEventLoop)")
                    return []
                }
                namespace.onDisconnect { _, _ in log.append("disconnect \(Self.isOnEventLoop)") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("inline", id: 1)
                try await client.expect("31[]")
                try await client.send("1")
                try await log.expect(["middleware true", "connect true", "inline true", "disconnect true"])

                // Another client, since what follows an asynchronous handler at once is delivered by the same task.
                let other = try await SocketIOTestClient.connect(port: port)
                try await other.join()
                try await other.emit("pool", id: 1)
                try await other.expect("31[]")
                #expect(log.all.last == "pool false")
            }
        )
    }

    @Test func `concurrent handlers wait for the connect handlers, and not for each other`() async throws {
        let log = Log()
        let connecting = Gate()
        let first = Gate()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onConnect { _ async in
                    log.append("connecting")
                    await connecting.pass()
                    log.append("connected")
                }
                namespace.on("first", order: .concurrent) { _, _ async in
                    log.append("first")
                    await first.pass()
                    log.append("first is done")
                }
                namespace.on("second", order: .concurrent) { _, _ async in log.append("second") }
                namespace.on("serial") { _, _ in log.append("serial") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await log.count(1)
                try await client.send(#"2["first"]"#, #"20["second"]"#, #"21["serial"]"#)
                // A pong is read behind them: by then all three have arrived, and none has run.
                try await client.engine.webSocket?.send(TestFrame(.ping, "x"))
                let pong = try await client.engine.webSocket?.receive()
                #expect(pong == .pong([120]))
                #expect(log.all == ["connecting"])
                connecting.open()
                let answers = [try await client.engine.receiveText(), try await client.engine.receiveText()]
                #expect(Set(answers) == ["430[]", "431[]"])
                first.open()
                try await log.count(6)
                #expect(log.all[0...1] == ["connecting", "connected"])
                #expect(log.all.last == "first is done")
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `hundreds of events are handled in their order, however long each handler takes`(
        transport: Transport
    ) async throws {
        let count = 400
        let numbers = EventLog<Int>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.on(Self.number) { _, number async in
                    for _ in 0..<(number * 7 % 5) { await Task.yield() }
                    numbers.append(number)
                }
                namespace.on(Event<Int>("inline")) { _, number in numbers.append(number) }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                for number in 0..<count {
                    try await client.emit(number % 3 == 0 ? "inline" : "number", "\(number)")
                }
                try await numbers.expect(Array(0..<count))
            }
        )
    }

    @Test func `a synchronous handler waits behind an asynchronous one that is busy`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.acknowledge("slow") { _, _ async in
                    log.append("slow begins")
                    await gate.pass()
                    log.append("slow ends")
                    return []
                }
                namespace.acknowledge("quick") { _, _ in
                    log.append("quick")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                let other = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await other.join()
                try await client.emit("slow", id: 0)
                try await client.emit("quick", id: 1)
                try await log.line("slow begins")
                // Another socket waits for nobody.
                try await other.emit("quick", id: 5)
                try await other.expect("35[]")
                gate.open()
                try await client.expect("30[]")
                try await client.expect("31[]")
                #expect(log.all == ["slow begins", "quick", "slow ends", "quick"])
            }
        )
    }

    @Test func `a busy handler holds up neither other sockets nor other namespaces of its connection`() async throws {
        let gate = Gate()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/busy").acknowledge("wait") { _, _ async in
                    await gate.pass()
                    return []
                }
                Bystander.prepare(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/busy")
                try await client.join("/")
                try await client.emit("wait", to: "/busy", id: 0)
                try await client.emit("alive", id: 1)
                try await client.expect("31[]")
                gate.open()
                try await client.expect("3/busy,0[]")
            }
        )
    }

    @Test func `concurrent handlers run beside everything else`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.on(Self.number, order: .concurrent) { _, number async in
                    log.append("\(number)")
                    await gate.pass()
                }
                Bystander.prepare(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                for number in 1...3 { try await client.emit("number", "\(number)") }
                // All three have begun, none has ended, and the inbox is free.
                #expect(try await log.count(3).sorted() == ["1", "2", "3"])
                try await client.emit("alive", id: 9)
                try await client.expect("39[]")
                gate.open()
            }
        )
    }

    @Test func `a concurrent synchronous handler keeps the order`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").acknowledge("a") { _, _ async in
                    await Task.yield()
                    log.append("a")
                    return []
                }
                server.namespace("/").acknowledge("b") { _, _ in
                    log.append("b")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                for _ in 1...50 { try await client.engine.send(#"42["a"]"#, #"42["b"]"#) }
                try await log.expect((1...50).flatMap { _ in ["a", "b"] })
            }
        )
    }

    @Test func `events wait for connect handlers, synchronous or not`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.onConnect { _ in log.append("first") }
                namespace.onConnect { _ async in
                    await gate.pass()
                    log.append("second")
                }
                namespace.onConnect { _ in log.append("third") }
                namespace.acknowledge("event") { _, _ in
                    log.append("event")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("event")
                try await log.line("first")
                gate.open()
                try await log.expect(["first", "second", "third", "event"])
            }
        )
    }

    @Test(arguments: [false, true])
    func `a connect handler that throws is reported and the socket stays`(isAsync: Bool) async throws {
        struct Failure: Error {}
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                server.logging(to: log)
                if isAsync {
                    server.namespace("/").onConnect { _ async throws in throw Failure() }
                } else {
                    server.namespace("/").onConnect { _ in throw Failure() }
                }
                server.namespace("/").onConnect { _ in log.append("next") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("alive", id: 1)
                try await client.expect("31[]")
                #expect(log.all == ["error in connect: Failure()", "next"])
            }
        )
    }

    // MARK: The end

    @Test(arguments: [DeliveryOrder.serial, .concurrent])
    func `a disconnect cancels the handlers under way, and what waits is dropped`(order: DeliveryOrder) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").acknowledge("wait", order: order) { _, _ async in
                    log.append("begun")
                    await untilCancelled()
                    log.append("cancelled \(Task.isCancelled)")
                    return []
                }
                server.namespace("/").acknowledge("drop") { _, _ in
                    log.append("handled")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("wait", id: 1)
                try await log.line("begun")
                if order == .serial { try await client.emit("drop") }
                try await client.send("1")
                try await log.expect(["begun", "cancelled true"])
                // No acknowledgement either: the next packet is the answer to CONNECT.
                try await client.join()
                #expect(log.all.count == 2)
            }
        )
    }

    @Test(arguments: [false, true], Transport.allCases)
    func `the disconnect handler runs once, after the running handler, and is not cancelled`(
        isAsync: Bool,
        transport: Transport
    ) async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.acknowledge("slow") { socket, _ async in
                    log.append("begun")
                    await untilCancelled()
                    log.append("connected \(socket.isConnected)")
                    await gate.pass()
                    log.append("ended")
                    return []
                }
                if isAsync {
                    namespace.onDisconnect { _, _ async in
                        await Task.yield()
                        log.append("left, cancelled \(Task.isCancelled)")
                    }
                } else {
                    namespace.onDisconnect { _, _ in log.append("left, cancelled \(Task.isCancelled)") }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                try await client.emit("slow")
                try await log.line("begun")
                try await client.send("1")
                try await log.line("connected false")
                try await client.close()
                gate.open()
                try await log.expect(["begun", "connected false", "ended", "left, cancelled false"])
                // Kept until the end: a client that goes is closed, and its leaving would be told.
                let later = try await SocketIOTestClient.connect(port: port)
                defer { withExtendedLifetime(later) {} }
                try await later.join()
                #expect(log.all.count == 4)
            }
        )
    }

    @Test func `disconnect handlers are never cancelled, whenever the disconnect comes`() async throws {
        // The disconnect comes while the handler ends: many rounds, so that it comes in every state.
        let log = Log()
        try await withSocketServer(
            .testing { $0.threads = 2 },
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.acknowledge("quick") { _, _ async in
                    await Task.yield()
                    return nil
                }
                namespace.onDisconnect { _, _ async in
                    for _ in 0..<3 { await Task.yield() }
                    log.append("\(Task.isCancelled)")
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                for _ in 1...300 {
                    try await client.engine.send("40", #"42["quick"]"#, "41")
                    #expect(try await client.receive().hasPrefix("0{"))
                }
                #expect(try await log.count(300).allSatisfy { $0 == "false" })
                #expect(log.all.count == 300)
            }
        )
    }
}
