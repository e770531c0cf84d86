/// What a namespace keeps so that sockets can come back: events, and who is away.
internal import EngineIO
internal import NIOCore
internal import Synchronization

/// Sends and keeps the events of a namespace, and knows its sockets that are away.
///
/// An event gets its offset, is kept, and is appended to the outboxes under one lock, and under the same lock sockets
/// enter. So the order of the offsets is the order in which every receiver gets the events, and a socket that comes back
/// misses nothing and gets nothing twice. Nothing of the application's runs under the lock: interceptors are asked
/// before, and again when somebody has entered meanwhile; observers of rooms are told after.
final class RecoveryStore: Sendable {
    private struct State {
        var events: MissedEvents
        var absent: AbsentSockets
        /// Counts those who entered, so that whoever looked at the sockets before knows that there are others now.
        var entrances: UInt64 = 0
        var alarm: (deadline: NIODeadline, alarm: Alarm)?
    }

    let settings: ConnectionStateRecovery
    private let duration: TimeAmount
    private let mostMissedBytes: Int
    private let limits: LimitReporter
    private let time: TimeSource
    private let state: Mutex<State>

    /// Creates an empty store.
    ///
    /// - Parameters:
    ///   - settings: How long and how much is kept.
    ///   - mostMissedBytes: The most bytes that may wait for a client with the events that it gets when it comes back.
    ///   - limits: Told when somebody cannot come back because something had to go before its time.
    ///   - time: The time.
    init(settings: ConnectionStateRecovery, mostMissedBytes: Int, limits: LimitReporter, time: TimeSource) {
        self.settings = settings
        self.mostMissedBytes = mostMissedBytes
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

    /// Creates the store of a namespace; `nil` when connections are not recovered.
    convenience init?(_ environment: ServerEnvironment) {
        let configuration = environment.configuration
        guard let settings = configuration.connectionStateRecovery else { return nil }
        self.init(
            settings: settings,
            // The other half is for what is emitted before the client has read this.
            mostMissedBytes: configuration.engine.limits.outboxBytes / 2,
            limits: environment.limits,
            time: environment.time
        )
    }

    /// The events and the absent sockets that are kept.
    var counts: (events: Int, sockets: Int) { self.state.withLock { ($0.events.count, $0.absent.count) } }

    /// Whether a socket with this id is away.
    func isAway(_ id: SocketID) -> Bool { self.state.withLock { $0.absent.contains(id) } }

    // MARK: Sending

    /// How many sockets have entered so far.
    var entrances: UInt64 { self.state.withLock(\.entrances) }

    /// Gives an event its offset, keeps it and sends it.
    ///
    /// - Parameters:
    ///   - event: The event, taken if it is sent.
    ///   - target: Whom it is for.
    ///   - observed: The event as interceptors see it.
    ///   - entrances: Nothing is sent when somebody has entered since; `nil` when that does not matter.
    ///   - deliver: Appends it to the outboxes of those that are there. It must not run anything of the application's.
    /// - Returns: Whether it was sent.
    func send(
        _ event: inout OutboundPacket?,
        to target: KeptEvent.Target,
        observed: AnyEvent?,
        unlessEnteredSince entrances: UInt64?,
        deliver: (MessageUnit) -> Void
    ) -> Bool {
        let now = self.time.now
        return self.state.withLock { state in
            if let entrances, entrances != state.entrances { return false }
            guard var packet = event.take() else { return true }
            packet.appendLast(state.events.nextOffset)
            let unit = packet.finished(type: .event)
            state.events.expire(now: now)
            let kept = KeptEvent(unit: unit, target: target, observed: observed)
            state.events.append(kept, until: now + self.duration)
            self.setAlarm(&state, now: now)
            deliver(unit)
            return true
        }
    }

    // MARK: Coming

    /// Takes the socket that a client says it had, if everything it missed is still there.
    ///
    /// - Parameters:
    ///   - auth: What the client sent with its CONNECT.
    ///   - waiting: The bytes that wait for the client already.
    func take(for auth: EncodedValue?, beside waiting: Int) -> RecoveredSocket? {
        guard let auth, let claim = try? auth.decode(as: Claim.self), let pid = claim.pid?.text else { return nil }
        let now = self.time.now
        let (recovered, isEvicted) = self.state.withLock { state -> (RecoveredSocket?, Bool) in
            state.absent.expire(now: now)
            state.events.expire(now: now)
            guard let socket = state.absent.take(pid, now: now) else { return (nil, false) }
            // A client keeps the offset of what it has seen in a life before, which says nothing about this one.
            var seen = socket.firstNumber
            if let offset = claim.offset?.text {
                switch state.events.find(offset) {
                case .known(let number): seen = max(seen, number)
                case .evicted: break
                case .unknown: return (nil, false)
                }
            }
            guard state.events.isComplete(after: seen) else { return (nil, true) }
            let missed = state.events.events(after: seen, for: socket.id, in: socket.rooms)
            guard self.fitsOutbox(missed.map(\.unit), beside: waiting) else { return (nil, true) }
            return (RecoveredSocket(socket: socket, seenNumber: seen), false)
        }
        if isEvicted { self.limits.reached(.recoverableEvents) }
        return recovered
    }

    /// Whether a client can be sent all of these at once, and what comes right behind them.
    private func fitsOutbox(_ missed: [MessageUnit], beside waiting: Int) -> Bool {
        missed.reduce(waiting) { $0 + $1.byteCount } <= self.mostMissedBytes
    }

    /// Lets a socket in, between two events: those behind are sent to it, those before it has missed or need not see.
    ///
    /// - Parameters:
    ///   - recovery: The socket's.
    ///   - waiting: The bytes that wait for the client already.
    ///   - admits: Says whether a missed event may be sent; asked without the lock.
    ///   - enter: Given what the client has missed; sends it, and enters the rooms. It must not run anything of the
    ///     application's. Returns `false` when the socket has left meanwhile.
    /// - Returns: `false` when events that came while the middlewares ran are gone already, or were too many.
    func admit(
        _ recovery: SocketRecovery,
        beside waiting: Int,
        admits: (AnyEvent) -> Bool,
        enter: ([MessageUnit]) -> Bool
    ) -> Bool {
        guard let recovered = recovery.recovered else {
            self.state.withLock { state in self.enter(&state, recovery, seen: state.events.lastNumber) { enter([]) } }
            return true
        }
        var missed: [MessageUnit] = []
        var seen = recovered.seenNumber
        while true {
            let (events, end) = self.state.withLock { state -> ([KeptEvent]?, UInt64) in
                guard state.events.isComplete(after: seen) else { return (nil, seen) }
                let (id, rooms) = (recovered.socket.id, recovered.socket.rooms)
                return (state.events.events(after: seen, for: id, in: rooms), state.events.lastNumber)
            }
            guard let events else { return false }
            missed += events.filter { $0.observed.map(admits) ?? true }.map(\.unit)
            guard self.fitsOutbox(missed, beside: waiting) else { return false }
            seen = end
            let isDone = self.state.withLock { state in
                // What was sent while the interceptors were asked is looked at as well.
                guard state.events.lastNumber == seen else { return false }
                self.enter(&state, recovery, seen: recovered.seenNumber) { enter(missed) }
                return true
            }
            if isDone { return true }
        }
    }

    private func enter(_ state: inout State, _ recovery: SocketRecovery, seen: UInt64, _ body: () -> Bool) {
        guard case .entering = recovery.phase.withLock(\.self), body() else { return }
        recovery.phase.withLock { $0 = .present(firstNumber: seen) }
        state.entrances += 1
    }

    // MARK: Going

    /// A socket has left; it is kept when it may come back.
    ///
    /// - Parameters:
    ///   - recovery: The socket's.
    ///   - mayReturn: Whether the reason is one after which it may.
    ///   - leave: Leaves the rooms, and says which they were.
    ///   - describe: Describes the socket; given its rooms and the number of the last event that its client need not see.
    func left(
        _ recovery: SocketRecovery,
        mayReturn: Bool,
        leave: () -> Set<Room>,
        describe: (Set<Room>, UInt64) -> AbsentSocket
    ) {
        let now = self.time.now
        let isFull = self.state.withLock { state -> Bool in
            let rooms = leave()
            let former = recovery.phase.withLock { phase in
                defer { phase = .gone }
                return phase
            }
            guard mayReturn else { return false }
            let absent: AbsentSocket
            switch former {
            case .present(let number): absent = describe(rooms, number)
            // It was lost again before it was back.
            case .entering(let recovered?): absent = recovered.socket
            case .entering(nil), .gone: return false
            }
            return self.keep(absent, &state, now: now)
        }
        if isFull { self.limits.reached(.recoverableSockets) }
    }

    /// Keeps a socket whose client was not let in after all.
    func giveBack(_ recovered: RecoveredSocket) {
        let now = self.time.now
        let isFull = self.state.withLock { self.keep(recovered.socket, &$0, now: now) }
        if isFull { self.limits.reached(.recoverableSockets) }
    }

    private func keep(_ socket: AbsentSocket, _ state: inout State, now: NIODeadline) -> Bool {
        state.absent.expire(now: now)
        defer { self.setAlarm(&state, now: now) }
        return state.absent.insert(socket, until: now + self.duration)
    }

    // MARK: Time

    /// Sees that what is kept goes in time, also when nothing happens any more.
    private func setAlarm(_ state: inout State, now: NIODeadline) {
        guard state.alarm == nil else { return }
        guard let next = [state.events.deadline, state.absent.deadline].compactMap(\.self).min() else { return }
        // Never at once, since that would call for the lock that is held here.
        let delay = max((next - now).nanoseconds, 1)
        let alarm = self.time.after(.nanoseconds(delay)) { [weak self] in self?.expire() }
        state.alarm = (next, alarm)
    }

    private func expire() {
        let now = self.time.now
        self.state.withLock { state in
            state.alarm = nil
            state.events.expire(now: now)
            state.absent.expire(now: now)
            self.setAlarm(&state, now: now)
        }
    }

    deinit {
        self.state.withLock { $0.alarm }?.alarm.cancel()
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
    /// ``ConnectionStateRecovery/maximumEvents``, ``ConnectionStateRecovery/maximumBytes``, or what one client may have
    /// missed.
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
