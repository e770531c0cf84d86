/// A WebSocket that carries, or wants to carry, the packets of a session.
import NIOCore

/// Turns messages into packets for the session whose transport, or candidate, this connection is.
///
/// Confined to the connection's event loop.
final class SessionWebSocket: WebSocketEndpoint {
    /// What this connection is to a session.
    enum Role {
        /// There was a candidate already, or the session has closed: to be closed.
        case unwanted
        case candidate(Session)
        case transport(Session)
    }

    var role: Role = .unwanted
    let connection: WebSocketHandler
    /// How packets are written on this connection.
    private let wire: WireFormat
    private let loopContext: LoopContext
    private var madeLink: WebSocketLink?

    /// The connection as its session knows it.
    var link: WebSocketLink {
        if let madeLink { return madeLink }
        let link = WebSocketLink(self, context: self.loopContext)
        self.madeLink = link
        return link
    }

    /// Makes the connection as well, which is to be added to a pipeline or released.
    init(
        settings: WebSocketSettings,
        loopContext: LoopContext,
        compression: DeflateAgreement? = nil,
        wire: WireFormat = .revision4
    ) {
        self.wire = wire
        self.connection = WebSocketHandler(settings: settings, loopContext: loopContext, compression: compression)
        self.loopContext = loopContext
        self.connection.endpoint = self
    }

    // MARK: What the connection tells

    func opened() {
        if case .unwanted = self.role { self.close() }
        self.reportWritability()
    }

    /// A connection whose client has not read what came before is not writable from the start.
    private func reportWritability() {
        guard case .transport(let session) = self.role, !self.connection.isWritable else { return }
        session.sinkWritabilityChanged(false)
    }

    func received(text: ByteBuffer) {
        do throws(ProtocolViolation) {
            self.receive(packet: try self.wire.decode(text: text))
        } catch {
            switch self.role {
            case .transport(let session): session.reject(error)
            case .candidate: self.dropCandidate()
            case .unwanted: break
            }
        }
    }

    func received(binary: ByteBuffer) {
        self.receive(packet: self.wire.decode(binary: binary))
    }

    func writabilityChanged(_ isWritable: Bool) {
        if case .transport(let session) = self.role { session.sinkWritabilityChanged(isWritable) }
    }

    /// Tells the session that this connection is no use to it any more.
    func ended(_ reason: CloseReason) {
        let role = self.role
        self.role = .unwanted
        switch role {
        case .transport(let session): session.lostTransport(reason: reason)
        case .candidate(let session): session.lostCandidate(self.link, reason: reason)
        case .unwanted: break
        }
    }

    func released() {
        // The two refer to each other.
        self.madeLink = nil
    }

    // MARK: Packets

    private func receive(packet: InboundPacket) {
        switch self.role {
        case .transport(let session): session.receive(packet)
        case .candidate(let session): self.receive(packet: packet, for: session)
        case .unwanted: break
        }
    }

    /// A candidate may probe and upgrade; anything else costs it the chance, and the session nothing.
    private func receive(packet: InboundPacket, for session: Session) {
        switch packet {
        case .ping where packet.isProbe:
            // A candidate that probes without reading would fill the channel's buffer with answers.
            guard self.connection.isWritable else { return self.dropCandidate() }
            guard session.receivedProbe(from: self.link) else { return }
            self.connection.send(text: ByteBuffer(string: "3probe"))
        case .upgrade:
            // The session says when this has become its transport: now, or after the POST under way.
            self.connection.setReading(false)
            if !session.receivedUpgrade(from: self.link) { self.dropCandidate() }
        default:
            self.dropCandidate()
        }
    }

    private func dropCandidate() {
        guard case .candidate(let session) = self.role else { return }
        self.role = .unwanted
        session.lostCandidate(self.link, reason: .transportError)
        self.close()
    }

    // MARK: The session's commands

    /// Writes frames as sessions keep them.
    func write(frames: FrameList) {
        self.connection.write(frames: self.rewritten(frames))
    }

    /// Writes frames as sessions keep them, to be flushed by the loop's next task.
    func stage(frames: FrameList) {
        self.connection.stage(frames: self.rewritten(frames))
    }

    private func rewritten(_ frames: FrameList) -> FrameList {
        switch self.wire {
        case .revision4: frames
        case .revision4Base64: RewrittenFrames.rewritten(frames, as: .base64("b"))
        case .revision3(let options): RewrittenFrames.rewritten(frames, as: options.usesBase64 ? .base64("b4") : .typed)
        }
    }

    /// The candidate has become the transport.
    func becameTransport() {
        guard case .candidate(let session) = self.role else { return }
        self.role = .transport(session)
        self.reportWritability()
        self.connection.setReading(true)
    }

    func close() {
        self.role = .unwanted
        self.connection.close()
    }

    func abort() {
        self.role = .unwanted
        self.connection.abort()
    }
}

@available(*, unavailable)
extension SessionWebSocket: Sendable {}
