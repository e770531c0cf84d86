/// Joining namespaces over real connections: CONNECT, its answers and its deadline.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ConnectTests {
    private static func addCustom(_ server: SocketIOServer) {
        Bystander.prepare(server)
        _ = server.namespace("/custom")
    }

    @Test(arguments: Transport.allCases)
    func `CONNECT is answered with an id of twenty characters that is new each time`(transport: Transport) async throws
    {
        try await withSocketServer(.testing()) { port in
            let first = try await SocketIOTestClient.connect(port: port, over: transport)
            let second = try await SocketIOTestClient.connect(port: port, over: transport)
            let ids = [try await first.join(), try await second.join(), first.engine.open.sid, second.engine.open.sid]
            #expect(Set(ids).count == 4)
            #expect(ids.allSatisfy { $0.utf8.count == 20 })
        }
    }

    @Test(arguments: [
        ("0", "0"), ("0{}", "0"), (#"0{"a":1}"#, "0"), ("0/,{}", "0"), ("0123{}", "0"), ("0/custom", "0/custom,"),
        ("0/custom,", "0/custom,"), ("0/custom,5{}", "0/custom,"), (#"0/custom,{"token":"123"}"#, "0/custom,"),
    ])
    func `every form of CONNECT is accepted`(packet: String, prefix: String) async throws {
        try await withSocketServer(.testing(), setUp: Self.addCustom) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(packet)
            #expect(try await client.receive().hasPrefix(prefix + #"{"sid":""#))
        }
    }

    @Test(arguments: [
        ("0/nope", "/nope"), ("0/nope,", "/nope"), ("0//,", "//"), ("0/custom{}", "/custom{}"),
        ("0/Custom,", "/Custom"),
        ("0/custom?a=1,", "/custom?a=1"), ("0/custom/", "/custom/"), ("0/é🎉\",{}", "/é🎉\""),
        ("0/__proto__,", "/__proto__"),
    ])
    func `an unknown namespace is refused by its name and the connection stays`(
        packet: String,
        name: String
    ) async throws {
        try await withSocketServer(.testing(), setUp: Self.addCustom) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(packet)
            try await client.expect("4\(name)," + #"{"message":"Invalid namespace"}"#)
            try await client.join("/custom")
        }
    }

    @Test(arguments: ["0[]", #"0"s""#, "0null", "0,{}", #"0{"a":1}x"#, "0/custom,[]", "0{", "01.5{}"])
    func `a malformed CONNECT closes the connection and no other`(packet: String) async throws {
        try await withSocketServer(.testing(), setUp: Self.addCustom) { port in
            let bystander = try await Bystander(port: port)
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(packet)
            try await client.expectEnd()
            try await bystander.expectService()
        }
    }

    @Test(arguments: Transport.allCases)
    func `CONNECT to a joined namespace closes the connection`(transport: Transport) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { $0.logging(to: log) },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                try await client.send("0")
                try await client.expectEnd()
                try await log.line(beginning: "left: forced")
            }
        )
    }

    @Test func `CONNECT twice while a middleware decides closes the connection`() async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").use { _ async in await gate.pass() }
                server.namespace("/").onConnect { _ in log.append("connected") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0", "0")
                try await client.expectEnd()
                gate.open()
                // Somebody who joins later shows that nothing more comes of the first.
                // Kept until the end: a client that goes is closed, and its leaving would be told.
                let later = try await SocketIOTestClient.connect(port: port)
                defer { withExtendedLifetime(later) {} }
                try await later.join()
                try await log.expect(["connected"])
            }
        )
    }

    @Test func `an event right behind CONNECT in the same payload is handled`() async throws {
        try await withSocketServer(.testing(), setUp: Bystander.prepare) { port in
            let client = try await SocketIOTestClient.connect(port: port, over: .polling)
            try await client.engine.send("40", #"420["alive","early"]"#)
            #expect(try await client.receive().hasPrefix("0{"))
            try await client.expect(#"30["early"]"#)
        }
    }

    @Test(arguments: Transport.allCases)
    func `events that arrive while a middleware decides wait for the connect handlers`(
        transport: Transport
    ) async throws {
        let gate = Gate()
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { _ async in await gate.pass() }
                namespace.onConnect { _ async in
                    await Task.yield()
                    log.append("connect")
                }
                namespace.on(Event<Int>("number")) { _, number in log.append("\(number)") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.send("0")
                for number in 1...20 { try await client.emit("number", "\(number)") }
                gate.open()
                try await log.expect(["connect"] + (1...20).map(String.init))
                #expect(try await client.receive().hasPrefix("0{"))
            }
        )
    }

    @Test func `the answer to CONNECT comes before what connect handlers emit`() async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { socket in try socket.emit("from middleware") }
                namespace.onConnect { socket in try socket.emit("from handler") }
                namespace.onConnect { socket in try namespace.emit("to all") }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await client.expect(#"2["from middleware"]"#)
                #expect(try await client.receive().hasPrefix("0{"))
                try await client.expect(#"2["from handler"]"#)
                try await client.expect(#"2["to all"]"#)
            }
        )
    }

    // MARK: Limits

    @Test(arguments: Transport.allCases)
    func `who joins nothing in time is closed, refusals notwithstanding`(transport: Transport) async throws {
        try await withSocketServer(.testing { $0.connectTimeout = .seconds(2) }) { port in
            let client = try await SocketIOTestClient.connect(port: port, over: transport)
            try await client.send("0/nope,")
            try await client.expect(#"4/nope,{"message":"Invalid namespace"}"#)
            try await client.expectEnd()
        }
    }

    @Test func `a middleware that never decides leaves its client to the deadline`() async throws {
        let left = Gate()
        try await withSocketServer(
            .testing { $0.connectTimeout = .milliseconds(300) },
            setUp: { $0.namespace("/").use { _ async in await left.pass() } },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0")
                try await client.expectEnd()
                left.open()
            }
        )
    }

    @Test func `who has joined once may stay without namespaces`() async throws {
        try await withSocketServer(.testing { $0.connectTimeout = .seconds(1) }) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            try await client.send("1")
            // Opened later, so its deadline comes later.
            let idler = try await SocketIOTestClient.connect(port: port)
            try await idler.expectEnd()
            try await client.join()
        }
    }

    @Test func `namespaces beyond the limit are refused until one is left`() async throws {
        try await withSocketServer(
            .testing { $0.limits.namespacesPerConnection = 2 },
            setUp: { server in for name in ["/a", "/b", "/c"] { _ = server.namespace(name) } },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join("/a")
                try await client.join("/b")
                try await client.send("0/c,")
                try await client.expect(#"4/c,{"message":"Too many namespaces"}"#)
                try await client.send("1/a,")
                try await client.join("/c")
            }
        )
    }

    @Test func `joins under way count once, and still after their client has given them up`() async throws {
        let gate = Gate()
        try await withSocketServer(
            .testing { $0.limits.namespacesPerConnection = 2 },
            setUp: { server in
                for name in ["/a", "/b"] { server.namespace(name).use { _ async in await gate.pass() } }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.send("0/a,", "1/a,", "0/b,", "0/a,")
                try await client.expect(#"4/a,{"message":"Too many namespaces"}"#)
                gate.open()
                #expect(try await client.receive().hasPrefix("0/b,{"))
                try await client.join("/a")
            }
        )
    }

    @Test func `a name longer than the limit closes the connection`() async throws {
        try await withSocketServer(.testing { $0.limits.namespaceBytes = 8 }) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send("0/1234567,")
            try await client.expect(#"4/1234567,{"message":"Invalid namespace"}"#)
            try await client.send("0/12345678,")
            try await client.expectEnd()
        }
    }

    @Test func `a hundred thousand unknown namespaces are refused one by one`() async throws {
        try await withSocketServer(.testing(), setUp: Bystander.prepare) { port in
            let bystander = try await Bystander(port: port)
            let client = try await SocketIOTestClient.connect(port: port)
            let socket = try #require(client.engine.webSocket)
            for batch in 0..<20 {
                let numbers = (batch * 5000)..<((batch + 1) * 5000)
                try await socket.connection.send(numbers.flatMap { TestFrame(.text, "40/n\($0),").bytes })
                for number in numbers {
                    let answer = try await socket.receiveText()
                    guard answer == "44/n\(number)," + #"{"message":"Invalid namespace"}"# else {
                        Issue.record("\(answer) for namespace \(number)")
                        return
                    }
                }
            }
            try await client.join()
            try await bystander.expectService()
        }
    }
}
