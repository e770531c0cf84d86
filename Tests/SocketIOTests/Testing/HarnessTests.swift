/// The harness for tests of applications: the same bodies in memory and over a port.
import EngineIO
import HTTPTypes
import Logging
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

/// How a client gets at the server, in all combinations.
struct Way: Sendable, CustomTestStringConvertible {
    var mode: TestingMode
    var transport: TestClient.Transport

    static let all = TestingMode.allCases.flatMap { mode in
        TestClient.Transport.allCases.map { Way(mode: mode, transport: $0) }
    }

    var testDescription: String { "\(self.mode), \(self.transport)" }
}

@Suite(.timeLimit(.minutes(1))) struct HarnessTests {
    struct Failure: Error {}
    private struct Profile: Codable, Equatable {
        var name: String
        var picture: [UInt8]
    }

    func server(_ setUp: (Namespace) -> Void = { _ in }) throws -> SocketIOServer {
        let server = try SocketIOServer(configuration: .testing(), logger: quietLogger())
        setUp(server.namespace("/"))
        return server
    }

    @Test(arguments: Way.all)
    func `events of every kind go both ways in order`(way: Way) async throws {
        let pair = Event<Int, Profile>("pair")
        let server = try self.server { namespace in
            namespace.on(pair) { socket, number, profile in try socket.emit(pair, number + 1, profile) }
            namespace.onAny { socket, event in try socket.emit("heard", .string(event.name)) }
            namespace.on("bytes") { socket, arguments in try socket.emit("bytes", arguments: arguments) }
        }
        try await server.test(way.mode) { harness in
            let client = try await harness.connect(transport: way.transport)
            #expect(client.transport == (way.transport == .polling ? .polling : .webSocket))
            let ada = Profile(name: "Ada \u{1E} ü", picture: [1, 2])
            for number in 0..<20 { try client.emit(pair, number, ada) }
            try client.emit("bytes", .bytes(0, 30, 255), ["deep": [.bytes(7)]], nil)
            for number in 0..<20 {
                let (next, profile) = try await client.next(pair)
                #expect(next == number + 1 && profile == ada)
            }
            let arguments = try await client.nextEvent("bytes").arguments
            #expect(try arguments.map { try $0.value } == [.bytes(0, 30, 255), ["deep": [.bytes(7)]], nil])
            #expect(client.unreadEvents.count == 21)
            for _ in 0..<20 { #expect(try await client.next(Event<String>("heard")) == "pair") }
            try await client.next(Event<String>("heard"))
            #expect(client.unreadEvents.isEmpty)
        }
    }

    @Test(arguments: Way.all)
    func `acknowledgements go both ways`(way: Way) async throws {
        let add = AckEvent<Int, Int, Int>("add")
        let server = try self.server { namespace in
            namespace.on(add) { _, first, second in first + second }
            namespace.acknowledge("echo") { _, arguments in arguments }
            namespace.on("ask") { socket, _ async throws in
                try socket.emit("sum", .int(Int64(try await socket.emitWithAck(add, 20, 3))))
                try socket.emit("untyped", arguments: try await socket.emitWithAck("question", [1]))
            }
        }
        try await server.test(way.mode) { harness in
            let client = try await harness.connect(transport: way.transport)
            #expect(try await client.emitWithAck(add, 1, 2) == 3)
            let echo = try await client.emitWithAck("echo", "x", .bytes(9))
            #expect(try echo.map { try $0.value } == ["x", .bytes(9)])
            client.answer(add) { first, second in first * second }
            try client.emit("ask")
            #expect(try await client.next(Event<Int>("sum")) == 60)
            let question = try await client.nextEvent("question")
            #expect(question.wantsAcknowledgement && question.arguments.count == 1)
            try question.acknowledge("yes", .bytes(1))
            #expect(try await client.nextEvent("untyped").arguments.count == 2)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `several namespaces share a connection, with auth, query and headers`(mode: TestingMode) async throws {
        let server = try self.server()
        for name in ["/a", "/b"] {
            server.namespace(name).onConnect { socket in
                let auth = try socket.handshake.auth(as: [String: String].self)
                let agent = socket.handshake.headers[.userAgent] ?? ""
                try socket.emit(
                    "hello",
                    .string(auth["token"] ?? ""),
                    .string(agent),
                    .string(socket.handshake.query("x y") ?? "")
                )
            }
        }
        try await server.test(mode) { harness in
            let hello = Event<String, String, String>("hello")
            let headers: HTTPFields = [.userAgent: "tester"]
            let a = try await harness.connect("/a", auth: ["token": "1"], query: ["x y": "a&b=ü"], headers: headers)
            let b = try await a.join("b", auth: ["token": "2"])
            #expect(try await a.next(hello) == ("1", "tester", "a&b=ü"))
            #expect(try await b.next(hello) == ("2", "tester", "a&b=ü"))
            #expect(a.sessionID == b.sessionID && a.id != b.id && b.namespace == "/b")
            a.disconnect()
            #expect(try await a.disconnected() == .clientDisconnect)
            #expect(b.isConnected && !a.isConnected)
            server.namespace("/b").disconnectSockets()
            #expect(try await b.disconnected() == .serverDisconnect)
        }
    }

    @Test(arguments: Way.all)
    func `refusals have their message and data`(way: Way) async throws {
        let server = try self.server { namespace in
            namespace.use { _ in throw ConnectRefusal("not you", data: ["code": 7]) }
        }
        try await server.test(way.mode) { harness in
            let refusal = await #expect(throws: ConnectRefusal.self) {
                _ = try await harness.connect(transport: way.transport)
            }
            #expect(refusal?.message == "not you" && refusal?.data == ["code": 7])
            let unknown = await #expect(throws: ConnectRefusal.self) { _ = try await harness.connect("/nowhere") }
            #expect(unknown?.message == "Invalid namespace" && unknown?.data == nil)
        }
    }

    @Test(arguments: Way.all)
    func `a handshake that is rejected has a status and a body`(way: Way) async throws {
        var configuration = SocketIOConfiguration.testing()
        configuration.engine.allowRequest = { _ in .refuse(message: "no") }
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        try await server.test(way.mode) { harness in
            let rejection = await #expect(throws: HandshakeRejection.self) {
                _ = try await harness.connect(transport: way.transport)
            }
            // As in Node, whatever the reason, a WebSocket is refused with 400.
            #expect(rejection?.status == (way.transport == .webSocket ? 400 : 403))
            #expect(rejection?.body.contains("no") == true)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `nobody connects when the test is over`(mode: TestingMode) async throws {
        let over = try await self.server().test(mode) { $0 }
        await #expect(throws: HandshakeRejection.self) { _ = try await over.connect() }
    }

    @Test(arguments: Way.all)
    func `each way to go has its reason on both sides`(way: Way) async throws {
        let log = Log()
        let server = try self.server { namespace in
            namespace.onDisconnect { _, reason in log.append("\(reason)") }
            namespace.on("kick") { socket, _ in socket.disconnect(closingConnection: true) }
        }
        try await server.test(way.mode) { harness in
            let closer = try await harness.connect(transport: way.transport)
            closer.close()
            #expect(try await closer.disconnected() == .clientDisconnect)
            try await log.expect(["transport close"])
            let dropper = try await harness.connect(transport: way.transport)
            dropper.dropConnection()
            #expect(try await dropper.disconnected() == .transportClose)
            try await log.line(way.transport == .polling ? "transport error" : "transport close")
            let kicked = try await harness.connect(transport: way.transport)
            try kicked.emit("kick")
            #expect(try await kicked.disconnected() == .serverDisconnect)
            try await log.line("server namespace disconnect")
            #expect(throws: TestFailure.self) { try kicked.emit("kick") }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what does not come is named, with what came instead`(mode: TestingMode) async throws {
        let server = try self.server { namespace in namespace.onConnect { try $0.emit("other", "x") } }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            let short = Duration.milliseconds(300)
            try await harness.settle()
            let failure = await #expect(throws: TestFailure.self) {
                try await client.next(Event<Int>("wanted"), within: short)
            }
            let text = failure?.description ?? ""
            #expect(text.contains(#"no event "wanted" came within 0.3 seconds"#))
            #expect(text.contains(#"the client is connected; what came instead: "other"("x")"#))
            await #expect(throws: TestFailure.self) { try await client.emitWithAck("nobody", "x", within: short) }
            await #expect(throws: TestFailure.self) { try await client.disconnected(within: short) }
            let misfit = await #expect(throws: SocketIOError.self) { try await client.next(Event<Int>("other")) }
            #expect(misfit?.message.contains("cannot be decoded") == true)
            client.close()
            try await client.disconnected()
            // Nothing can come any more: nobody waits for it.
            let gone = await #expect(throws: TestFailure.self) {
                try await client.next(Event<Int>("wanted"), within: .seconds(3600))
            }
            #expect(gone?.description.contains("the client has been disconnected: io client disconnect") == true)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a test that throws or is cancelled ends the server all the same`(mode: TestingMode) async throws {
        let log = Log()
        let server = try self.server { namespace in
            namespace.onConnect { _ in log.append("connected") }
            namespace.onDisconnect { _, reason in log.append("\(reason)") }
        }
        await #expect(throws: Failure.self) {
            try await server.test(mode) { harness in
                _ = try await harness.connect()
                throw Failure()
            }
        }
        #expect(log.all.count == 2)
        await #expect(throws: SocketIOError.self) { try await server.start() }
        let next = try self.server { namespace in namespace.onConnect { _ in log.append("waiting") } }
        let task = Task {
            try await next.test(mode) { harness in
                let client = try await harness.connect()
                try await client.next(Signal("never"), within: .seconds(3600))
            }
        }
        try await log.line("waiting")
        task.cancel()
        let result = await task.result
        #expect(throws: CancellationError.self) { try result.get() }
    }

    @Test(arguments: TestingMode.allCases)
    func `a handler that hangs holds the end of a test up no longer than a shutdown`(mode: TestingMode) async throws {
        let gate = Gate()
        let server = try self.server { namespace in namespace.on("hang") { _, _ async in await gate.pass() } }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            try client.emit("hang")
            try await harness.settle()
        }
        gate.open()
    }

    @Test(arguments: TestingMode.allCases)
    func `a server that speaks msgpack is spoken to in msgpack`(mode: TestingMode) async throws {
        let configuration = SocketIOConfiguration.testing { $0.parser = .messagePack }
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        server.namespace("/").acknowledge("echo") { _, arguments in arguments }
        server.namespace("/no").use { _ in throw ConnectRefusal("no") }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            let echo = try await client.emitWithAck("echo", "x", .bytes(9), ["a": nil])
            #expect(try echo.map { try $0.value } == ["x", .bytes(9), ["a": nil]])
            let refusal = await #expect(throws: ConnectRefusal.self) { _ = try await client.join("/no") }
            #expect(refusal?.message == "no")
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a client comes back in the place of one that was lost`(mode: TestingMode) async throws {
        let configuration = SocketIOConfiguration.testing { $0.connectionStateRecovery = ConnectionStateRecovery() }
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            try server.emit(Event<Int>("n"), 1)
            #expect(try await client.next(Event<Int>("n")) == 1)
            client.dropConnection()
            try await eventually("it is gone") { server.namespace("/").socketCount == 0 }
            try server.emit(Event<Int>("n"), 2)
            let back = try await harness.connect(recovering: client)
            #expect(back.id == client.id)
            #expect(try await back.next(Event<Int>("n")) == 2)
            // Too late.
            back.dropConnection()
            try await eventually("it is gone") { server.namespace("/").socketCount == 0 }
            try await harness.time.advance(by: .seconds(121))
            #expect(try await harness.connect(recovering: back).id != back.id)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a reader that stalls gets what it can take when it reads again`(mode: TestingMode) async throws {
        let server = try self.server()
        try await server.test(mode) { harness in
            for transport in [TestClient.Transport.webSocket, .polling] {
                let client = try await harness.connect(transport: transport)
                client.stopReading()
                try await harness.settle()
                for number in 0..<50 {
                    try server.emit("bulk", .int(Int64(number)), .string(String(repeating: "x", count: 9999)))
                }
                try await harness.settle()
                client.resumeReading()
                for number in 0..<50 {
                    #expect(try await client.nextEvent("bulk").arguments[0].decode(as: Int.self) == number)
                }
                client.close()
                try await client.disconnected()
            }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what no client of the library sends gets the answer that the protocol has for it`(
        mode: TestingMode
    ) async throws {
        try await self.server().test(mode) { harness in
            let client = try await harness.connect()
            client.sendRaw("2nonsense")
            #expect(try await client.disconnected() == .transportClose)
            let second = try await harness.connect(transport: .polling)
            second.sendRaw(enginePacket: "9")
            // Its poll gets the farewell, its POST the error, in either order.
            #expect([.transportClose, .transportError].contains(try await second.disconnected()))
            let third = try await harness.connect()
            third.sendRaw(binary: [1])
            #expect(try await third.disconnected() == .transportClose)
        }
    }

    @Test func `the time of day moves with the test's time`() async throws {
        let server = try self.server { namespace in
            namespace.on("when") { socket, _ in try socket.emit("time", .double(socket.handshake.time)) }
        }
        try await server.test { harness in
            var times: [Double] = []
            for _ in 0..<2 {
                let client = try await harness.connect()
                try client.emit("when")
                times.append(try await client.next(Event<Double>("time")))
                try await harness.time.advance(by: .seconds(100))
            }
            #expect(times[1] - times[0] >= 100 && times[1] - times[0] < 101)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `an upgrade that makes no sense is refused`(mode: TestingMode) async throws {
        var configuration = SocketIOConfiguration.testing()
        configuration.engine.allowsUpgrades = false
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        try await server.test(mode) { harness in
            let client = try await harness.connect(transport: .polling)
            await #expect(throws: TestFailure.self) { try await client.upgrade() }
            #expect(client.isConnected)
            let other = try await harness.connect()
            await #expect(throws: TestFailure.self) { try await other.upgrade() }
        }
    }
}
