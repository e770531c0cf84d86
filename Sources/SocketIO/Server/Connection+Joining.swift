/// How a client joins a namespace: the search for it, its middlewares, the answer.
internal import EngineIO
internal import Synchronization

extension Connection {
    func join(_ name: String, auth: EncodedValue?, on session: Session) throws(PacketViolation) {
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
            self.report(.namespacesPerConnection, on: session)
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
        // Clients of Socket.IO 2 know nothing of coming back.
        let store = session.revision == .three ? nil : namespace.recovery
        // Looking through what a client has missed is for those that may come in.
        let mayCome = store == nil || self.state.withLock { !$0.isClosed && self.hasRoom($0) }
        let recovery = store.map { store in
            SocketRecovery(
                recovered: mayCome ? store.take(for: search.handshake.auth, beside: session.outboxBytes) : nil,
                newPrivateID: SessionID().description
            )
        }
        let admission: Admission = self.state.withLock { state in
            if let number {
                guard state.searches[name]?.number == number else { return .unwanted }
                state.searches[name] = nil
            }
            guard !state.isClosed else { return .unwanted }
            guard self.hasRoom(state) else { return .tooMany }
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
        if let recovered = recovery?.recovered { namespace.recovery?.giveBack(recovered) }
        return admission
    }

    /// Whether the client may join one more namespace.
    ///
    /// Most joins under way are among the sockets already: each kind is bounded by itself.
    private func hasRoom(_ state: borrowing State) -> Bool {
        let limit = self.server.configuration.limits.namespacesPerConnection
        return state.sockets.count < limit && state.pendingJoins < limit
    }

    private func runMiddlewares(for socket: Socket) {
        guard !socket.skipsMiddlewares else { return self.finishJoining(socket) }
        guard socket.handlers.joinsAtOnce else {
            let tasks = self.server.environment.tasks
            tasks.started()
            self.state.withLock { $0.pendingJoins += 1 }
            socket.startJoining {
                await self.finishJoining(socket) {
                    for middleware in socket.handlers.middlewares { try await middleware.run(socket) }
                }
                self.state.withLock { $0.pendingJoins -= 1 }
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
        socket.connect { enter in socket.session.send(self.reply(to: socket), before: enter) }
    }

    /// The answer to a CONNECT that is granted.
    private func reply(to socket: Socket) -> MessageUnit {
        guard socket.session.revision == .four else {
            return OutboundPacket.empty(.connect, namespace: socket.namespace.name, parser: self.parser)
        }
        var packet = OutboundPacket(namespace: socket.namespace.name, parser: self.parser)
        packet.write { writer in
            var reply: Value.Object = ["sid": .string(socket.id.rawValue)]
            reply["pid"] = socket.recovery.map { .string($0.privateID) }
            writer.write(Value.object(reply))
        }
        return packet.finished(type: .connect)
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
        self.server.environment.metrics.refused(refusal)
        var packet = OutboundPacket(namespace: name, parser: self.parser)
        packet.write { $0.write(refusal.payload(for: session.revision)) }
        session.send(packet.finished(type: .connectError))
    }
}
