/// Namespaces that come into being when clients ask for them, with clients in memory and over a port.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct DynamicNamespaceTests {
    private struct Failure: Error {}

    /// Runs a test with a client in the main namespace.
    private static func run(
        _ mode: TestingMode,
        _ configuration: SocketIOConfiguration = .testing(),
        transport: TestClient.Transport = .webSocket,
        _ setUp: (SocketIOServer) throws -> Void,
        _ body: (TestHarness, TestClient) async throws -> Void
    ) async throws {
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger())
        try setUp(server)
        try await server.test(mode) { harness in
            try await body(harness, try await harness.connect(transport: transport))
        }
    }

    /// What a client is told that may not join.
    private static func refusal(_ client: TestClient, _ name: String) async throws -> String {
        do {
            _ = try await client.join(name)
            return "let in"
        } catch let refusal as ConnectRefusal {
            return refusal.data.map { "\(refusal.message) \($0)" } ?? refusal.message
        }
    }

    @Test(arguments: Way.all)
    func `a pattern makes namespaces whose sockets know the parameters`(way: Way) async throws {
        let id = NamespaceParameter<Int>("id")
        try await Self.run(way.mode, transport: way.transport) { server in
            let rooms = try server.namespaces(matching: "/org/{org}/room/\(id)")
            rooms.on("where") { socket, _ in
                let org = socket.namespace.parameters["org"] ?? ""
                try socket.emit(
                    "here",
                    .string(org),
                    .int(Int64(socket.value(of: id) + socket.namespace.value(of: id)))
                )
            }
        } _: { _, client in
            let room = try await client.join("/org/a b/room/7")
            try room.emit("where")
            #expect(try await room.next(Event<String, Int>("here")) == ("a b", 14))
            #expect(try await Self.refusal(client, "/org/a/room/x") == "Invalid namespace")
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `a predicate sees the name and the client, and may refuse in its own words`(
        mode: TestingMode,
        isAsync: Bool
    ) async throws {
        let decide: @Sendable (String, Handshake) throws -> Bool = { name, handshake in
            if name == "/refused" { throw ConnectRefusal("not you", data: ["code": 7]) }
            if name == "/failed" { throw Failure() }
            return name == "/open" && (try? handshake.auth(as: [String: Int].self)["key"]) == 1
        }
        try await Self.run(mode) { server in
            if isAsync {
                _ = server.namespaces { name, handshake async throws in
                    await Task.yield()
                    return try decide(name, handshake)
                }
            } else {
                _ = server.namespaces { name, handshake in try decide(name, handshake) }
            }
        } _: { _, client in
            #expect(try await Self.refusal(client, "/open") == "Invalid namespace")
            #expect(try await Self.refusal(client, "/refused") == #"not you {"code":7}"#)
            #expect(try await Self.refusal(client, "/failed") == "Internal error")
            _ = try await client.join("/open", auth: ["key": 1])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what exists comes first, then the parents in the order of their registration`(mode: TestingMode) async throws
    {
        let log = Log()
        try await Self.run(mode) { server in
            server.namespace("/a").onConnect { _ in log.append("static") }
            for name in ["first", "second"] {
                server.namespaces { asked, _ async in
                    log.append("\(name) asked")
                    return name == "second" || asked == "/b"
                }
                .onConnect { _ in log.append(name) }
            }
            server.namespaces { _, _ in true }.onConnect { _ in log.append("third") }
        } _: { _, client in
            for name in ["/a", "/b", "/b2"] { _ = try await client.join(name) }
            try await log.expect(["static", "first asked", "first", "first asked", "second asked", "second"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `children inherit what their parent has, also what it gets later`(mode: TestingMode) async throws {
        let log = Log()
        let parents = EventLog<DynamicNamespace>()
        try await Self.run(mode) { server in
            let parent = server.namespaces { _, _ in true }
            parents.append(parent)
            parent.use { _ in log.append("parent's middleware") }
            parent.on("who") { socket, _ in try socket.emit("parent") }
            server.onNamespaceCreated { child in
                log.append("created \(child.name)")
                child.use { _ in log.append("child's middleware") }
            }
        } _: { harness, client in
            let first = try await client.join("/x")
            try await log.expect(["created /x", "parent's middleware", "child's middleware"])
            parents.all[0].on("late") { socket, _ in try socket.emit("late too") }
            harness.server.namespace("/x").on("who") { socket, _ in try socket.emit("child") }
            try first.emit("who")
            try await first.next(Signal("parent"))
            let later = try await harness.connect("/x")
            try later.emit("who")
            try await later.next(Signal("child"))
            try later.emit("late")
            try await later.next(Signal("late too"))
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `what is emitted to the parent reaches everybody in every child`(mode: TestingMode) async throws {
        let parents = EventLog<DynamicNamespace>()
        try await Self.run(mode) { server in
            let parent = try server.namespaces(matching: "/{x}")
            parents.append(parent)
            parent.onAnyOutgoing { _, event in parents.append(parent) }
        } _: { harness, client in
            let members = [try await client.join("/a"), try await harness.connect("/b")]
            try parents.all[0].emit(Event<Int>("typed"), 1)
            try parents.all[0].emit("any", ["x": nil])
            for member in members {
                #expect(try await member.next(Event<Int>("typed")) == 1)
                #expect(try await member.next(Event<Value>("any")) == ["x": nil])
            }
            #expect(parents.all[0].children.map(\.name).sorted() == ["/a", "/b"])
            #expect(parents.all.count == 5)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `the namespaces that clients can make are limited`(mode: TestingMode) async throws {
        let configuration = SocketIOConfiguration.testing { $0.limits.dynamicNamespaces = 2 }
        try await Self.run(mode, configuration) { server in
            _ = try server.namespaces(matching: "/{x}")
            // Not one of those that are counted.
            _ = server.namespace("/own")
        } _: { _, client in
            for name in ["/own", "/a", "/b"] { _ = try await client.join(name) }
            #expect(try await Self.refusal(client, "/c") == "Too many namespaces")
        }
    }

    @Test(arguments: TestingMode.allCases, [false, true])
    func `an empty child is removed where that is asked for`(mode: TestingMode, isRemoved: Bool) async throws {
        let parents = EventLog<DynamicNamespace>()
        let configuration = SocketIOConfiguration.testing { configuration in
            configuration.removesEmptyNamespaces = isRemoved
            configuration.limits.dynamicNamespaces = 1
        }
        try await Self.run(mode, configuration) { server in
            parents.append(try server.namespaces(matching: "/{x}"))
            _ = server.namespace("/own")
        } _: { harness, client in
            let second = try await harness.connect()
            let (own, a) = (try await client.join("/own"), try await client.join("/a"))
            let secondA = try await second.join("/a")
            a.disconnect()
            own.disconnect()
            #expect(try await Self.refusal(client, "/b") == "Too many namespaces")
            #expect(parents.all[0].children.map(\.name).sorted() == ["/a", "/own"])
            secondA.disconnect()
            #expect(try await Self.refusal(second, "/b") == (isRemoved ? "let in" : "Too many namespaces"))
            if isRemoved { #expect(parents.all[0].children.map(\.name).sorted() == ["/b", "/own"]) }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a client that its middleware refuses leaves no namespace behind`(mode: TestingMode) async throws {
        let parents = EventLog<DynamicNamespace>()
        let configuration = SocketIOConfiguration.testing { $0.removesEmptyNamespaces = true }
        try await Self.run(mode, configuration) { server in
            let parent = try server.namespaces(matching: "/{x}")
            parents.append(parent)
            parent.use { _ in throw ConnectRefusal("no") }
        } _: { _, client in
            let refusal = try await Self.refusal(client, "/a")
            #expect(refusal == "no")
            #expect(parents.all[0].children.isEmpty)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who leaves while a predicate decides is not let in, and may ask again`(mode: TestingMode) async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run(mode) { server in
            server.namespaces { _, _ async in
                log.append("asked")
                await gate.pass()
                return true
            }
            .onConnect { _ in log.append("connect") }
        } _: { _, client in
            client.sendRaw("0/a,")
            try await log.count(1)
            client.sendRaw("1/a,")
            async let joined = client.join("/a")
            try await log.count(2)
            gate.open()
            _ = try await joined
            try await log.expect(["asked", "asked", "connect"])
            // Nothing else has come of the first.
            _ = try await client.join("/b")
        }
    }

    @Test(arguments: TestingMode.allCases, ["0/a,", #"2/a,["x"]"#])
    func `who does not wait for an asynchronous predicate is closed`(mode: TestingMode, packet: String) async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run(mode) { server in
            _ = server.namespaces { _, _ async in
                log.append("asked")
                await gate.pass()
                return true
            }
        } _: { _, client in
            client.sendRaw("0/a,")
            try await log.count(1)
            client.sendRaw(packet)
            #expect(try await client.disconnected() == .transportClose)
            gate.open()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `nobody enters a namespace before its hook has returned`(mode: TestingMode) async throws {
        let entered = Log()
        let gate = Gate()
        let log = Log()
        try await Self.run(mode, .testing { $0.threads = 2 }) { server in
            server.namespaces { _, _ async in
                entered.append("asked")
                return true
            }
            .onConnect { _ in log.append("connect") }
            server.onNamespaceCreated { child in
                // Registered when the other client has asked too.
                child.use { _ async in await gate.pass() }
                child.use { _ in log.append("hook's middleware") }
            }
        } _: { harness, client in
            let other = try await harness.connect()
            async let first = client.join("/a")
            async let second = other.join("/a")
            try await entered.line("asked")
            gate.open()
            _ = try await (first, second)
            let lines = try await log.count(4)
            #expect(lines.filter { $0 == "hook's middleware" }.count == 2)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `names are compared byte by byte, and may be anything`(mode: TestingMode) async throws {
        try await Self.run(mode) { server in
            _ = server.namespaces { name, _ in name.utf8.count < 100 }
        } _: { harness, client in
            let composed = try await client.join("/caf\u{E9}")
            #expect(try await Self.refusal(client, "/cafe\u{301}") == "Invalid namespace")
            #expect(composed.isConnected)
            _ = try await client.join("/\u{1}\u{7F}\t")
            #expect(
                try await Self.refusal(client, "/\(String(repeating: "x", count: 200))") == "Invalid namespace"
            )
            // Beyond `limits.namespaceBytes` a name is no packet at all.
            let longest = try await harness.connect()
            longest.sendRaw("0/\(String(repeating: "x", count: 999_900)),")
            try await longest.disconnected()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a namespace that the application makes belongs to the pattern it matches`(mode: TestingMode) async throws {
        let names = Log()
        try await Self.run(mode) { server in
            server.onNamespaceCreated { names.append($0.name) }
            let parent = try server.namespaces(matching: "/room-{x}")
            parent.on("who") { socket, _ in try socket.emit("parent", .string(socket.namespace.parameters["x"] ?? "")) }
            _ = server.namespace("room-1")
            #expect(parent.children.map(\.name) == ["/room-1"])
        } _: { _, client in
            #expect(names.all == ["/room-1"])
            let room = try await client.join("/room-1")
            try room.emit("who")
            #expect(try await room.next(Event<String>("parent")) == "1")
        }
    }
}
