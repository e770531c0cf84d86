/// What makes an HTTP connection a WebSocket that echoes.
import EngineIO
import NIOCore
import NIOHTTP1

/// Sends each message back, and reads no faster than the peer does.
final class EchoEndpoint: WebSocketEndpoint {
    private let connection: WebSocketHandler

    init(_ connection: WebSocketHandler) {
        self.connection = connection
        connection.endpoint = self
    }

    func opened() {}

    func received(text: ByteBuffer) { self.connection.send(text: text) }

    func received(binary: ByteBuffer) { self.connection.send(binary: binary) }

    func writabilityChanged(_ isWritable: Bool) { self.connection.setReading(isWritable) }

    func ended(_ reason: CloseReason) {}

    func released() {}
}

/// Switches to the protocol, with the server's own handshake and handler.
final class EchoUpgrader: HTTPServerProtocolUpgrader, Sendable {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let settings: WebSocketSettings

    init(settings: WebSocketSettings) {
        self.settings = settings
    }

    func buildUpgradeResponse(
        channel: any Channel,
        upgradeRequest: HTTPRequestHead,
        initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        do {
            try WebSocketHandshake.check(upgradeRequest)
            let compression = try WebSocketHandshake.compression(for: upgradeRequest, settings: self.settings)
            let extra = compression.map { HTTPHeaders([(WebSocketHandshake.extensions, $0.headerValue)]) } ?? [:]
            return WebSocketHandshake.responseHeaders(for: upgradeRequest, extra: extra, on: channel)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        let loop = context.eventLoop
        return loop.makeCompletedFuture(withResultOf: {
            let handler = WebSocketHandler(
                settings: self.settings,
                loopContext: LoopContext(eventLoop: loop),
                compression: try WebSocketHandshake.compression(for: upgradeRequest, settings: self.settings)
            )
            _ = EchoEndpoint(handler)
            try context.pipeline.syncOperations.addHandler(handler)
        })
    }
}
