/// What a Socket.IO packet says, and the packet sent on as a server would send it.
import EngineIO
import NIOCore

@testable import SocketIO

/// What a packet says, however it is written.
struct PacketMeaning: Equatable {
    private var kind: String
    private var arguments: [Value] = []

    init(_ packet: DecodedPacket) {
        switch packet {
        case .connect(let namespace, let auth):
            self.kind = "connect \(namespace)"
            self.arguments = [auth].compactMap { try? $0?.value }
        case .event(let namespace, let event):
            self.kind = "event \(namespace) \(event.name) \(event.ackID.map(String.init) ?? "")"
            self.arguments = event.arguments.map { (try? $0.value) ?? "no value" }
        case .ack(let namespace, let id, let arguments):
            self.kind = "ack \(namespace) \(id)"
            self.arguments = arguments.map { (try? $0.value) ?? "no value" }
        case .disconnect, .connectError, .ignored: self.kind = "\(packet)"
        }
    }

    static func == (first: Self, second: Self) -> Bool {
        // Numbers too large for anything become null on their way.
        first.kind == second.kind && Value.array(first.arguments).written.means(Value.array(second.arguments).written)
    }
}

extension DecodedPacket {
    /// The packet as a server sends it on; nothing for one that only clients send.
    func sentOn(by parser: PacketParser) -> MessageUnit? {
        switch self {
        case .event(let namespace, let event):
            var copy = OutboundPacket.event(event.name, namespace: namespace, parser: parser)
            copy.write { writer in
                if !event.arguments.isEmpty { writer.write(punctuation: UInt8(ascii: ",")) }
                event.arguments.write(into: &writer)
            }
            copy.endArray()
            return copy.finished(type: .event, id: event.ackID)
        case .ack(let namespace, let id, let arguments):
            var copy = OutboundPacket(namespace: namespace, parser: parser)
            copy.write { writer in
                writer.write(punctuation: UInt8(ascii: "["))
                arguments.write(into: &writer)
            }
            copy.endArray()
            return copy.finished(type: .ack, id: id)
        case .connect, .disconnect, .connectError, .ignored:
            return nil
        }
    }
}
