/// What the harness knows of the bytes between clients and server.
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import SocketIOTesting

/// Stops the reading when bytes come, and has it go on at once, as a WebSocket does that becomes a session's transport.
private final class Pausing: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let reads: EventLog<Int>

    init(_ reads: EventLog<Int>) {
        self.reads = reads
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for isReading in [false, true] {
            #expect(throws: Never.self) {
                try context.channel.syncOptions?.setOption(ChannelOptions.autoRead, value: isReading)
            }
        }
        context.read()
        self.reads.append(self.unwrapInboundIn(data).readableBytes)
    }
}

@Suite(.timeLimit(.minutes(1))) struct TrafficTests {
    @Test func `a server that has paused while it read is one that reads`() async throws {
        let (traffic, reads) = (Traffic(), EventLog<Int>())
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try traffic.tap(channel)
                    try channel.pipeline.syncOperations.addHandler(Pausing(reads))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(to: try #require(server.localAddress)).get()
        let line = traffic.line(ofPort: try #require(client.localAddress?.port))
        for bytes in 1...3 {
            line.add(bytes, to: .sentByClient)
            // Counted, and not there yet.
            #expect(await traffic.unread() == "\(bytes) bytes to the server")
            try await client.writeAndFlush(ByteBuffer(repeating: 0x78, count: bytes)).get()
            _ = try await reads.count(bytes)
            try await eventually("all has been read") { await traffic.unread() == nil }
        }
        try await client.close()
        try await server.close()
    }
}
