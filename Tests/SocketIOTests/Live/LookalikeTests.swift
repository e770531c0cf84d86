/// Data that looks like the stand-in of an attachment: alone it is data, next to bytes it is refused.
import EngineIO
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct LookalikeTests {
    private static let json = #"{"_placeholder":true,"num":0}"#
    private static let lookalikes: [Value] = [
        ["_placeholder": true, "num": 0], ["_placeholder": true, "num": 1], ["_placeholder": true, "num": -1],
        ["_placeholder": true], [["_placeholder": true, "num": 0]],
        ["deep": ["_placeholder": true, "num": 0, "more": [1]]],
    ]

    private func expectRefusal(_ emit: () throws -> Void) {
        let error = #expect(throws: SocketIOError.self) { try emit() }
        #expect(error?.code == .encodingFailed)
        #expect(error?.message == "the arguments of e hold both bytes and data that looks like bytes")
    }

    // MARK: Emitting

    @Test(arguments: lookalikes)
    func `no way to emit sends it with bytes`(lookalike: Value) throws {
        let sockets = try LooseSockets(adapter: InMemoryAdapter())
        let socket = sockets.socket()
        socket.connect { $0() }
        let encoded = try EncodedValue(lookalike)
        self.expectRefusal { try socket.emit("e", .bytes(1), lookalike) }
        self.expectRefusal { try socket.emit("e", lookalike, .bytes(1)) }
        self.expectRefusal { try socket.emit("e", ["a": lookalike, "b": [.bytes(1)]]) }
        self.expectRefusal { try socket.emit("e", arguments: [encoded, try EncodedValue(Value.bytes(1))]) }
        self.expectRefusal { try socket.emit(Event<ByteBuffer, EncodedValue>("e"), ByteBuffer(bytes: [1]), encoded) }
        self.expectRefusal { try sockets.namespace.emit("e", .bytes(1), lookalike) }
        self.expectRefusal { try sockets.namespace.to("room").emit("e", .bytes(1), lookalike) }
        #expect(socket.session.outboxBytes == 0)
        #expect(socket.session.isOpen)
    }

    @Test(arguments: lookalikes)
    func `without bytes it is sent as it is`(lookalike: Value) throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        socket.connect { $0() }
        try socket.emit("e", lookalike)
        let alone = socket.session.outboxBytes
        #expect(alone > 0)
        try socket.emit("e", arguments: [EncodedValue(lookalike)])
        #expect(socket.session.outboxBytes == 2 * alone)
    }

    @Test(
        arguments: [
            ["_placeholder": false, "num": 0], ["_placeholder": 1, "num": 0], ["_placeholder": "true", "num": 0],
            ["num": 0], "_placeholder",
        ] as [Value]
    )
    func `what no receiver takes for an attachment may travel with bytes`(value: Value) throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        socket.connect { $0() }
        try socket.emit("e", .bytes(1), value)
        #expect(socket.session.outboxBytes > 0)
    }

    // MARK: Acknowledgements

    @Test func `asking with it and bytes fails at once, and nothing is awaited`() async throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        socket.connect { $0() }
        let untyped = await #expect(throws: SocketIOError.self) {
            try await socket.emitWithAck("e", [.bytes(1), Self.lookalikes[0]])
        }
        #expect(untyped?.code == .encodingFailed)
        let event = AckEvent<Int, ByteBuffer, EncodedValue>("e")
        let lookalike = try EncodedValue(json: Self.json)
        let typed = await #expect(throws: SocketIOError.self) {
            try await socket.emitWithAck(event, ByteBuffer(bytes: [1]), lookalike)
        }
        #expect(typed?.code == .encodingFailed)
        #expect(socket.session.outboxBytes == 0)
        #expect(socket.state.withLock { $0.acks.isEmpty })
    }

    private static func values(_ arguments: Arguments) throws -> [Value] { try arguments.map { try $0.value } }

    /// A server whose events answer with what they were sent: alone, or with bytes.
    private func withClient(_ body: (SocketIOTestClient, Log) async throws -> Void) async throws {
        let log = Log()
        try await withSocketServer(
            .testing(),
            setUp: { server in
                Bystander.prepare(server)
                server.logging(to: log)
                let namespace = server.namespace("/")
                namespace.acknowledge("same") { _, arguments in arguments }
                namespace.acknowledge("values") { _, arguments in try Self.values(arguments) }
                namespace.acknowledge("inline") { _, arguments in try Self.values(arguments) + [.bytes(1)] }
                namespace.acknowledge("async") { _, arguments async throws in try Self.values(arguments) + [.bytes(1)] }
                namespace.on(Event<EncodedValue>("typed").replying(with: [EncodedValue].self)) { _, value in
                    [value, try EncodedValue(Value.bytes(1))]
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                try await body(client, log)
            }
        )
    }

    @Test(arguments: ["inline", "async", "typed"])
    func `an acknowledgement with it and bytes is not sent, and the error hook is told`(event: String) async throws {
        try await self.withClient { client, log in
            try await client.emit(event, Self.json, id: 1)
            try await log.line(
                "error in event \"\(event)\": the acknowledgement holds both bytes and data that looks like bytes"
            )
            // Had there been an acknowledgement it would have come first.
            try await client.emit("alive", id: 2)
            try await client.expect("32[]")
            #expect(log.all.count == 1)
        }
    }

    @Test(arguments: ["same", "values"])
    func `an acknowledgement without bytes may hold it`(event: String) async throws {
        try await self.withClient { client, log in
            try await client.emit(event, Self.json, id: 1)
            try await client.expect("31[\(Self.json)]")
            #expect(log.all == [])
        }
    }

    @Test(arguments: ["same", "values"])
    func `real attachments are acknowledged as they came`(event: String) async throws {
        try await self.withClient { client, log in
            try await client.send(#"51-1["\#(event)",\#(Self.json)]"#)
            try await client.send(binary: [7])
            try await client.expect("61-1[\(Self.json)]")
            #expect(try await client.receiveBinary() == [7])
            #expect(log.all == [])
        }
    }

    // MARK: In disguise

    @Test(arguments: [
        #"{"_placehold\u0065r":true,"num":0}"#, #"{"_placeholder":false,"_placeholder":true,"num":0}"#,
        #"{"_placeholder":true,"num":0,"num":"x"}"#, #"{"num":0,"_placeholder" : true}"#,
        #"[[{"a":[{"_placeholder":true}]}]]"#,
    ])
    func `received data that looks like it is found in whatever form it came`(json: String) throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        socket.connect { $0() }
        let value = try EncodedValue(json: json)
        self.expectRefusal { try socket.emit(Event<ByteBuffer, EncodedValue>("e"), ByteBuffer(bytes: [1]), value) }
        #expect(socket.session.outboxBytes == 0)
    }

    @Test func `bytes inside of it do not hide it`() throws {
        let socket = try LooseSockets(adapter: InMemoryAdapter()).socket()
        socket.connect { $0() }
        self.expectRefusal { try socket.emit("e", ["_placeholder": true, "num": 7, "image": .bytes(1)]) }
        #expect(socket.session.outboxBytes == 0)
    }
}
