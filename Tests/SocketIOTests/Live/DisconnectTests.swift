/// Every way to leave, and what the server's handlers are told about it.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DisconnectTests {
    /// Runs a test with a client in the main namespace and returns what the handlers logged.
    private func reasons(
        over transport: Transport,
        _ configuration: SocketIOConfiguration = .testing(),
        setUp: (SocketIOServer) -> Void = { _ in },
        end: (SocketIOTestClient) async throws -> Void
    ) async throws -> [String] {
        let log = Log()
        return try await withSocketServer(
            configuration,
            setUp: { server in
                server.logging(to: log)
                setUp(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                try await end(client)
                return try await log.count(1)
            }
        )
    }

    // MARK: The client leaves

    @Test(arguments: Transport.allCases)
    func `a client that leaves a namespace keeps its connection`(transport: Transport) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                server.logging(to: log)
                server.logging(to: log, in: "/other")
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                let first = try await client.join()
                try await client.join("/other")
                try await client.send("1")
                try await log.line("left: client namespace disconnect")
                let second = try await client.join()
                #expect(first != second)
                try await client.emit("alive", id: 1)
                try await client.expect("31[]")
                #expect(log.all == ["left: client namespace disconnect"])
            }
        )
    }

    @Test func `a namespace is left by its name`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { $0.logging(to: log, in: "/other") },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/other")
                try await client.send("1/other")
                try await log.line("left: client namespace disconnect")
                try await client.join("/other")
                try await client.send("1/other,")
                try await log.count(2)
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `closing the connection is a transport close`(transport: Transport) async throws {
        #expect(try await self.reasons(over: transport) { try await $0.close() } == ["left: transport close"])
    }

    @Test func `a WebSocket whose TCP connection ends is a transport close`() async throws {
        let reasons = try await self.reasons(over: .webSocket) { try await $0.engine.webSocket?.connection.close() }
        #expect(reasons == ["left: transport close"])
    }

    @Test func `a WebSocket that is reset is a transport error`() async throws {
        #expect(try await self.reasons(over: .webSocket) { try await $0.engine.cut() } == ["left: transport error"])
    }

    @Test func `two polls at a time are a transport error`() async throws {
        let reasons = try await self.reasons(over: .polling) { client in
            let polling = try #require(client.engine.polling)
            try await polling.startPoll()
            try await polling.posts.send("GET", polling.target)
        }
        #expect(reasons == ["left: transport error"])
    }

    @Test func `an unmasked frame is a transport error`() async throws {
        let reasons = try await self.reasons(over: .webSocket) { client in
            try await client.engine.webSocket?.send(TestFrame(.text, "42[\"x\"]").with { $0.key = nil })
        }
        #expect(reasons == ["left: transport error"])
    }

    @Test(arguments: Transport.allCases)
    func `silence is a ping timeout`(transport: Transport) async throws {
        let configuration = SocketIOConfiguration.testing {
            $0.engine.pingInterval = .milliseconds(250)
            $0.engine.pingTimeout = .milliseconds(1500)
        }
        #expect(try await self.reasons(over: transport, configuration) { _ in } == ["left: ping timeout"])
    }

    @Test(arguments: Transport.allCases)
    func `a packet that is no Engine.IO is a parse error`(transport: Transport) async throws {
        let reasons = try await self.reasons(over: transport) { client in
            // Over polling the answer may be an error by then.
            try? await client.engine.send("9")
        }
        #expect(reasons == ["left: parse error"])
    }

    // MARK: The server ends it

    @Test func `a malformed packet over a WebSocket is a forced close`() async throws {
        let reasons = try await self.reasons(over: .webSocket) { try await $0.send("2{}") }
        #expect(reasons == ["left: forced close"])
    }

    @Test func `a malformed packet over polling is a forced close while a poll waits`() async throws {
        let reasons = try await self.reasons(over: .polling, .testing { $0.threads = 1 }) { client in
            let polling = try #require(client.engine.polling)
            try await polling.startPollSurely()
            try await polling.post("42{}")
            #expect(try await polling.receivePoll() == ["1"])
        }
        #expect(reasons == ["left: forced close"])
    }

    @Test func `a malformed packet over polling is a forced server close while no poll waits`() async throws {
        let reasons = try await self.reasons(over: .polling) { client in
            try await client.send("2{}")
            try await client.expectEnd()
        }
        #expect(reasons == ["left: forced server close"])
    }

    @Test(arguments: Transport.allCases)
    func `a socket that the server disconnects keeps its connection and its other namespaces`(
        transport: Transport
    ) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                server.logging(to: log, in: "/room")
                server.namespace("/room").acknowledge("kick") { socket, _ -> [Value]? in
                    socket.disconnect()
                    socket.disconnect()
                    log.append("connected: \(socket.isConnected)")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                let first = try await client.join("/room")
                try await client.emit("kick", to: "/room", id: 1)
                try await client.expect("1/room,")
                try await log.expect(["connected: false", "left: server namespace disconnect"])
                try await client.emit("alive", id: 2)
                try await client.expect("32[]")
                #expect(try await client.join("/room") != first)
            }
        )
    }

    @Test func `what crosses with a disconnect by the server is ignored until the client joins again`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").acknowledge("kick") { socket, _ -> [Value]? in
                    socket.disconnect()
                    return nil
                }
                server.namespace("/").on(Event<String>("say")) { _, text in log.append(text) }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.engine.send(
                    #"42["kick"]"#,
                    #"42["say","a"]"#,
                    "431[]",
                    #"42["kick"]"#,
                    "41",
                    "41",
                    #"42["say","b"]"#,
                    "40",
                    #"42["say","c"]"#
                )
                try await client.expect("1")
                #expect(try await client.receive().hasPrefix("0{"))
                try await log.expect(["left: server namespace disconnect", "c"])
                // Who left by itself has no such excuse.
                try await client.engine.send("41", #"42["say","d"]"#)
                try await client.expectEnd()
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `closing the connection disconnects all namespaces in the order of joining`(transport: Transport) async throws
    {
        let names = ["/d", "/", "/b", "/a", "/c"]
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                for name in names {
                    server.namespace(name).onDisconnect { socket, reason in log.append("\(name) \(reason)") }
                }
                server.namespace("/b").acknowledge("close") { socket, _ -> [Value]? in
                    socket.disconnect(closingConnection: true)
                    return nil
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                for name in names { try await client.join(name) }
                try await client.emit("close", to: "/b")
                for name in names { try await client.expect(name == "/" ? "1" : "1\(name),") }
                try await client.expectEnd()
                let expected = names.map { "\($0) server namespace disconnect" }
                #expect(try await log.count(5).sorted() == expected.sorted())
            }
        )
    }

    @Test func `a client that does not read is cut off with an outbox overflow`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.engine.limits.outboxBytes = 10_000 }
        let reasons = try await self.reasons(
            over: .polling,
            configuration,
            setUp: { server in
                server.namespace("/").acknowledge("flood") { socket, _ -> [Value]? in
                    for _ in 0..<100 { try socket.emit("water", .string(String(repeating: "~", count: 500))) }
                    return nil
                }
            },
            end: { try await $0.emit("flood") }
        )
        #expect(reasons == ["left: outbox overflow"])
    }

    @Test(arguments: Transport.allCases)
    func `a shutdown is told to the handlers, and no DISCONNECT is sent`(transport: Transport) async throws {
        let log = Log()
        let servers = EventLog<SocketIOServer>()
        try await withSocketServer(
            .testing { $0.threads = 1 },
            setUp: { server in
                server.logging(to: log)
                servers.append(server)
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                try await client.engine.polling?.startPollSurely()
                async let shutDown = servers.all.first?.shutDown()
                if let polling = client.engine.polling {
                    #expect(try await polling.receivePoll() == ["1"])
                } else {
                    try await client.expectEnd()
                    try await client.engine.webSocket?.connection.close()
                }
                _ = await shutDown
                #expect(log.all == ["left: server shutting down"])
            }
        )
    }
}

extension PollingTestClient {
    /// Starts a poll that waits at the server when this returns.
    ///
    /// A server with one event loop has read the poll, sent first, before it answers the POST's successor.
    fileprivate func startPollSurely() async throws {
        try await self.startPoll()
        for _ in 1...2 { try await self.post("3") }
    }
}
