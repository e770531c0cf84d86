/// The seven kinds of packet of Socket.IO protocol 5, numbered as on the wire.
enum PacketType: UInt8, Sendable, Hashable, CaseIterable {
    case connect = 0
    case disconnect
    case event
    case ack
    case connectError
    case binaryEvent
    case binaryAck

    /// Whether attachments may follow the packet's text.
    var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
}
