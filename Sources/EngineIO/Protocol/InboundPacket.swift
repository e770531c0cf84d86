/// A packet as a client sent it; payloads are slices of what was received.
import NIOCore

enum InboundPacket: Equatable {
    case open
    case close
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// A text message, without its type digit.
    case text(ByteBuffer)
    /// A binary message.
    case binary(ByteBuffer)
    case upgrade
    case noop

    /// Whether this is the ping that tests a transport before an upgrade ("Engine.IO v4, Upgrade").
    var isProbe: Bool {
        guard case .ping(let data) = self else { return false }
        return data.readableBytesView.elementsEqual("probe".utf8)
    }
}
