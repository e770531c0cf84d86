/// Broadcasts that must not be compressed on their way, over both transports.
import EngineIO
import NIOCore
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct CompressionFlagTests {
    /// How an event is broadcast, and whether it may be compressed.
    enum Way: String, CaseIterable, Sendable {
        case plain, volatile, acknowledged, delivered
    }

    private static let text = String(repeating: "large ", count: 500)

    /// Runs a server on which `tell` broadcasts an event.
    private static func withServer(
        _ way: Way,
        isRecovering: Bool = false,
        body: (_ port: Int) async throws -> Void
    ) async throws {
        var configuration = SocketIOConfiguration()
        configuration.engine.perMessageDeflate = PerMessageDeflate()
        if isRecovering { configuration.connectionStateRecovery = ConnectionStateRecovery() }
        try await withSocketServer(configuration) { server in
            server.namespace("/").acknowledge("tell") { socket, arguments -> [Value]? in
                try Self.tell(socket, way, isAllowed: arguments[0].decode(as: Bool.self))
                return nil
            }
        } body: { port in
            try await body(port)
        }
    }

    private static func tell(_ socket: Socket, _ way: Way, isAllowed: Bool) throws {
        let sockets = socket.namespace.to(Room(socket.id)).compress(isAllowed)
        switch way {
        case .plain: try sockets.emit("told", .string(Self.text))
        case .volatile: try sockets.volatile.emit("told", .string(Self.text))
        case .acknowledged: _ = try sockets.emitWithAck("told", [.string(Self.text)])
        case .delivered:
            let packet = BroadcastPacket(messages: [.text(ByteBuffer(string: "2[\"told\",\"\(Self.text)\"]"))])
            socket.deliver(packet, isCompressible: isAllowed)
        }
    }

    /// Makes the server broadcast.
    ///
    /// - Returns: Whether the event was compressed.
    private func tellOverWebSocket(_ client: WebSocketTestClient, isAllowed: Bool) async throws -> Bool {
        try await client.send("42[\"tell\",\(isAllowed)]")
        return try await client.connection.read("a frame", within: RawConnection.patience) { buffer, _ -> Bool? in
            guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
            var plain = buffer
            plain.setInteger(first & ~0x40, at: plain.readerIndex)
            guard let frame = try TestFrame.read(from: &plain) else { return nil }
            buffer.moveReaderIndex(to: plain.readerIndex)
            if first == 0x81 {
                let text = String(decoding: frame.payload, as: UTF8.self)
                #expect(text.hasPrefix("42") && text.contains(Self.text))
            }
            return first == 0xC1
        }
    }

    @Test(arguments: Way.allCases, [true, false])
    func `over a WebSocket it is not, others are`(way: Way, isRecovering: Bool) async throws {
        try await Self.withServer(way, isRecovering: isRecovering) { port in
            let client = try await WebSocketTestClient.connect(
                port: port,
                "/socket.io/?EIO=4&transport=websocket",
                headers: [("Sec-WebSocket-Extensions", "permessage-deflate")]
            )
            _ = try await client.receiveText()
            try await client.send("40")
            _ = try await client.receiveText()
            for isAllowed in [false, true, false] {
                #expect(try await self.tellOverWebSocket(client, isAllowed: isAllowed) == isAllowed)
            }
        }
    }

    @Test(arguments: [Way.plain, .acknowledged, .delivered], [true, false])
    func `over polling its answer is not, others are`(way: Way, isAllowed: Bool) async throws {
        try await Self.withServer(way) { port in
            let client = try await PollingTestClient.connect(port: port, path: "/socket.io/")
            try await client.post("40")
            _ = try await client.poll()
            try await client.polls.send("GET", client.target, headers: [("Accept-Encoding", "gzip")])
            try await client.post("42[\"tell\",\(isAllowed)]")
            let response = try await client.polls.receive()
            #expect(response["content-encoding"] == (isAllowed ? "gzip" : nil))
            #expect((response.body.count > Self.text.utf8.count) == !isAllowed)
        }
    }
}
