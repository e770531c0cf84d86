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
    private struct State {
        var decoder: PacketDecoder
        var sockets: [String: Socket] = [:]
        /// Namespaces that the server made this client leave: its packets may still be on their way.
        var leftByServer: Set<String> = []
        var hasJoined = false
        var isClosed = false
        var joinToken: DeadlineWheel<any DeadlineTarget>.Token?
        var attachmentToken: DeadlineWheel<any DeadlineTarget>.Token?
        /// How many sockets hold the session's input back.
        var holds = 0
    }

    private let server: SocketIOServer
    private let state: Mutex<State>

    init(server: SocketIOServer) {
        self.server = server
        self.state = Mutex(State(decoder: PacketDecoder(limits: server.environment.packetLimits)))
    }

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
        self.receive(on: session) { decoder throws(PacketViolation) in try decoder.decodeText(text) }
    }

    func session(_ session: Session, receivedBinary binary: ByteBuffer) {
        self.receive(on: session) { decoder throws(PacketViolation) in try decoder.decodeBinary(binary) }
    }

    func sessionClosed(_ session: Session, reason: CloseReason) {
        let (sockets, tokens) = self.state.withLock { state in
            state.isClosed = true
            let sockets = state.sockets.values
            state.sockets = [:]
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

    private func receive(
        on session: Session,
        decode: (inout PacketDecoder) throws(PacketViolation) -> DecodedPacket?
    ) {
        do throws(PacketViolation) {
            let (packet, socket) = try self.state.withLock {
                state throws(PacketViolation) -> (DecodedPacket?, Socket?) in
                guard let packet = try decode(&state.decoder) else {
                    self.awaitAttachments(&state, on: session)
                    return (nil, nil)
                }
                return (packet, state.sockets[packet.namespace])
            }
            if let packet { try self.handle(packet, socket: socket, on: session) }
        } catch {
            self.reject(error, on: session)
        }
    }

    private func handle(_ packet: DecodedPacket, socket: Socket?, on session: Session) throws(PacketViolation) {
        guard let socket else { return try self.handleWithoutSocket(packet, on: session) }
        switch packet {
        case .event(_, let event): socket.receive(event)
        case .ack(_, let id, let arguments): socket.receive(ack: id, arguments: arguments)
        case .disconnect: self.remove(socket, reason: .clientNamespaceDisconnect)
        case .ignored: break
        case .connect(let namespace, _):
            throw PacketViolation(message: "expected one CONNECT for \(Excerpt.quoted(namespace.utf8)), found another")
        case .connectError: throw .connectErrorFromClient
        }
    }

    private func handleWithoutSocket(_ packet: DecodedPacket, on session: Session) throws(PacketViolation) {
        switch packet {
        case .connect(let namespace, let auth):
            self.join(namespace, auth: auth, on: session)
        case .connectError:
            throw .connectErrorFromClient
        default:
            guard self.state.withLock({ $0.leftByServer.contains(packet.namespace) }) else {
                throw PacketViolation(message: "expected CONNECT for \(Excerpt.quoted(packet.namespace.utf8)) first")
            }
        }
    }

    /// Closes the session after a packet that no client may send. Nothing is sent to explain, as in Node.
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
        let timer = ConnectionTimer { [weak self, weak session] in
            guard let self, let session else { return }
            let isPending = self.state.withLock { state in
                state.attachmentToken = nil
                return state.decoder.hasPendingAttachments
            }
            // The packet may be a later one than the timer was set for; it has had less time then, but not none.
            if isPending { self.reject(.attachmentsOverdue, on: session) }
        }
        state.attachmentToken = session.schedule(timer, in: self.server.configuration.limits.attachmentTimeout)
    }

    // MARK: Joining

    private func join(_ name: String, auth: EncodedValue?, on session: Session) {
        guard let namespace = self.server.existingNamespace(name) else {
            self.refuse(name, .invalidNamespace, on: session)
            return
        }
        let handshake = Handshake(request: session.request, auth: auth)
        let socket = Socket(namespace: namespace, handshake: handshake, session: session, connection: self)
        let isAccepted = self.state.withLock { state in
            guard !state.isClosed else { return Optional<Bool>.none }
            guard state.sockets.count < self.server.configuration.limits.namespacesPerConnection else { return false }
            state.sockets[name] = socket
            state.leftByServer.remove(name)
            return true
        }
        switch isAccepted {
        case nil: return
        case false?: self.refuse(name, .tooManyNamespaces, on: session)
        case true?: self.runMiddlewares(for: socket)
        }
    }

    private func runMiddlewares(for socket: Socket) {
        guard socket.handlers.joinsAtOnce else {
            let tasks = self.server.environment.tasks
            tasks.started()
            Task {
                await self.finishJoining(socket) {
                    for middleware in socket.handlers.middlewares { try await middleware.run(socket) }
                }
                tasks.finished()
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
            var packet = OutboundPacket(namespace: socket.namespace.name)
            packet.write { writer in
                writer.write(Value.object(["sid": .string(socket.id.rawValue)]))
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

    private func refuse(_ name: String, _ refusal: ConnectRefusal, on session: Session) {
        var packet = OutboundPacket(namespace: name)
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
        socket.session.send(OutboundPacket.empty(.disconnect, namespace: socket.namespace.name))
        socket.leave(.serverNamespaceDisconnect)
    }

    /// The server makes all sockets of the connection leave, then closes it.
    func disconnectAll(on session: Session) {
        let sockets = self.state.withLock { Array($0.sockets.values) }
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

    // MARK: Holding input back

    func holdInput(on session: Session) {
        let isFirst = self.state.withLock { state in
            state.holds += 1
            return state.holds == 1
        }
        if isFirst { session.holdInput() }
    }

    func releaseInput(on session: Session) {
        let isLast = self.state.withLock { state in
            state.holds -= 1
            return state.holds == 0
        }
        if isLast { session.releaseInput() }
    }
}

extension PacketViolation {
    fileprivate static let connectErrorFromClient = Self(message: "found CONNECT_ERROR, which only servers send")
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
