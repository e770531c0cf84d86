/// A packet on its way to many sockets.
public import EngineIO
public import NIOCore

/// A packet on its way to many sockets, encoded once.
///
/// An adapter sends its ``messages`` to other servers, which make the same packet of them; they must have the same
/// ``SocketIOConfiguration/parser``.
public struct BroadcastPacket: Sendable {
    /// One message of a packet, without the type of Engine.IO.
    public enum Message: Sendable, Hashable {
        /// The packet itself, such as `2/chat,["news","hello"]`.
        case text(ByteBuffer)
        /// An attachment, or the packet itself with ``PacketParser/messagePack``.
        case binary(ByteBuffer)
    }

    /// The packet's messages, as every receiver gets them.
    public let unit: MessageUnit

    /// The event, when something that looks at what is sent was there when it was emitted.
    private let observed: AnyEvent?

    /// Who may get it, when that has been asked before.
    private let verdicts: [ObjectIdentifier: Bool]?

    init(unit: MessageUnit, observed: AnyEvent? = nil, verdicts: [ObjectIdentifier: Bool]? = nil) {
        self.unit = unit
        self.observed = observed
        self.verdicts = verdicts
    }

    /// Creates a packet that another server has sent.
    ///
    /// - Parameter messages: Its ``messages``. Clients get them as they are; without any they get nothing.
    public init(messages: [Message]) {
        let payloads = messages.map { message in
            switch message {
            case .text(let text): (isText: true, payload: text)
            case .binary(let binary): (isText: false, payload: binary)
            }
        }
        self.init(unit: MessageUnit(payloads))
    }

    /// Whether there is anything to send: a unit without messages is none.
    var hasMessages: Bool { self.unit.packetCount > 0 }

    /// The packet's messages, for other servers.
    public var messages: [Message] {
        self.unit.readMessages().map { $0.isText ? .text($0.payload) : .binary($0.payload) }
    }

    /// The event as interceptors see it.
    ///
    /// - Returns: `nil` for what is no event, or cannot be read.
    var event: AnyEvent? {
        if let observed { return observed }
        switch try? Self.decode(self.messages) {
        case .event(_, let event): return AnyEvent(event)
        default: return nil
        }
    }

    private static func decode(_ messages: [Message]) throws(PacketViolation) -> DecodedPacket? {
        var decoder = PacketDecoder(limits: .none)
        var packet: DecodedPacket?
        for (index, message) in messages.enumerated() {
            switch message {
            case .text(let text): packet = try decoder.decodeText(text)
            case .binary(let binary) where index == 0: packet = try MessagePackPacket.decode(binary, limits: .none)
            case .binary(let binary): packet = try decoder.decodeBinary(binary)
            }
        }
        return packet
    }

    /// The sockets that get the packet, of those it is meant for.
    ///
    /// Each is asked only where something looks at what is sent.
    func receivers(among sockets: [Socket]) -> [Socket] {
        guard self.hasMessages else { return [] }
        // Those that are leaving are still in their rooms, for the handlers that are told of it.
        let sockets = sockets.contains(where: \.hasLeft) ? sockets.filter { !$0.hasLeft } : sockets
        if let verdicts { return sockets.filter { verdicts[ObjectIdentifier($0)] == true } }
        // The receivers of a packet are of one namespace.
        guard let handlers = sockets.first?.namespace.handlers, handlers.observesOutgoing else { return sockets }
        let event = self.event
        return sockets.filter { $0.admitsOutgoing(event) }
    }
}
