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
        var searches: [String: Int] = [:]
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

    let server: SocketIOServer
    let state: Mutex<State>

    init(server: SocketIOServer) {
        self.server = server
        self.state = Mutex(State(decoder: PacketDecoder(limits: server.environment.packetLimits)))
    }

    private var parser: PacketParser { self.server.configuration.parser }

    // MARK: The session

    func sessionOpened(_ session: Session) {
        let timer = ConnectionTimer { [weak self, weak session] in
            guard let self, let session, !self.state.withLock({ $0.hasJoined }) else { return }
            session.close()
        }
        let token = session.schedule(timer, in: self.server.configuration.connectTimeout)
        self.state.withLock { $0.joinToken = token }
    }

    func session(_ session: Session, receivedText text: ByteBuffer) {
        do throws(PacketViolation) {
            guard self.parser == .standard else { throw .textInsteadOfMessagePack }
            // Decoding needs no lock: a text stands for itself.
            let (packet, attachments) = try PacketDecoder.decode(text, limits: self.server.environment.packetLimits)
            let socket = try self.state.withLock { state throws(PacketViolation) in
                try state.decoder.takeText()
                guard attachments == 0 else {
                    state.decoder.expect(attachments, of: packet)
                    self.awaitAttachments(&state, on: session)
                    return Socket?.none
                }
                state.packetCount += 1
                return state.sockets[packet.namespace]
            }
            if attachments == 0 { try self.handle(packet, socket: socket, on: session) }
        } catch {
            self.reject(error, on: session)
        }
    }

    func session(_ session: Session, receivedBinary binary: ByteBuffer) {
        do throws(PacketViolation) {
            if self.parser == .messagePack { return try self.receive(messagePack: binary, on: session) }
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
        try self.handle(packet, socket: self.state.withLock { $0.sockets[packet.namespace] }, on: session)
    }

    func sessionClosed(_ session: Session, reason: CloseReason) {
        let (sockets, tokens) = self.state.withLock { state in
            state.isClosed = true
            let sockets = state.sockets.inOrder
            state.sockets.removeAll()
            defer {
                state.joinToken = nil
                state.attachmentToken = nil
            }
            return (sockets, [state.joinToken, state.attachmentToken])
        }
        for token in tokens.compactMap(\.self) { session.cancel(token) }
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
            try self.join(namespace, auth: auth, on: session)
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
    private func reject(_ violation: PacketViolation, on session: Session) {
        self.server.environment.logger.debug(
            "malformed packet",
            metadata: ["engineio.sid": "\(session.id.redacted)", "error": "\(violation)"]
        )
        session.close()
    }

    /// Gives the attachments of a packet a deadline.
    private func awaitAttachments(_ state: inout State, on session: Session) {
        guard state.attachmentToken == nil else { return }
        let awaited = state.packetCount
        let timer = ConnectionTimer { [weak self, weak session] in
            guard let self, let session else { return }
            if self.isOverdue(awaited, on: session) { self.reject(.attachmentsOverdue, on: session) }
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

    // MARK: Joining

    private func join(_ name: String, auth: EncodedValue?, on session: Session) throws(PacketViolation) {
        guard self.state.withLock({ $0.searches[name] == nil && $0.sockets[name] == nil }) else {
            throw .secondConnect(to: name)
        }
        let handshake = Handshake(request: session.request, auth: auth)
        var search = NamespaceSearch(name: name, handshake: handshake, server: self.server)
        switch search.next() {
        case .done(let result): self.join(result, search, number: nil, on: session)
        case let step: self.continueSearch(search, from: step, on: session)
        }
    }

    /// The search is over.
    ///
    /// - Parameter number: The number of a search that could have been given up meanwhile.
    func join(
        _ result: Result<Namespace, ConnectRefusal>,
        _ search: NamespaceSearch,
        number: Int?,
        on session: Session
    ) {
        switch result {
        case .success(let namespace):
            self.join(namespace, search, number: number, on: session)
        case .failure(let refusal):
            if let number, !self.takeSearch(search.name, number) { return }
            self.refuse(search.name, refusal, on: session)
        }
    }

    /// What comes of a socket that was to be made.
    private enum Admission {
        case socket(Socket)
        case tooMany
        /// The client does not want it any more.
        case unwanted
    }

    private func join(_ namespace: Namespace, _ search: NamespaceSearch, number: Int?, on session: Session) {
        switch self.admit(to: namespace, search, number: number, on: session) {
        case .socket(let socket):
            self.runMiddlewares(for: socket)
        case .tooMany:
            self.server.left(namespace)
            // A closed session ignores the refusal.
            self.refuse(search.name, .tooManyNamespaces, on: session)
        case .unwanted:
            self.server.left(namespace)
        }
    }

    private func admit(
        to namespace: Namespace,
        _ search: NamespaceSearch,
        number: Int?,
        on session: Session
    ) -> Admission {
        let name = namespace.name
        let recovery = namespace.recovery.map { SocketRecovery(recovered: $0.take(for: search.handshake.auth)) }
        let admission: Admission = self.state.withLock { state in
            if let number {
                guard state.searches[name] == number else { return .unwanted }
                state.searches[name] = nil
            }
            let limit = self.server.configuration.limits.namespacesPerConnection
            // Most joins under way are among the sockets already: each kind is bounded by itself.
            guard !state.isClosed, state.sockets.count < limit, state.pendingJoins < limit else { return .tooMany }
            let socket = Socket(
                namespace: namespace,
                handshake: search.handshake,
                session: session,
                connection: self,
                joinNumber: state.nextJoinNumber,
                recovery: recovery
            )
            state.nextJoinNumber += 1
            state.sockets[name] = socket
            state.leftByServer.remove(name)
            return .socket(socket)
        }
        if case .socket = admission { return admission }
        // Whoever it was did not come back by this.
        if let recovered = recovery?.recovered { namespace.recovery?.keep(recovered.socket) }
        return admission
    }

    private func runMiddlewares(for socket: Socket) {
        guard !socket.skipsMiddlewares else { return self.finishJoining(socket) }
        guard socket.handlers.joinsAtOnce else {
            self.state.withLock { $0.pendingJoins += 1 }
            self.server.environment.tasks.run {
                await self.finishJoining(socket) {
                    for middleware in socket.handlers.middlewares { try await middleware.run(socket) }
                }
                self.state.withLock { $0.pendingJoins -= 1 }
            }
            return
        }
        do {
            for case .synchronous(let middleware) in socket.handlers.middlewares { try middleware(socket) }
            self.finishJoining(socket)
        } catch {
            self.refuse(socket, error)
        }
    }

    private func finishJoining(_ socket: Socket, after middlewares: () async throws -> Void) async {
        do {
            try await middlewares()
            self.finishJoining(socket)
        } catch {
            self.refuse(socket, error)
        }
    }

    private func finishJoining(_ socket: Socket) {
        let token = self.state.withLock { state in
            state.hasJoined = true
            defer { state.joinToken = nil }
            return state.joinToken
        }
        if let token { socket.session.cancel(token) }
        socket.connect {
            var packet = OutboundPacket(namespace: socket.namespace.name, parser: self.parser)
            packet.write { writer in
                var reply: Value.Object = ["sid": .string(socket.id.rawValue)]
                reply["pid"] = socket.recovery.map { .string($0.privateID) }
                writer.write(Value.object(reply))
            }
            socket.session.send(packet.finished(type: .connect))
        }
    }

    private func refuse(_ socket: Socket, _ error: any Error) {
        let isPresent = self.state.withLock { state in
            guard state.sockets[socket.namespace.name] === socket else { return false }
            state.sockets[socket.namespace.name] = nil
            return true
        }
        socket.leave(.serverNamespaceDisconnect)
        let refusal = error as? ConnectRefusal
        if refusal == nil { socket.report(error, in: .middleware) }
        guard isPresent else { return }
        self.refuse(socket.namespace.name, refusal ?? .internalError, on: socket.session)
    }

    func refuse(_ name: String, _ refusal: ConnectRefusal, on session: Session) {
        var packet = OutboundPacket(namespace: name, parser: self.parser)
        packet.write { writer in
            var object: Value.Object = ["message": .string(refusal.message)]
            object["data"] = refusal.data
            writer.write(.object(object))
        }
        session.send(packet.finished(type: .connectError))
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
            state.leftByServer.insert(socket.namespace.name)
            return true
        }
    }
}

extension PacketViolation {
    fileprivate static let textInsteadOfMessagePack = Self(message: "expected MessagePack, found text")
    fileprivate static let connectErrorFromClient = Self(message: "found CONNECT_ERROR, which only servers send")
    fileprivate static func secondConnect(to name: String) -> Self {
        Self(message: "expected one CONNECT for \(Excerpt.quoted(name.utf8)), found another")
    }

    fileprivate static let attachmentsOverdue = Self(message: "the attachments of a packet did not arrive in time")
}

/// Runs something when a deadline has come.
private final class ConnectionTimer: DeadlineTarget {
    private let action: @Sendable () -> Void

    init(_ action: @escaping @Sendable () -> Void) {
        self.action = action
    }

    func deadlineReached(now: NIODeadline) { self.action() }
}
