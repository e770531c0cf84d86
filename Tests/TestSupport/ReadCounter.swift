/// What a server asks of the channel beneath it.
package import NIOCore

/// Counts how often the server wants to read.
package final class ReadCounter: ChannelOutboundHandler {
    package typealias OutboundIn = ByteBuffer

    package private(set) var count = 0

    package init() {}

    package func read(context: ChannelHandlerContext) {
        self.count += 1
        context.read()
    }
}

@available(*, unavailable)
extension ReadCounter: Sendable {}
