/// What a namespace keeps so that sockets can come back: events, and who is away.
internal import EngineIO
internal import NIOCore
internal import Synchronization

/// Sends and keeps the events of a namespace, and knows its sockets that are away.
///
/// Sending takes turns, so that the order of the offsets is the order in which every receiver gets the events, and so that
/// a socket that comes back misses nothing and gets nothing twice.
final class RecoveryStore: Sendable {
    private struct State {
        var events: MissedEvents
        var absent: AbsentSockets
    }

    let settings: ConnectionStateRecovery
    private let duration: TimeAmount
    private let limits: LimitReporter
    private let time: TimeSource
    private let turn = TurnTaking()
    private let state: Mutex<State>

    /// Creates an empty store.
    ///
    /// - Parameters:
    ///   - settings: How long and how much is kept.
    ///   - limits: Told when something has to go before its time.
    ///   - time: The time.
    init(
        settings: ConnectionStateRecovery,
        limits: LimitReporter,
        time: TimeSource
    ) {
        self.settings = settings
        self.duration = TimeAmount(settings.maximumDisconnectionDuration)
        self.limits = limits
        self.time = time
        self.state = Mutex(
            State(
                events: MissedEvents(
                    prefix: String(SessionID().description.prefix(8)),
                    maximumCount: settings.maximumEvents,
                    maximumBytes: settings.maximumBytes
                ),
                absent: AbsentSockets(maximumCount: settings.maximumSockets)
            )
        )
    }

    /// The events and the absent sockets that are kept.
    var counts: (events: Int, sockets: Int) { self.state.withLock { ($0.events.count, $0.absent.count) } }

    /// The offset of the last event sent.
    var lastOffset: String { self.state.withLock { $0.events.lastOffset } }

    // MARK: Sending

    /// Gives an event its offset, keeps it and sends it.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - selection: Whom it is for.
    ///   - deliver: Appends it to the outboxes of those that are there.
    func send(
        _ event: consuming EncodedEvent,
        to selection: BroadcastSelection,
        deliver: (MessageUnit) -> Void
    ) {
        var waiting: OutboundPacket? = event.packet
        self.turn.run {
            guard var packet = waiting.take() else { return }
            packet.appendLast(self.state.withLock { $0.events.nextOffset })
            let unit = packet.finished(type: .event)
            let now = self.time.now
            let evicted = self.state.withLock { state in
                state.events.expire(now: now)
                return state.events.append(unit, for: selection, until: now + self.duration)
            }
            if evicted > 0 { self.limits.reached(.recoverableEvents) }
            deliver(unit)
        }
    }

    // MARK: Leaving and coming back

    /// Keeps what a socket gets back.
    func keep(_ socket: AbsentSocket) {
        let now = self.time.now
        let isFull = self.state.withLock { state in
            state.absent.expire(now: now)
            return state.absent.insert(socket, until: now + self.duration)
        }
        if isFull { self.limits.reached(.recoverableSockets) }
    }

    /// Takes the socket that a client says it had, if everything it missed is still there.
    ///
    /// - Parameter auth: What the client sent with its CONNECT.
    func take(for auth: EncodedValue?) -> RecoveredSocket? {
        guard let auth, let claim = try? auth.decode(as: Claim.self), let pid = claim.pid?.text else { return nil }
        let now = self.time.now
        return self.state.withLock { state in
            state.absent.expire(now: now)
            state.events.expire(now: now)
            guard let socket = state.absent.take(pid, now: now) else { return nil }
            let offset = claim.offset?.text ?? socket.firstOffset
            guard let missed = state.events.units(after: offset, for: socket.rooms) else { return nil }
            return RecoveredSocket(socket: socket, missed: missed, offset: state.events.lastOffset)
        }
    }

    /// Runs what brings a socket back, between two events.
    ///
    /// - Parameters:
    ///   - recovered: The socket.
    ///   - body: Given what the client missed; sends it, and enters the rooms.
    /// - Returns: `false` when events that came while the middlewares ran are gone already.
    func restore(_ recovered: RecoveredSocket, _ body: ([MessageUnit]) -> Void) -> Bool {
        self.turn.run {
            let more = self.state.withLock { state in
                state.events.units(after: recovered.offset, for: recovered.socket.rooms)
            }
            guard let more else { return false }
            body(recovered.missed + more)
            return true
        }
    }

    /// Runs what lets a new socket in, between two events.
    ///
    /// - Parameter body: Given the offset of the last event that the socket does not get.
    func admit(_ body: (_ offset: String) -> Void) {
        self.turn.run { body(self.lastOffset) }
    }
}

/// A socket that is coming back.
struct RecoveredSocket: Sendable {
    let socket: AbsentSocket
    /// What its client has missed, up to an offset.
    let missed: [MessageUnit]
    /// The last event that ``missed`` takes into account.
    let offset: String
}

/// What a socket of a namespace with a store knows of coming back.
final class SocketRecovery: Sendable {
    /// Known to the client alone: what it comes back with.
    let privateID: String
    /// What the socket was before, when it has come back.
    let recovered: RecoveredSocket?
    /// The last event sent before the socket joined.
    private let joinOffset = Mutex("")

    init(recovered: RecoveredSocket?) {
        self.recovered = recovered
        self.privateID = recovered?.socket.privateID ?? SessionID().description
    }

    var firstOffset: String {
        get { self.joinOffset.withLock(\.self) }
        set { self.joinOffset.withLock { $0 = newValue } }
    }
}

/// What a client says of its former socket.
private struct Claim: Decodable {
    /// A text, or anything else, which counts as nothing.
    struct Lenient: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws {
            self.text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    var pid: Lenient?
    var offset: Lenient?
}

extension LimitName {
    /// ``ConnectionStateRecovery/maximumEvents`` or ``ConnectionStateRecovery/maximumBytes``.
    static let recoverableEvents = Self("recoverableEvents")
    /// ``ConnectionStateRecovery/maximumSockets``.
    static let recoverableSockets = Self("recoverableSockets")
}

extension DisconnectReason {
    /// Whether a socket that left for this reason may come back as the same (Socket.IO, Connection state recovery).
    var isRecoverable: Bool {
        switch self {
        case .transportError, .transportClose, .forcedClose, .forcedServerClose, .pingTimeout, .serverShuttingDown: true
        default: false
        }
    }
}
