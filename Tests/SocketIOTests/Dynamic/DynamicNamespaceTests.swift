/// Namespaces that come into being when clients ask for them, over real connections.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct DynamicNamespaceTests {
    private struct Failure: Error {}

    private static func run(
        _ configuration: SocketIOConfiguration = .testing(),
        _ setUp: (SocketIOServer) throws -> Void,
        _ body: (SocketIOServer, SocketIOTestClient) async throws -> Void
    ) async throws {
        let servers = EventLog<SocketIOServer>()
        try await withSocketServer(
            configuration,
            setUp: { server in
                servers.append(server)
                try setUp(server)
            },
            body: { port in
                try await body(servers.all[0], try await SocketIOTestClient.connect(port: port))
            }
        )
    }

    private static func connect(_ server: SocketIOServer) async throws -> SocketIOTestClient {
        try await SocketIOTestClient.connect(port: server.port ?? 0)
    }

    @Test(arguments: Transport.allCases)
    func `a pattern makes namespaces whose sockets know the parameters`(transport: Transport) async throws {
        let id = NamespaceParameter<Int>("id")
        try await Self.run { server in
            let rooms = try server.namespaces(matching: "/org/{org}/room/\(id)")
            rooms.on("where") { socket, _ in
                let org = socket.namespace.parameters["org"] ?? ""
                try socket.emit(
                    "here",
                    .string(org),
                    .int(Int64(socket.value(of: id) + socket.namespace.value(of: id)))
                )
            }
        } _: { server, _ in
            let client = try await SocketIOTestClient.connect(port: server.port ?? 0, over: transport)
            try await client.join("/org/a b/room/7")
            try await client.emit("where", to: "/org/a b/room/7")
            try await client.expect(#"2/org/a b/room/7,["here","a b",14]"#)
            try await client.send("0/org/a/room/x,")
            try await client.expect(#"4/org/a/room/x,{"message":"Invalid namespace"}"#)
        }
    }

    @Test(arguments: [false, true])
    func `a predicate sees the name and the client, and may refuse in its own words`(isAsync: Bool) async throws {
        let decide: @Sendable (String, Handshake) throws -> Bool = { name, handshake in
            if name == "/refused" { throw ConnectRefusal("not you", data: ["code": 7]) }
            if name == "/failed" { throw Failure() }
            return name == "/open" && (try? handshake.auth(as: [String: Int].self)["key"]) == 1
        }
        try await Self.run { server in
            if isAsync {
                _ = server.namespaces { name, handshake async throws in
                    await Task.yield()
                    return try decide(name, handshake)
                }
            } else {
                _ = server.namespaces { name, handshake in try decide(name, handshake) }
            }
        } _: { _, client in
            try await client.send("0/open,")
            try await client.expect(#"4/open,{"message":"Invalid namespace"}"#)
            try await client.send("0/refused,")
            try await client.expect(#"4/refused,{"message":"not you","data":{"code":7}}"#)
            try await client.send("0/failed,")
            try await client.expect(#"4/failed,{"message":"Internal error"}"#)
            try await client.join("/open", auth: #"{"key":1}"#)
        }
    }

    @Test func `what exists comes first, then the parents in the order of their registration`() async throws {
        let log = Log()
        try await Self.run { server in
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
            for name in ["/a", "/b", "/b2"] { try await client.join(name) }
            try await log.expect(["static", "first asked", "first", "first asked", "second asked", "second"])
        }
    }

    @Test func `children inherit what their parent has, also what it gets later`() async throws {
        let log = Log()
        let parents = EventLog<DynamicNamespace>()
        try await Self.run { server in
            let parent = server.namespaces { _, _ in true }
            parents.append(parent)
            parent.use { _ in log.append("parent's middleware") }
            parent.on("who") { socket, _ in try socket.emit("parent") }
            server.onNamespaceCreated { child in
                log.append("created \(child.name)")
                child.use { _ in log.append("child's middleware") }
            }
        } _: { server, client in
            try await client.join("/x")
            try await log.expect(["created /x", "parent's middleware", "child's middleware"])
            parents.all[0].on("late") { socket, _ in try socket.emit("late too") }
            server.namespace("/x").on("who") { socket, _ in try socket.emit("child") }
            try await client.emit("who", to: "/x")
            try await client.expect(#"2/x,["parent"]"#)
            let later = try await Self.connect(server)
            try await later.join("/x")
            try await later.emit("who", to: "/x")
            try await later.expect(#"2/x,["child"]"#)
            try await later.emit("late", to: "/x")
            try await later.expect(#"2/x,["late too"]"#)
        }
    }

    @Test func `what is emitted to the parent reaches everybody in every child`() async throws {
        let parents = EventLog<DynamicNamespace>()
        try await Self.run { server in
            let parent = try server.namespaces(matching: "/{x}")
            parents.append(parent)
            parent.onAnyOutgoing { _, event in parents.append(parent) }
        } _: { server, client in
            try await client.join("/a")
            let other = try await Self.connect(server)
            try await other.join("/b")
            try parents.all[0].emit(Event<Int>("typed"), 1)
            try parents.all[0].emit("any", ["x": nil])
            try await client.expect(#"2/a,["typed",1]"#)
            try await client.expect(#"2/a,["any",{"x":null}]"#)
            try await other.expect(#"2/b,["typed",1]"#)
            try await other.expect(#"2/b,["any",{"x":null}]"#)
            #expect(parents.all[0].children.map(\.name).sorted() == ["/a", "/b"])
            #expect(parents.all.count == 5)
        }
    }

    @Test func `the namespaces that clients can make are limited`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.limits.dynamicNamespaces = 2 }
        try await Self.run(configuration) { server in
            _ = try server.namespaces(matching: "/{x}")
            // Not one of those that are counted.
            _ = server.namespace("/own")
        } _: { _, client in
            for name in ["/own", "/a", "/b"] { try await client.join(name) }
            try await client.send("0/c,")
            try await client.expect(#"4/c,{"message":"Too many namespaces"}"#)
        }
    }

    @Test(arguments: [false, true])
    func `an empty child is removed where that is asked for`(isRemoved: Bool) async throws {
        let parents = EventLog<DynamicNamespace>()
        let configuration = SocketIOConfiguration.testing { configuration in
            configuration.removesEmptyNamespaces = isRemoved
            configuration.limits.dynamicNamespaces = 1
        }
        try await Self.run(configuration) { server in
            parents.append(try server.namespaces(matching: "/{x}"))
            _ = server.namespace("/own")
        } _: { server, client in
            let second = try await Self.connect(server)
            for name in ["/own", "/a"] { try await client.join(name) }
            try await second.join("/a")
            try await client.send("1/a,", "1/own,", "0/b,")
            try await client.expect(#"4/b,{"message":"Too many namespaces"}"#)
            #expect(parents.all[0].children.map(\.name).sorted() == ["/a", "/own"])
            try await second.send("1/a,", "0/b,")
            if isRemoved {
                #expect(try await second.receive().hasPrefix(#"0/b,{"sid""#))
                #expect(parents.all[0].children.map(\.name).sorted() == ["/b", "/own"])
            } else {
                try await second.expect(#"4/b,{"message":"Too many namespaces"}"#)
            }
        }
    }

    @Test func `a client that its middleware refuses leaves no namespace behind`() async throws {
        let parents = EventLog<DynamicNamespace>()
        let configuration = SocketIOConfiguration.testing { $0.removesEmptyNamespaces = true }
        try await Self.run(configuration) { server in
            let parent = try server.namespaces(matching: "/{x}")
            parents.append(parent)
            parent.use { _ in throw ConnectRefusal("no") }
        } _: { _, client in
            try await client.send("0/a,")
            try await client.expect(#"4/a,{"message":"no"}"#)
            #expect(parents.all[0].children.isEmpty)
        }
    }

    @Test func `who leaves while a predicate decides is not let in, and may ask again`() async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run { server in
            server.namespaces { _, _ async in
                log.append("asked")
                await gate.pass()
                return true
            }
            .onConnect { _ in log.append("connect") }
        } _: { _, client in
            try await client.send("0/a,")
            try await log.count(1)
            try await client.send("1/a,", "0/a,")
            try await log.count(2)
            gate.open()
            #expect(try await client.receive().hasPrefix(#"0/a,{"sid""#))
            try await log.expect(["asked", "asked", "connect"])
            // Nothing else has come of the first.
            try await client.join("/b")
        }
    }

    @Test(arguments: ["0/a,", #"2/a,["x"]"#])
    func `who does not wait for an asynchronous predicate is closed`(packet: String) async throws {
        let gate = Gate()
        let log = Log()
        try await Self.run { server in
            _ = server.namespaces { _, _ async in
                log.append("asked")
                await gate.pass()
                return true
            }
        } _: { _, client in
            try await client.send("0/a,")
            try await log.count(1)
            try await client.send(packet)
            try await client.expectEnd()
            gate.open()
        }
    }

    @Test func `nobody enters a namespace before its hook has returned`() async throws {
        let entered = Log()
        let gate = Gate()
        let log = Log()
        var configuration = SocketIOConfiguration.testing()
        configuration.threads = 2
        try await Self.run(configuration) { server in
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
        } _: { server, client in
            let other = try await Self.connect(server)
            try await client.send("0/a,")
            try await other.send("0/a,")
            try await entered.line("asked")
            gate.open()
            #expect(try await client.receive().hasPrefix("0/a,"))
            #expect(try await other.receive().hasPrefix("0/a,"))
            let lines = try await log.count(4)
            #expect(lines.filter { $0 == "hook's middleware" }.count == 2)
        }
    }

    @Test func `names are compared byte by byte, and may be anything`() async throws {
        try await Self.run { server in
            _ = server.namespaces { name, _ in name.utf8.count < 100 }
        } _: { server, client in
            try await client.join("/caf\u{E9}")
            try await client.send("0/cafe\u{301},")
            try await client.expect("4/cafe\u{301},{\"message\":\"Invalid namespace\"}")
            try await client.join("/\u{1}\u{7F}\t")
            let long = try await Self.connect(server)
            try await long.send("0/\(String(repeating: "x", count: 200)),")
            #expect(try await long.receive().hasSuffix(#"{"message":"Invalid namespace"}"#))
            // Beyond `limits.namespaceBytes` a name is no packet at all.
            let longest = try await Self.connect(server)
            try await longest.send("0/\(String(repeating: "x", count: 999_900)),")
            try await longest.expectEnd()
        }
    }

    @Test func `a namespace that the application makes belongs to the pattern it matches`() async throws {
        let names = Log()
        try await Self.run { server in
            server.onNamespaceCreated { names.append($0.name) }
            let parent = try server.namespaces(matching: "/room-{x}")
            parent.on("who") { socket, _ in try socket.emit("parent", .string(socket.namespace.parameters["x"] ?? "")) }
            _ = server.namespace("room-1")
            #expect(parent.children.map(\.name) == ["/room-1"])
        } _: { _, client in
            #expect(names.all == ["/room-1"])
            try await client.join("/room-1")
            try await client.emit("who", to: "/room-1")
            try await client.expect(#"2/room-1,["parent","1"]"#)
        }
    }
}
