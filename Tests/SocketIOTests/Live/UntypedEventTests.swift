/// Events by name with any arguments, text and binary, in both directions.
import EngineIO
import NIOCore
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct UntypedEventTests {
    /// `echo` comes back as `echoed` with arguments passed on untouched, `parsed` with what they were decoded to.
    private static func register(_ server: SocketIOServer) {
        let namespace = server.namespace("/")
        namespace.acknowledge("echo") { socket, arguments -> [Value]? in
            try socket.emit("echoed", arguments: arguments)
            return nil
        }
        namespace.acknowledge("parse") { socket, arguments -> [Value]? in
            try socket.emit("parsed", arguments: try arguments.map { try $0.value })
            return nil
        }
        namespace.acknowledge("error") { socket, _ -> [Value]? in
            try socket.emit("error", "of yours")
            return nil
        }
        namespace.acknowledge("alive") { _, arguments in arguments }
    }

    private func withClient(
        over transport: Transport = .webSocket,
        _ body: (SocketIOTestClient) async throws -> Void
    ) async throws {
        try await withSocketServer(.testing(), setUp: Self.register) { port in
            let client = try await SocketIOTestClient.connect(port: port, over: transport)
            try await client.join()
            try await body(client)
        }
    }

    @Test(arguments: [
        "", ",1", ",null,[]", #",{"b":1,"a":{"c":[true]}}"#, ",1.50,1E2,-0", #","\u00e9\/","\ud83c\udf89""#,
        ",123456789012345678901234567890", #",{"_placeholder":true,"num":0}"#, ",1e999", #","\ud800""#,
    ])
    func `arguments are passed on byte for byte`(arguments: String) async throws {
        try await self.withClient { client in
            try await client.send(#"2["echo""# + arguments + "]")
            try await client.expect(#"2["echoed""# + arguments + "]")
        }
    }

    @Test(arguments: [
        ("1e999", "null"), ("-1e999", "null"), ("1e-999", "0"), (#""\ud800""#, "\"\u{FFFD}\""), ("-0", "0"),
        (#""\ud83c\udf89""#, #""🎉""#), ("[1.0,2.50]", "[1,2.5]"), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        ("9007199254740993", "9007199254740993"),
    ])
    func `odd values are decoded as JavaScript would`(argument: String, decoded: String) async throws {
        try await self.withClient { client in
            try await client.send(#"2["parse",\#(argument)]"#)
            try await client.expect(#"2["parsed",\#(decoded)]"#)
        }
    }

    @Test(arguments: [
        "2", "2[1]", #"2[1,"x"]"#, #"2["nobody handles this"]"#, #"2["nobody",1]"#, "3", "3[]", "31[]", "3999[1,2]",
        #"5-[1]"#, "2/,", "6-1[]",
    ])
    func `what nobody listens for is ignored`(packet: String) async throws {
        try await self.withClient { client in
            try await client.send(packet, #"27["alive"]"#)
            try await client.expect("37[]")
        }
    }

    @Test func `an event that nobody handles is not acknowledged`() async throws {
        try await self.withClient { client in
            try await client.send(#"21["nobody"]"#, #"27["alive"]"#)
            try await client.expect("37[]")
        }
    }

    @Test func `spaces around the array are no offence, nor is an event called error`() async throws {
        try await self.withClient { client in
            try await client.send(#"2 [ "echo" , 1 ] "#, #"2["error","of mine"]"#)
            try await client.expect(#"2["echoed",1]"#)
            try await client.expect(#"2["error","of yours"]"#)
        }
    }

    // MARK: Binary

    private static let placeholder = #"{"_placeholder":true,"num":0}"#

    @Test(arguments: Transport.allCases, ["echo", "parse"])
    func `attachments come back where they were`(transport: Transport, event: String) async throws {
        let arguments = #"{"file":{"_placeholder":true,"num":0}},[{"_placeholder":true,"num":1}],"text""#
        try await self.withClient(over: transport) { client in
            try await client.send(#"52-["\#(event)",\#(arguments)]"#)
            try await client.send(binary: [0, 255, 0x1E])
            try await client.send(binary: [])
            let answer = event == "echo" ? "echoed" : "parsed"
            try await client.expect(#"52-["\#(answer)",\#(arguments)]"#)
            #expect(try await client.receiveBinary() == [0, 255, 0x1E])
            #expect(try await client.receiveBinary() == [])
        }
    }

    @Test(arguments: Transport.allCases)
    func `a binary event is acknowledged with attachments`(transport: Transport) async throws {
        try await self.withClient(over: transport) { client in
            try await client.send(#"51-12["alive",\#(Self.placeholder)]"#)
            try await client.send(binary: [1, 2, 3])
            try await client.expect("61-12[\(Self.placeholder)]")
            #expect(try await client.receiveBinary() == [1, 2, 3])
        }
    }

    @Test func `an announcement of no attachments is no offence`() async throws {
        try await self.withClient { client in
            try await client.send(#"50-["echo",1]"#, #"5-["echo",2]"#, #"60-9[]"#, #"27["alive"]"#)
            try await client.expect(#"2["echoed",1]"#)
            try await client.expect(#"2["echoed",2]"#)
            try await client.expect("37[]")
        }
    }

    @Test func `an attachment named twice and one never named are no offence`() async throws {
        try await self.withClient { client in
            try await client.send(#"52-["parse",\#(Self.placeholder),\#(Self.placeholder)]"#)
            try await client.send(binary: [1])
            try await client.send(binary: [2])
            try await client.expect(#"52-["parsed",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
            #expect(try await client.receiveBinary() == [1])
            #expect(try await client.receiveBinary() == [1])
        }
    }

    @Test func `typed events take and give bytes`() async throws {
        struct File: Codable, Sendable {
            var name: String
            var content: ByteBuffer
        }
        let upload = Event<File>("upload")
        try await withSocketServer(
            .testing(),
            setUp: { server in
                server.namespace("/").on(upload) { socket, file in
                    try socket.emit(upload, File(name: file.name + "!", content: file.content))
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.send(#"51-["upload",{"name":"n","content":\#(Self.placeholder)}]"#)
                try await client.send(binary: [7, 8])
                try await client.expect(#"51-["upload",{"name":"n!","content":\#(Self.placeholder)}]"#)
                #expect(try await client.receiveBinary() == [7, 8])
            }
        )
    }

    @Test func `text between an event and its attachments belongs to nobody else on the wire`() async throws {
        let count = 200
        try await withSocketServer(
            .testing { $0.threads = 2 },
            setUp: { server in
                server.namespace("/").acknowledge("go") { socket, _ async in
                    await withTaskGroup(of: Void.self) { group in
                        for number in 0..<count {
                            group.addTask { try? socket.emit("m", .int(Int64(number)), .bytes(UInt8(number))) }
                        }
                    }
                    return []
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await client.emit("go")
                var seen: Set<UInt8> = []
                for _ in 0..<count {
                    let text = try await client.receive()
                    let bytes = try await client.receiveBinary()
                    #expect(text == #"51-["m",\#(bytes[0]),{"_placeholder":true,"num":0}]"#)
                    seen.insert(bytes[0])
                }
                #expect(seen.count == count)
            }
        )
    }

    // MARK: Namespaces

    @Test(arguments: Transport.allCases)
    func `namespaces of one connection have their own handlers, events and ids`(transport: Transport) async throws {
        try await withSocketServer(
            .testing(),
            setUp: { server in
                for name in ["/", "/a", "/b"] {
                    server.namespace(name).acknowledge("who") { socket, _ in
                        try socket.emit("me", .string(name))
                        return [.string(socket.id.rawValue)]
                    }
                }
                server.namespace("/a").acknowledge("only a") { _, _ in ["a"] }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port, over: transport)
                var ids: [String] = []
                for name in ["/", "/a", "/b"] { ids.append(try await client.join(name)) }
                #expect(Set(ids).count == 3)
                for (name, id) in zip(["/", "/a", "/b"], ids) {
                    let prefix = name == "/" ? "" : name + ","
                    try await client.emit("who", to: name, id: 1)
                    try await client.expect(#"2\#(prefix)["me","\#(name)"]"#)
                    try await client.expect(#"3\#(prefix)1["\#(id)"]"#)
                }
                try await client.emit("only a", to: "/b", id: 1)
                try await client.emit("only a", to: "/a", id: 2)
                try await client.expect(#"3/a,2["a"]"#)
            }
        )
    }

    @Test func `a missing slash is added to a namespace's name`() throws {
        let server = try SocketIOServer(logger: quietLogger())
        #expect(server.namespace("a") === server.namespace("/a"))
        #expect(server.namespace("a").name == "/a")
        #expect(server.namespace("") === server.namespace("/"))
    }
}
