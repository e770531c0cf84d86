/// What becomes of the packets of a connection that sends too much.
internal import EngineIO
internal import NIOCore
internal import Synchronization

extension Connection {
    /// Whether a text is taken, rather than dropped without a look at its payload.
    ///
    /// What would break a rule of the protocol breaks it all the same.
    func admits(
        _ text: ByteBuffer,
        by meter: ConnectionMeter,
        on session: Session
    ) throws(PacketViolation) -> Bool {
        switch meter.judge(text: text, on: session) {
        case .admit: return true
        case .close: return false
        case .drop: break
        }
        let header = try PacketDecoder.decodeHeader(text, limits: self.packetLimits(of: session))
        if header.type == .connect {
            try self.state.withLock { state throws(PacketViolation) in try state.decoder.takeText() }
            try self.refuseForNow(header.namespace, on: session)
        } else {
            try self.take(.ignored(namespace: header.namespace), attachments: header.attachments, on: session)
        }
        return false
    }

    /// Whether a packet of MessagePack is taken, which has been decoded as a whole.
    func admits(
        _ packet: DecodedPacket,
        size: Int,
        by meter: ConnectionMeter,
        on session: Session
    ) throws(PacketViolation) -> Bool {
        switch meter.judge(packet, size: size, on: session) {
        case .admit: return true
        case .close: return false
        case .drop: break
        }
        if case .connect(let namespace, _) = packet {
            try self.refuseForNow(namespace, on: session)
        } else {
            try self.take(.ignored(namespace: packet.namespace), attachments: 0, on: session)
        }
        return false
    }

    /// The client may try again when it has been quiet for a while.
    private func refuseForNow(_ name: String, on session: Session) throws(PacketViolation) {
        let name = self.target(of: name, auth: nil, on: session).name
        guard self.state.withLock({ $0.searches[name] == nil && $0.sockets[name] == nil }) else {
            throw .secondConnect(to: name)
        }
        self.refuse(name, .tooManyRequests, on: session)
    }
}
