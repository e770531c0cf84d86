/// A server with the msgpack parser, over real sockets.
import EngineIO
import NIOCore
import SocketIO
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct MessagePackTests {
    private static let configuration = SocketIOConfiguration.testing { $0.parser = .messagePack }

    /// `{type, data, nsp}` with a text as event and a small number.
    private static func event(_ name: String, _ number: UInt8, id: UInt8? = nil) -> [UInt8] {
        let head: [UInt8] = [id == nil ? 0x83 : 0x84, 0xA4] + "type".utf8 + [2, 0xA4] + "data".utf8 + [0x92]
        let list: [UInt8] = [0xA0 | UInt8(name.utf8.count)] + name.utf8 + [number]
        let tail: [UInt8] = [0xA3] + "nsp".utf8 + [0xA1, 0x2F]
        return head + list + (id.map { [0xA2] + "id".utf8 + [$0] } ?? []) + tail
    }

    private static let connect: [UInt8] = [0x82, 0xA4] + "type".utf8 + [0, 0xA3] + "nsp".utf8 + [0xA1, 0x2F]

    private static func connect(port: Int, over transport: Transport) async throws -> SocketIOTestClient {
        let client = try await SocketIOTestClient.connect(port: port, over: transport)
        try await client.send(binary: Self.connect)
        let reply = try await client.receiveBinary()
        #expect(reply.starts(with: [0x83, 0xA4] + "type".utf8 + [0, 0xA4] + "data".utf8 + [0x81, 0xA3] + "sid".utf8))
        return client
    }

    @Test(arguments: Transport.allCases)
    func `events, acknowledgements and broadcasts are MessagePack`(_ transport: Transport) async throws {
        try await withSocketServer(Self.configuration) { server in
            server.namespace("/").on("all") { _, arguments in try server.emit("all", arguments: arguments) }
            server.namespace("/").acknowledge("ask") { _, arguments in arguments }
        } body: { port in
            let client = try await Self.connect(port: port, over: transport)
            try await client.send(binary: Self.event("all", 7))
            #expect(try await client.receiveBinary() == Self.event("all", 7))
            try await client.send(binary: Self.event("ask", 9, id: 3))
            let ack: [UInt8] = [0x84, 0xA2] + "id".utf8 + [3, 0xA4] + "type".utf8 + [3, 0xA4] + "data".utf8
            #expect(try await client.receiveBinary() == ack + [0x91, 9, 0xA3] + "nsp".utf8 + [0xA1, 0x2F])
        }
    }

    @Test func `a client that speaks JSON is disconnected`() async throws {
        try await withSocketServer(Self.configuration) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send("0")
            try await client.expectEnd()
        }
    }

    @Test func `a client that speaks MessagePack to a server of JSON is disconnected`() async throws {
        try await withSocketServer(.testing()) { port in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send(binary: Self.connect)
            try await client.expectEnd()
        }
    }
}
