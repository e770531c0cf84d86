/// A WebSocket server that sends each message back, for suites that test the protocol alone.
import ArgumentParser
import EngineIO
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

@main
struct WebSocketEchoServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends each WebSocket message back.",
        discussion: """
            Handshake, frames, pings and closing are the code of the Engine.IO server; its packets are left out.
            """
    )

    @Option(help: "The port to listen on, on the loopback address.")
    var port: Int

    @Option(help: "The largest message in bytes.")
    var maximumMessageBytes = 64 << 20

    @Flag(help: "Compress messages of any size when the client offers it.")
    var deflate = false

    func run() async throws {
        var configuration = EngineIOConfiguration()
        if self.deflate {
            var deflate = PerMessageDeflate()
            deflate.threshold = 0
            configuration.perMessageDeflate = deflate
        }
        configuration.maximumPayloadBytes = self.maximumMessageBytes
        try configuration.validate()
        var logger = Logger(label: "websocket-echo-server")
        logger.logLevel = .warning
        let upgrader = EchoUpgrader(settings: WebSocketSettings(configuration, logger: logger))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.pipeline.configureHTTPServerPipeline(
                    withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in })
                )
            }
            .bind(host: "127.0.0.1", port: self.port).get()
        print("listening on \(self.port)")
        try await server.closeFuture.get()
    }
}
