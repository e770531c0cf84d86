/// Acknowledgements of the client's events, and those the server awaits.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct AcknowledgementTests {
    private static let sum = Event("sum").replying(with: Int.self) as AckEvent<Int, Int, Int>

    // MARK: The server acknowledges

    @Test(arguments: Transport.allCases)
    func `what a handler returns is the acknowledgement`(transport: Transport) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.on(Self.sum) { _, first, second in first + second }
                namespace.on(AckEvent<[String]?, Bool>("maybe")) { _, isThere async in
                    await Task.yield()
                    return isThere ? ["a"] : nil
                }
                namespace.acknowledge("many") { _, _ in [1, nil, ["x": true]] }
                namespace.acknowledge("none") { _, _ -> [Value]? in nil }
                namespace.acknowledge("empty") { _, _ async -> [Value]? in [] }
                namespace.acknowledge("same") { _, arguments async in arguments }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                let exchanges = [
                    (#"20["sum",1,2]"#, "30[3]"), (#"21["maybe",true]"#, #"31[["a"]]"#),
                    (#"22["maybe",false]"#, "32[null]"),
                    (#"23["many"]"#, #"33[1,null,{"x":true}]"#), (#"24["empty"]"#, "34[]"),
                    (#"25["same",1,"b"]"#, #"35[1,"b"]"#),
                ]
                for (event, acknowledgement) in exchanges {
                    try await client.send(event)
                    try await client.expect(acknowledgement)
                }
                // Without an id, or a value, there is none.
                try await client.send(#"2["sum",1,2]"#, #"26["none"]"#, #"27["empty"]"#)
                try await client.expect("37[]")
            }
        )
    }

    @Test(arguments: [
        ("0", "0"), ("00", "0"), ("9007199254740993", "9007199254740993"),
        ("9999999999999999999", "9999999999999999999"),
        (String(repeating: "0", count: 100) + "7", "7"),
    ])
    func `ids of up to nineteen digits are exact, leading zeros left out`(id: String, answered: String) async throws {
        try await withSocketServer(.testing(), setUp: Bystander.prepare) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            try await client.send(#"2\#(id)["alive"]"#)
            try await client.expect("3\(answered)[]")
        }
    }

    @Test(arguments: [20, 100])
    func `an id with more digits closes the connection`(digits: Int) async throws {
        try await withSocketServer(.testing(), setUp: Bystander.prepare) { port in
            let bystander = try await Bystander(port: port)
            for type in ["2", "3"] {
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send(type + String(repeating: "1", count: digits) + #"["alive"]"#)
                try await client.expectEnd()
            }
            try await bystander.expectService()
        }
    }

    @Test(arguments: [false, true])
    func `a handler that throws acknowledges nothing, and the error hook is told`(isAsync: Bool) async throws {
        struct Failure: Error {}
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                server.logging(to: log)
                if isAsync {
                    server.namespace("/").acknowledge("fail") { _, _ async throws -> [Value]? in throw Failure() }
                } else {
                    server.namespace("/").acknowledge("fail") { _, _ -> [Value]? in throw Failure() }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("fail", id: 1)
                try await client.emit("alive", id: 2)
                try await client.expect("32[]")
                #expect(log.all == [#"error in event "fail": Failure()"#])
            }
        )
    }

    // MARK: The client acknowledges

    /// Runs a task for a socket of the server, beside a client that the test speaks for.
    private func asking<Output: Sendable>(
        over transport: Transport = .webSocket,
        _ configuration: SocketIOConfiguration = .testing(),
        _ ask: @escaping @Sendable (Socket) async throws(SocketIOError) -> Output,
        client body: (SocketIOTestClient, Task<Output, any Error>) async throws -> Void
    ) async throws -> Result<Output, any Error> {
        let sockets = EventLog<Socket>()
        return try await withSocketServer(
            configuration,
            setUp: { server in
                Bystander.prepare(server)
                server.namespace("/").onConnect { sockets.append($0) }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                let socket = try await sockets.count(1)[0]
                let task = Task { try await ask(socket) }
                try await body(client, task)
                return await task.result
            }
        )
    }

    private func code(of result: Result<some Any, any Error>) -> SocketIOError.Code? {
        guard case .failure(let error) = result else { return nil }
        return (error as? SocketIOError)?.code
    }

    @Test(arguments: Transport.allCases)
    func `the client's acknowledgement is awaited and decoded`(transport: Transport) async throws {
        let result = try await self.asking(over: transport) { socket throws(SocketIOError) in
            try await socket.emitWithAck(Self.sum, 1, 2)
        } client: { client, _ in
            try await client.expect(#"20["sum",1,2]"#)
            try await client.send("30[3]")
        }
        #expect(try result.get() == 3)
    }

    @Test func `an untyped acknowledgement has all arguments, attachments included`() async throws {
        let result = try await self.asking { socket throws(SocketIOError) in
            try await socket.emitWithAck("ask", [1, .bytes(5)])
        } client: { client, _ in
            try await client.expect(#"51-0["ask",1,{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receiveBinary() == [5])
            try await client.send(#"61-0["a",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: [6, 7])
        }
        #expect(try result.get().map { try $0.value } == ["a", .bytes(6, 7)])
    }

    @Test(arguments: ["30[]", "3/,0[\"x\"]", "30", "30[null]", "30[{}]"])
    func `an acknowledgement that does not fit is an error`(packet: String) async throws {
        let result = try await self.asking { socket throws(SocketIOError) in
            try await socket.emitWithAck(Self.sum, 1, 2)
        } client: { client, _ in
            try await client.expect(#"20["sum",1,2]"#)
            try await client.send(packet)
        }
        #expect(self.code(of: result) == .invalidAcknowledgement)
    }

    @Test func `unknown, foreign and repeated acknowledgements change nothing`() async throws {
        let result = try await self.asking { socket throws(SocketIOError) in
            try await socket.emitWithAck(Self.sum, 1, 2)
        } client: { client, _ in
            try await client.expect(#"20["sum",1,2]"#)
            try await client.send("31[9]", "3999[9]", "3[9]", "30[3]", "30[4]", #"21["alive"]"#)
            try await client.expect("31[]")
        }
        #expect(try result.get() == 3)
    }

    @Test func `an acknowledgement in another namespace is not meant`() async throws {
        let sockets = EventLog<Socket>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").onConnect { sockets.append($0) }
                _ = server.namespace("/other")
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.join("/other")
                let socket = try await sockets.count(1)[0]
                async let answer = socket.emitWithAck(Self.sum, 1, 2)
                try await client.expect(#"20["sum",1,2]"#)
                try await client.send("3/other,0[9]", "30[3]")
                #expect(try await answer == 3)
            }
        )
    }

    @Test func `ids are counted by the namespace, whoever the socket is`() async throws {
        let sockets = EventLog<Socket>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                for name in ["/", "/other"] { server.namespace(name).onConnect { sockets.append($0) } }
            },
            body: { port in
                let first = try await SocketIOTestClient.connect(port: port)
                let second = try await SocketIOTestClient.connect(port: port)
                try await first.join()
                try await second.join()
                try await second.join("/other")
                let joined = try await sockets.count(3)
                for (number, (socket, client)) in zip([0, 1, 0], zip(joined, [first, second, second])) {
                    async let answer = socket.emitWithAck("q")
                    let prefix = socket.namespace.name == "/" ? "" : "/other,"
                    try await client.expect(#"2\#(prefix)\#(number)["q"]"#)
                    try await client.send("3\(prefix)\(number)[\(number)]")
                    #expect(try await answer.map(\.json) == ["\(number)"])
                }
            }
        )
    }

    @Test func `no acknowledgement in time is an error, and a late one is ignored`() async throws {
        let result = try await self.asking { socket throws(SocketIOError) in
            try await socket.emitWithAck(Self.sum, 1, 2, timeout: .milliseconds(30))
        } client: { client, task in
            try await client.expect(#"20["sum",1,2]"#)
            _ = await task.result
            try await client.send("30[3]", #"21["alive"]"#)
            try await client.expect("31[]")
        }
        #expect(self.code(of: result) == .acknowledgementTimeout)
    }

    @Test func `the configuration has the timeout of calls that name none`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.acknowledgementTimeout = .milliseconds(30) }
        let result = try await self.asking(configuration) { socket throws(SocketIOError) in
            try await socket.emitWithAck("ask")
        } client: { _, _ in
        }
        #expect(self.code(of: result) == .acknowledgementTimeout)
    }

    @Test(arguments: ["41", "1"])
    func `a disconnect ends the wait`(packet: String) async throws {
        let result = try await self.asking(over: .polling) { socket throws(SocketIOError) in
            try await socket.emitWithAck("ask")
        } client: { client, _ in
            try await client.expect(#"20["ask"]"#)
            try await client.engine.send(packet)
        }
        #expect(self.code(of: result) == .disconnected)
    }

    @Test func `asking a socket that has left fails at once`() async throws {
        let left = Gate()
        let result = try await self.asking { socket throws(SocketIOError) in
            await left.pass()
            return try await socket.emitWithAck("ask", timeout: .seconds(3600))
        } client: { client, _ in
            try await client.send("1")
            try await client.join()
            left.open()
        }
        #expect(self.code(of: result) == .disconnected)
    }

    @Test func `cancellation ends the wait`() async throws {
        let result = try await self.asking { socket throws(SocketIOError) in
            try await socket.emitWithAck("ask", timeout: .seconds(3600))
        } client: { client, task in
            try await client.expect(#"20["ask"]"#)
            task.cancel()
            _ = await task.result
            try await client.send("30[]", #"21["alive"]"#)
            try await client.expect("31[]")
        }
        #expect(self.code(of: result) == .cancelled)
    }

    @Test func `a cancelled task does not wait at all`() async throws {
        let cancelled = Gate()
        let result = try await self.asking { socket throws(SocketIOError) in
            await cancelled.pass()
            return try await socket.emitWithAck("ask", timeout: .seconds(3600))
        } client: { _, task in
            task.cancel()
            cancelled.open()
            _ = await task.result
        }
        #expect(self.code(of: result) == .cancelled)
    }

    @Test func `a handler that waits while its socket leaves is cancelled, which is no error`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.on("go") { socket, _ async throws in
                    do throws(SocketIOError) {
                        _ = try await socket.emitWithAck("ask", timeout: .seconds(3600))
                    } catch {
                        log.append("\(error.code.rawValue)")
                        throw error
                    }
                }
                namespace.onError { _, error, context in log.append("error in \(context): \(error)") }
                namespace.onDisconnect { _, _ in log.append("left") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("go")
                try await client.expect(#"20["ask"]"#)
                try await client.send("1")
                try await log.expect(["cancelled", "left"])
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a handler may await an acknowledgement of its own client`(transport: Transport) async throws {
        try await withSocketServer(
            .testing { $0.limits.eventsPerInbox = 2 },
            setUp: { server in
                server.namespace("/").acknowledge("ask me") { socket, _ async throws in
                    let answer = try await socket.emitWithAck("question")
                    return try answer.map { try $0.value }
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                // One more waits in the inbox meanwhile.
                try await client.emit("ask me", id: 0)
                try await client.emit("ask me", id: 1)
                for id in 0...1 {
                    try await client.expect(#"2\#(id)["question"]"#)
                    try await client.send("3\(id)[\"answer \(id)\"]")
                    try await client.expect(#"3\#(id)["answer \#(id)"]"#)
                }
            }
        )
    }

    @Test func `many waits at a time each get their own answer`() async throws {
        let result = try await self.asking { socket in
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask { (try? await socket.emitWithAck(Self.sum, number, number)) == number * 2 }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
        } client: { client, _ in
            var questions: [(id: Substring, number: Int)] = []
            for _ in 0..<100 {
                // 2<id>["sum",<n>,<n>]
                let parts = try await client.receive().dropFirst().dropLast().split(whereSeparator: {
                    "[,".contains($0)
                })
                questions.append((parts[0], try #require(Int(parts[2]))))
            }
            for (id, number) in questions.shuffled() { try await client.send("3\(id)[\(number * 2)]") }
        }
        #expect(try result.get() == 100)
    }
}
