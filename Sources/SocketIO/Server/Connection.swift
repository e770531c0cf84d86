/// The Socket.IO side of one session: its packets, and its sockets in their namespaces.
internal import EngineIO
internal import Logging
internal import NIOCore
internal import Synchronization

/// Decodes the messages of a session and hands the packets to its sockets.
///
/// A peer's fault (an undecodable packet, an event for a namespace it has not joined, a second CONNECT) closes the
/// session. What crosses with a disconnect by the server is a legal race and ignored.
final class Connection: SessionHandler {
    struct State {
        var decoder: PacketDecoder
        var sockets = SocketTable()
        var nextJoinNumber = 0
        /// Middlewares under way, also for sockets that have left meanwhile.
        var pendingJoins = 0
        /// Searches for namespaces that wait for a predicate, by the name that the client asked for.
        var searches: [String: Search] = [:]
        /// Namespaces that the server made this client leave: its packets may still be on their way.
        var leftByServer: Set<String> = []
        var hasJoined = false
        var isClosed = false
        var joinToken: DeadlineWheel<any DeadlineTarget>.Token?
        var attachmentToken: DeadlineWheel<any DeadlineTarget>.Token?
        /// Packets decoded so far.
        ///
        /// While it stays the same, attachments that are awaited belong to the same packet.
        var packetCount: UInt64 = 0
    }

    /// A search that takes its time, and its task, which is cancelled when nobody wants the result.
    struct Search {
        let number: Int
        let task: Task<Void, Never>
    }

    let server: SocketIOServer
    /// Meters what the client sends; absent when nothing is limited.
    let meter: ConnectionMeter?
    let inboxMeter: InboxMeter
    let state: Mutex<State>

    init(server: SocketIOServer) {
        self.server = server
        self.meter = ConnectionMeter(server.environment)
        self.inboxMeter = InboxMeter(limit: server.configuration.limits.inboxBytes)
        self.state = Mutex(State(decoder: PacketDecoder(limits: server.environment.packetLimits)))
    }

    var parser: PacketParser { self.server.configuration.parser }

    // MARK: The session

    func sessionOpened(_ session: Session) {
        let timer = ConnectionTimer { [weak self, weak session] in
            guard let self, let session, !self.state.withLock({ $0.hasJoined }) else { return }
            self.report(.connectTimeout, on: session)
            session.close()
        }
        let token = session.schedule(timer, in: self.server.configuration.connectTimeout)
        self.state.withLock { $0.joinToken = token }
        if session.revision == .three { self.joinMainNamespace(on: session) }
    }

    func session(_ session: Session, receivedText text: ByteBuffer) {
        do throws(PacketViolation) {
            guard self.parser == .standard else { throw .textInsteadOfMessagePack }
            if let meter = self.meter, try !self.admits(text, by: meter, on: session) { return }
            // Decoding needs no lock: a text stands for itself.
            let (packet, attachments) = try self.decode(text, on: session)
            try self.take(packet, attachments: attachments, on: session)
        } catch {
            self.reject(error, on: session)
        }
    }

    @inline(__always)
    private func decode(
        _ text: ByteBuffer,
        on session: Session
    ) throws(PacketViolation) -> (packet: DecodedPacket, attachments: Int) {
        let environment = self.server.environment
        // In two calls, so that no limits are copied.
        return session.revision == .three
            ? try PacketDecoder.decode(text, limits: environment.revision3PacketLimits)
            : try PacketDecoder.decode(text, limits: environment.packetLimits)
    }

    /// Handles a packet, or waits for its attachments.
    @inline(__always)
    func take(
        _ packet: consuming DecodedPacket,
        attachments: Int,
        on session: Session
    ) throws(PacketViolation) {
        guard attachments == 0 else { return try self.wait(for: attachments, of: packet, on: session) }
        let socket = try self.state.withLock { [namespace = packet.namespace] state throws(PacketViolation) in
            try state.decoder.takeText()
            state.packetCount += 1
            return state.sockets[namespace]
        }
        try self.handle(packet, socket: socket, on: session)
    }

    private func wait(
        for attachments: Int,
        of packet: DecodedPacket,
        on session: Session
    ) throws(PacketViolation) {
        try self.state.withLock { state throws(PacketViolation) in
            try state.decoder.takeText()
            state.decoder.expect(attachments, of: packet)
            self.awaitAttachments(&state, on: session)
        }
    }

    func session(_ session: Session, receivedBinary binary: ByteBuffer) {
        do throws(PacketViolation) {
            if self.parser == .messagePack { return try self.receive(messagePack: binary, on: session) }
            if let meter = self.meter, meter.judge(binary: binary, on: session) == .close { return }
            let (packet, socket) = try self.state.withLock {
                state throws(PacketViolation) -> (DecodedPacket?, Socket?) in
                guard let packet = try state.decoder.decodeBinary(binary) else { return (nil, nil) }
                state.packetCount += 1
                return (packet, state.sockets[packet.namespace])
            }
            if let packet { try self.handle(packet, socket: socket, on: session) }
        } catch {
            self.reject(error, on: session)
        }
    }

    private func receive(messagePack message: ByteBuffer, on session: Session) throws(PacketViolation) {
        let packet = try MessagePackPacket.decode(message, limits: self.server.environment.packetLimits)
        if let meter = self.meter, try !self.admits(packet, size: message.readableBytes, by: meter, on: session) {
            return
        }
        try self.handle(packet, socket: self.state.withLock { $0.sockets[packet.namespace] }, on: session)
    }

