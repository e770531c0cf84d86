/// The acknowledgements of a broadcast: who is still to answer, here and on other servers.
internal import EngineIO
internal import NIOCore
internal import Synchronization

/// Collects the answers to one broadcast, until all have come or the time is up.
///
/// Every receiver is answered for exactly once: by its client, by its leaving, or by the deadline. It is known to the
/// sockets that it waits for, and to nobody once it is over. Its lock is never held while a socket's is taken.
final class PendingBroadcast: DeadlineTarget, AckReceiver {
    typealias Outcome = Result<Arguments, SocketIOError>

    /// What became of one receiver; its id is not known when another server does not tell.
    struct Answer: Sendable {
        var socket: SocketID?
        var outcome: Outcome
    }

    enum End {
        case complete
        case timedOut
        /// Nobody wants the answers any more.
        case cancelled
    }

    private struct State {
        /// This server's receivers that have not answered.
        var waiting: [SocketID: Socket] = [:]
        /// Who is sending, or announces more receivers: as long as there is anybody it cannot be over.
        var holds = 1
        /// The other servers that have not said how many receivers they have.
        var servers = 0
        /// Their receivers that have not answered; below zero when answers overtake the number.
        var waitingElsewhere = 0
        var end: End?
        var timer: (session: Session, token: DeadlineWheel<any DeadlineTarget>.Token)?
        var alarm: Alarm?

        /// Whether there is nobody left to wait for.
        var isComplete: Bool {
            self.holds == 0 && self.waiting.isEmpty && self.servers == 0 && self.waitingElsewhere <= 0
        }
    }

    let id: UInt64
    private let timeout: Duration
    private let time: TimeSource
    private let continuation: AsyncStream<Answer>.Continuation
    private let state = Mutex(State())

    private init(
        id: UInt64,
        timeout: Duration,
        time: TimeSource,
        continuation: AsyncStream<Answer>.Continuation
    ) {
        self.id = id
        self.timeout = timeout
        self.time = time
        self.continuation = continuation
    }

