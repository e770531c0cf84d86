/// Events with arguments of known types, in both directions.
import EngineIO
import NIOCore
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct TypedEventTests {
    private struct Point: Codable, Sendable, Equatable {
        var x: Int
        var label: String?
    }

    private static let none: Event<> = Event("none")
    private static let one = Event<String>("one")
    private static let two = Event<Int, Point>("two")
    private static let three = Event<[Bool], String, Double?>("three")
    private static let optional = Event<Int, String?, [Int]?>("optional")

    private static func register(_ server: SocketIOServer, log: Log) {
        server.logging(to: log)
        let namespace = server.namespace("/")
        namespace.on(self.none) { _ in log.append("none") }
        namespace.on(self.one) { _, text in log.append("one \(text)") }
        namespace.on(self.two) { _, number, point in log.append("two \(number) \(point.x) \(point.label ?? "-")") }
        namespace.on(self.three) { _, flags, text, number async in
            log.append("three \(flags) \(text) \(number.map { "\($0)" } ?? "-")")
        }
        namespace.on(self.optional) { _, number, text, list in
            log.append("optional \(number) \(text ?? "-") \(list.map { "\($0)" } ?? "-")")
        }
    }

    private func withClient(_ body: (SocketIOTestClient, Log) async throws -> Void) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { Self.register($0, log: log) },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client, log)
            }
        )
    }

    @Test(arguments: [
        (#"["none"]"#, "none"),
        (#"["one","ü🎉\n"]"#, "one ü🎉\n"),
        (#"["\u006fne", "escaped" ]"#, "one escaped"),
        (#"["two",-1,{"x":2}]"#, "two -1 2 -"),
        (#"["two",1e1,{"label":"l","x":2,"more":[]}]"#, "two 10 2 l"),
        (#"["three",[true,false],"t",1.5]"#, "three [true, false] t 1.5"),
        (#"["three",[],"t",null]"#, "three [] t -"),
        (#"["three",[],"t"]"#, "three [] t -"),
        (#"["optional",1]"#, "optional 1 - -"),
        (#"["optional",1,null]"#, "optional 1 - -"),
        (#"["optional",1,"s"]"#, "optional 1 s -"),
        (#"["optional",1,null,[2]]"#, "optional 1 - [2]"),
    ])
    func `arguments that fit reach the handler and are acknowledged with nothing`(
        event: String,
        line: String
    ) async throws {
        try await self.withClient { client, log in
            try await client.send("25" + event)
            try await client.expect("35[]")
            #expect(log.all == [line])
        }
    }

    @Test(arguments: [
        #"["none",1]"#, #"["one"]"#, #"["one",1]"#, #"["one",null]"#, #"["one","a","b"]"#,
        #"["one",{"_placeholder":true,"num":0}]"#,
        #"["two",1]"#, #"["two",1.5,{"x":2}]"#, #"["two",1,{"x":"2"}]"#, #"["two",1,{}]"#, #"["two",1,[2]]"#,
        #"["two",99999999999999999999,{"x":2}]"#, #"["three",[1],"t"]"#, #"["three",true,"t"]"#, #"["three",[],null]"#,
        #"["optional"]"#, #"["optional","1"]"#, #"["optional",1,2]"#, #"["optional",1,null,[null]]"#,
        #"["optional",1,null,[],4]"#,
    ])
    func `arguments that do not fit reach the error hook and are not acknowledged`(event: String) async throws {
        try await self.withClient { client, log in
            try await client.send("25" + event, #"26["none"]"#)
            // Had there been an acknowledgement it would have come first.
            try await client.expect("36[]")
            let lines = try await log.count(2)
            let name = event.dropFirst(2).prefix { $0 != "\"" }
            #expect(lines[0].hasPrefix("error in event \"\(name)\": ") && lines[1] == "none", "\(lines)")
        }
    }

    @Test func `an error tells what was expected and found`() async throws {
        let errors = EventLog<SocketIOError>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").on(Self.one) { _, _ in }
                server.namespace("/").onError { _, error, context in
                    guard case .event("one") = context, let error = error as? SocketIOError else { return }
                    errors.append(error)
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send(#"2["one"]"#, #"2["one","a","b"]"#, #"2["one",7]"#)
                let found = try await errors.count(3)
                #expect(found.allSatisfy { $0.code == .invalidArguments })
                #expect(found[0].message == "expected argument 1 of type String, found 0 arguments")
                #expect(found[1].message == "expected 1 argument, found 2")
                #expect(found[2].cause is DecodingError)
            }
        )
    }

    @Test func `a second handler for an event replaces the first`() async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").on(Self.one) { _, text in log.append("old \(text)") }
                server.namespace("/").acknowledge("one") { _, arguments -> [Value]? in
                    log.append("new \(arguments.count)")
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("one", "1", "2", id: 0)
                try await client.expect("30[]")
                #expect(log.all == ["new 2"])
            }
        )
    }

    @Test func `handlers registered later are for those who join later`() async throws {
        let servers = EventLog<SocketIOServer>()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                servers.append(server)
                Bystander.prepare(server)
            },
            body: { port in
                let early = try await SocketIOTestClient.connect(port: port)
                try await early.join()
                servers.all[0].namespace("/").acknowledge("alive") { _, _ in ["new"] }
                let late = try await SocketIOTestClient.connect(port: port)
                try await late.join()
                try await early.emit("alive", "1", id: 0)
                try await early.expect("30[1]")
                try await late.emit("alive", "1", id: 0)
                try await late.expect(#"30["new"]"#)
            }
        )
    }

    // MARK: Emitting

    @Test(arguments: Transport.allCases)
    func `typed events are encoded argument by argument`(transport: Transport) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").onConnect { socket in
                    try socket.emit(Self.none)
                    try socket.emit(Self.one, "ü\"\n")
                    try socket.emit(Self.two, 2, Point(x: -1, label: nil))
                    try socket.emit(Self.three, [true], "t", nil)
                    try socket.emit("any", 1, nil, ["a": [1.5]])
                    try socket.emit("listed", arguments: ["x", "y"])
                    try socket.emit("empty", arguments: [Int]())
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                try await client.join()
                try await client.expect(#"2["none"]"#)
                try await client.expect(#"2["one","ü\"\n"]"#)
                try await client.expect(#"2["two",2,{"x":-1}]"#)
                try await client.expect(#"2["three",[true],"t",null]"#)
                try await client.expect(#"2["any",1,null,{"a":[1.5]}]"#)
                try await client.expect(#"2["listed","x","y"]"#)
                try await client.expect(#"2["empty"]"#)
            }
        )
    }

    @Test(arguments: ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])
    func `reserved names cannot be emitted`(name: String) async throws {
        let sockets = try LooseSockets(adapter: InMemoryAdapter())
        let socket = sockets.socket()
        func expectRefusal(_ emit: () throws -> Void) {
            let error = #expect(throws: SocketIOError.self) { try emit() }
            #expect(error?.code == .reservedEventName)
            #expect(error?.message == "\"\(name)\" is a reserved event name")
        }
        expectRefusal { try socket.emit(name) }
        expectRefusal { try socket.emit(Event<Int>(name), 1) }
        expectRefusal { try socket.emit(name, arguments: [1]) }
        expectRefusal { try sockets.namespace.to("room").emit(name) }
        let error = await #expect(throws: SocketIOError.self) { try await socket.emitWithAck(name) }
        #expect(error?.code == .reservedEventName)
    }

    @Test func `data that looks like bytes cannot travel with bytes`() throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        let lookalike: Value = ["_placeholder": true, "num": 0]
        let error = #expect(throws: SocketIOError.self) { try socket.emit("e", .bytes(1), lookalike) }
        #expect(error?.code == .encodingFailed)
        try socket.emit("e", lookalike)
        try socket.emit("e", .bytes(1))
    }

    @Test func `an argument that cannot be encoded throws, and nothing of the event is sent`() async throws {
        struct Failing: Codable, Sendable {
            struct Failure: Error {}
            init() {}
            init(from decoder: any Decoder) throws { throw Failure() }
            func encode(to encoder: any Encoder) throws { throw Failure() }
        }
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").onConnect { socket in
                    do throws(SocketIOError) {
                        try socket.emit(Event<String, Failing>("broken"), "fine", Failing())
                    } catch {
                        log.append("\(error.code.rawValue) \(error.message) \(error.cause is Failing.Failure)")
                    }
                    try socket.emit("whole")
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.expect(#"2["whole"]"#)
                #expect(log.all == ["encodingFailed the arguments of broken cannot be encoded true"])
            }
        )
    }
}