    func sessionClosed(_ session: Session, reason: CloseReason) {
        let (sockets, searches, tokens) = self.state.withLock { state in
            state.isClosed = true
            let sockets = state.sockets.inOrder
            state.sockets.removeAll()
            defer {
                state.searches = [:]
                state.joinToken = nil
                state.attachmentToken = nil
            }
            return (sockets, state.searches.values, [state.joinToken, state.attachmentToken])
        }
        if reason == .serverShuttingDown {
            // They may finish, as long as the shutdown has time.
            self.server.environment.tasks.adopt(searches.map(\.task))
        } else {
            for search in searches { search.task.cancel() }
        }
        for token in tokens.compactMap(\.self) { session.cancel(token) }
        self.meter?.close(session)
        for socket in sockets { socket.leave(DisconnectReason(reason)) }
    }

    // MARK: Packets

    private func handle(
        _ packet: consuming DecodedPacket,
        socket: Socket?,
        on session: Session
    ) throws(PacketViolation) {
        guard let socket else { return try self.handleWithoutSocket(packet, on: session) }
        switch consume packet {
        case .event(_, let event): socket.receive(event)
        case .ack(_, let id, let arguments): socket.receive(ack: id, arguments: arguments)
        case .disconnect: self.remove(socket, reason: .clientNamespaceDisconnect)
        case .ignored: break
        case .connect(let namespace, _): throw .secondConnect(to: namespace)
        case .connectError: throw .connectErrorFromClient
        }
    }

    private func handleWithoutSocket(_ packet: DecodedPacket, on session: Session) throws(PacketViolation) {
        switch packet {
        case .connect(let namespace, let auth):
            let target = self.target(of: namespace, auth: auth, on: session)
            try self.join(target.name, auth: target.auth, on: session)
        case .connectError:
            throw .connectErrorFromClient
        case .disconnect(let namespace) where self.giveUpSearch(for: namespace):
            break
        default:
            guard self.state.withLock({ $0.leftByServer.contains(packet.namespace) }) else {
                throw PacketViolation(message: "expected CONNECT for \(Excerpt.quoted(packet.namespace.utf8)) first")
            }
        }
    }

    /// Closes the session after a packet that no client may send.
    ///
    /// Nothing is sent to explain, as in Node.
    func reject(_ violation: PacketViolation, on session: Session) {
        self.server.environment.logger.debug(
            "malformed packet",
            metadata: ["engineio.sid": "\(session.id.redacted)", "error": "\(violation)"]
        )
        if let limit = violation.limit { self.report(LimitName(limit), on: session) }
        session.close()
    }

    /// The client has reached a limit.
    func report(_ limit: LimitName, on session: Session) {
        self.server.environment.limits.reached(limit, metadata: ["engineio.sid": "\(session.id.redacted)"])
    }

    /// Gives the attachments of a packet a deadline.
    private func awaitAttachments(_ state: inout State, on session: Session) {
        guard state.attachmentToken == nil, !state.isClosed else { return }
        let awaited = state.packetCount
        let timer = ConnectionTimer { [weak self, weak session] in
            guard let self, let session else { return }
            guard self.isOverdue(awaited, on: session) else { return }
            self.report(.attachmentTimeout, on: session)
            self.reject(.attachmentsOverdue, on: session)
        }
        state.attachmentToken = session.schedule(timer, in: self.server.configuration.limits.attachmentTimeout)
    }

    /// Whether the attachments that a deadline was set for have still not come.
    ///
    /// One deadline is set at a time: a packet that came after the one it was set for gets the next.
    private func isOverdue(_ awaited: UInt64, on session: Session) -> Bool {
        self.state.withLock { state in
            state.attachmentToken = nil
            guard state.decoder.hasPendingAttachments, !state.isClosed else { return false }
            guard state.packetCount != awaited else { return true }
            self.awaitAttachments(&state, on: session)
            return false
        }
    }

    // MARK: Leaving

    /// The server makes a socket leave; the connection stays.
    func disconnect(_ socket: Socket) {
        guard self.forget(socket) else { return }
        socket.session.send(OutboundPacket.empty(.disconnect, namespace: socket.namespace.name, parser: self.parser))
        socket.leave(.serverNamespaceDisconnect)
    }

    /// The server makes all sockets of the connection leave, then closes it.
    func disconnectAll(on session: Session) {
        let sockets = self.state.withLock { $0.sockets.inOrder }
        for socket in sockets { self.disconnect(socket) }
        session.close()
    }

    private func remove(_ socket: Socket, reason: DisconnectReason) {
        self.state.withLock { $0.sockets[socket.namespace.name] = nil }
        socket.leave(reason)
    }

    private func forget(_ socket: Socket) -> Bool {
        self.state.withLock { state in
            guard state.sockets[socket.namespace.name] === socket else { return false }
            state.sockets[socket.namespace.name] = nil
            // Clients may make up names without number: one is forgotten, whichever. What its client had on its way to
            // it would end the connection.
            if state.leftByServer.count >= self.server.configuration.limits.namespacesPerConnection {
                state.leftByServer.removeFirst()
            }
            state.leftByServer.insert(socket.namespace.name)
            return true
        }
    }
}

extension PacketViolation {
    static let textInsteadOfMessagePack = Self(message: "expected MessagePack, found text")
    static let connectErrorFromClient = Self(message: "found CONNECT_ERROR, which only servers send")
    static func secondConnect(to name: String) -> Self {
        Self(message: "expected one CONNECT for \(Excerpt.quoted(name.utf8)), found another")
    }

    static let attachmentsOverdue = Self(message: "the attachments of a packet did not arrive in time")
}