    /// Makes a collector, held until ``release()``, and the stream of its answers.
    ///
    /// It is cancelled when the stream is: when nobody keeps it, or the task that iterates is cancelled.
    static func make(id: UInt64, timeout: Duration, time: TimeSource) -> (PendingBroadcast, AsyncStream<Answer>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Answer.self)
        let pending = PendingBroadcast(id: id, timeout: timeout, time: time, continuation: continuation)
        continuation.onTermination = { [weak pending] _ in pending?.finish(.cancelled) }
        return (pending, stream)
    }

    /// How it ended; `nil` while answers may come.
    var end: End? { self.state.withLock { $0.end } }

    /// The receivers of other servers that have not answered; 0 while that is not known.
    var missingElsewhere: Int { self.state.withLock { max(0, $0.waitingElsewhere) } }

    /// The other servers that have not said how many receivers they have.
    var silentServers: Int { self.state.withLock { $0.servers } }

    // MARK: Sending

    /// Sends the packet to sockets of this server and waits for their answers.
    ///
    /// Sockets that have left meanwhile are no receivers.
    func send(_ packet: BroadcastPacket, to sockets: [Socket], flags: BroadcastFlags) {
        // Whom an interceptor keeps it from is not waited for.
        let sockets = packet.receivers(among: sockets)
        let isWanted = self.state.withLock { state in
            guard state.end == nil else { return false }
            state.holds += 1
            for socket in sockets { state.waiting[socket.id] = socket }
            return true
        }
        guard isWanted else { return }
        let receivers = self.register(with: sockets)
        let hasEnded = self.state.withLock { $0.end != nil }
        // It was cancelled before these were registered.
        guard !hasEnded else { return self.forget(receivers) }
        if let first = receivers.first { self.setDeadline(on: first.session) }
        if flags.isVolatile {
            Session.sendVolatile(packet.unit, to: receivers.count, mayCompress: flags.isCompressible) {
                receivers[$0].session
            }
        } else {
            Session.send(packet.unit, to: receivers.count, mayCompress: flags.isCompressible) { receivers[$0].session }
        }
        self.release()
    }

    /// Makes itself known to the receivers.
    ///
    /// - Returns: The sockets to send to: neither those that have left, nor those that leave too much unanswered.
    private func register(with sockets: [Socket]) -> [Socket] {
        sockets.filter { socket in
            switch socket.register(self, forAck: self.id) {
            case .registered: return true
            case .left: self.state.withLock { $0.waiting[socket.id] = nil }
            case .tooMany: self.receive(.failure(socket.tooManyAcks), from: socket)
            }
            return false
        }
    }

    /// Whoever held it is done.
    func release() {
        self.change { $0.holds -= 1 }
    }

    private func setDeadline(on session: Session) {
        guard self.state.withLock({ $0.timer == nil && $0.end == nil }) else { return }
        let token = session.schedule(self, in: self.timeout)
        let isKept = self.state.withLock { state in
            guard state.timer == nil, state.end == nil else { return false }
            state.timer = (session, token)
            return true
        }
        if !isKept { session.cancel(token) }
    }

    // MARK: Other servers

    /// Other servers will say how many receivers they have.
    func expectServers(_ count: Int) {
        self.change { $0.servers += count }
        guard count > 0, self.state.withLock({ $0.alarm == nil && $0.end == nil }) else { return }
        // There may be no socket of this server whose session could keep the time. Without the lock, since it may call.
        let alarm = self.time.after(self.timeout) { [weak self] in self?.finish(.timedOut) }
        let isKept = self.state.withLock { state in
            guard state.alarm == nil, state.end == nil else { return false }
            state.alarm = alarm
            return true
        }
        if !isKept { alarm.cancel() }
    }

    /// Another server has said how many receivers it has.
    func serverReported(receivers: Int) {
        self.change { state in
            state.servers -= 1
            state.waitingElsewhere += receivers
        }
    }

    /// A client of another server has answered, or its socket has left.
    func receive(_ outcome: Outcome, fromElsewhere socket: SocketID?) {
        self.change { state in
            state.waitingElsewhere -= 1
            self.continuation.yield(Answer(socket: socket, outcome: outcome))
        }
    }

    // MARK: Answers and the end

    func receive(_ outcome: Outcome, from socket: Socket) {
        self.change { state in
            guard state.waiting.removeValue(forKey: socket.id) != nil else { return }
            // Yielded under the lock, so that none comes after the stream was finished.
            self.continuation.yield(Answer(socket: socket.id, outcome: outcome))
        }
    }

    func deadlineReached(now: NIODeadline) { self.finish(.timedOut) }

    /// Changes the state, unless it is over; then finishes if nobody is waited for any more.
    private func change(_ body: (inout State) -> Void) {
        let isComplete = self.state.withLock { state in
            guard state.end == nil else { return false }
            body(&state)
            return state.isComplete
        }
        if isComplete { self.finish(.complete) }
    }

    /// Ends it; all but the first call do nothing.
    private func finish(_ end: End) {
        let ended = self.state.withLock { state -> State? in
            // Somebody may have come in between who is waited for.
            guard state.end == nil, end != .complete || state.isComplete else { return nil }
            state.end = end
            if end == .timedOut {
                let error = SocketIOError(.acknowledgementTimeout, "operation has timed out")
                for id in state.waiting.keys { self.continuation.yield(Answer(socket: id, outcome: .failure(error))) }
            }
            defer {
                state.waiting = [:]
                state.timer = nil
                state.alarm = nil
            }
            return state
        }
        guard let ended else { return }
        if let (session, token) = ended.timer { session.cancel(token) }
        ended.alarm?.cancel()
        self.forget(ended.waiting.values)
        // Without the lock: this calls what was set for the stream's termination.
        self.continuation.finish()
    }

    private func forget(_ sockets: some Sequence<Socket>) {
        for socket in sockets { socket.forgetAck(self.id) }
    }
}
