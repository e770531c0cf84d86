/// A client's connection: the protocol's core on its event loop, and what tests wait for.
import EngineIO
import NIOCore
import SocketIO

/// What is known about a connection.
struct ConnectionStatus: Sendable {
    enum Phase: Sendable {
        case opening
        case open
        case rejected(HandshakeRejection)
        case ended(ClientDisconnectReason)
    }

    var phase = Phase.opening
    var sid = ""
    var transport = TransportName.polling
    /// How the upgrade that was asked for last ended.
    var upgrade: UpgradeOutcome?
    /// What the server sent that no server may send.
    var violation: TestFailure?
}

/// How an upgrade ended.
struct UpgradeOutcome: Sendable {
    var failure: TestFailure?
}

/// One connection of a client, with its namespaces.
///
/// Whatever is asked of it is done on its loop, in the order of asking.
final class ClientConnection: Sendable {
    let loop: any EventLoop
    let status: Watched<ConnectionStatus>
    /// Encodes what is sent.
    let packets: ClientPackets
    let patience: Duration
    /// What the server's handlers have thrown.
    let errors: Watched<[HandlerError]>
    private let core: NIOLoopBound<ConnectionCore>

    private init(
        core: NIOLoopBound<ConnectionCore>,
        status: Watched<ConnectionStatus>,
        packets: ClientPackets,
        patience: Duration,
        errors: Watched<[HandlerError]>
    ) {
        self.core = core
        self.packets = packets
        self.loop = core.eventLoop
        self.status = status
        self.patience = patience
        self.errors = errors
    }

    /// Opens a session.
    ///
    /// - Throws: ``HandshakeRejection``, or ``TestFailure`` when nothing comes.
    static func open(
        _ request: OpeningRequest,
        parser: PacketParser,
        through dialer: Dialer,
        on loop: any EventLoop,
        patience: Duration,
        errors: Watched<[HandlerError]>
    ) async throws -> ClientConnection {
        let connection = try await loop.submit {
            let status = Watched(ConnectionStatus())
            let core = ConnectionCore(request, parser: parser, dialer: dialer, loop: loop, status: status)
            let bound = NIOLoopBound(core, eventLoop: loop)
            core.start()
            return ClientConnection(
                core: bound,
                status: status,
                packets: ClientPackets(parser: parser),
                patience: patience,
                errors: errors
            )
        }.get()
        do {
            try await connection.waitUntilOpen()
        } catch {
            connection.drop()
            throw error
        }
        return connection
    }

    /// What handlers have thrown, for whoever waits in vain for what they should have done; empty when that is nothing.
    var thrown: String {
        let errors = self.errors.current
        guard !errors.isEmpty else { return "" }
        let more = errors.count > 3 ? " and \(errors.count - 3) more" : ""
        return "; handlers have thrown: \(errors.prefix(3).map(\.description).joined(separator: ", "))\(more)"
    }

    private func waitUntilOpen() async throws {
        _ = try await self.status.wait(upTo: self.patience) { status -> Bool? in
            switch status.phase {
            case .opening: nil
            case .open: true
            case .rejected(let rejection): throw status.violation ?? rejection
            case .ended(let reason): throw TestFailure("the connection ended while it was opened: \(reason)")
            }
        } orSay: { _ in
            TestFailure("the server did not open a session within \(self.patience)")
        }
    }

    private func perform(_ action: @escaping @Sendable (ConnectionCore) -> Void) {
        self.loop.execute { action(self.core.value) }
    }

    // MARK: What a client does

    /// Adds a member to the connection and sends its CONNECT.
    func join(_ member: Member, auth: Value?) {
        self.perform { $0.join(member, auth: auth) }
    }

    /// Leaves a namespace.
    func leave(_ member: Member) {
        self.perform { $0.leave(member) }
    }

    /// Sends a packet of Socket.IO.
    func send(_ unit: MessageUnit) {
        self.perform { $0.send(unit) }
    }

    /// Sends packets of Engine.IO as they are.
    func send(_ packets: [EnginePacket]) {
        self.perform { $0.send(packets) }
    }

    /// Changes to a WebSocket.
    func upgrade() async throws {
        self.status.change { $0.upgrade = nil }
        self.perform { $0.upgrade() }
        let outcome = try await self.status.wait(upTo: self.patience) {
            $0.upgrade
        } orSay: { _ in
            TestFailure("the upgrade was not finished within \(self.patience)")
        }
        if let failure = outcome.failure { throw TestFailure("the upgrade failed: \(failure)") }
    }

    /// Stops or resumes reading.
    func setReading(_ isReading: Bool) {
        self.perform { $0.setReading(isReading) }
    }

    /// Leaves pings without an answer.
    func stopAnsweringPings() {
        self.perform { $0.stopAnsweringPings() }
    }

    /// Ends the connection with the protocol's farewell.
    func close() {
        self.perform { $0.close() }
    }

    /// Ends the connection without a word.
    func drop() {
        self.perform { $0.drop() }
    }
}
