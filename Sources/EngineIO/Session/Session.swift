/// One Engine.IO connection over any number of HTTP requests and at most one WebSocket.
import DequeModule
import Logging
import NIOCore
import Synchronization

/// One Engine.IO connection.
///
/// A session belongs to no event loop: the polling requests and the WebSocket of one session arrive on different
/// connections. Its state lives behind one lock. Everything ordered happens inside that lock; wake-ups and calls to the
/// handler happen after it. All methods may be called from any thread.
public final class Session: Sendable {
    /// The session's id.
    ///
    /// It is a credential: whoever knows it may post into the session.
    public let id: SessionID

    /// The request that opened the session.
    public let request: HandshakeRequest

    /// Receives the session's messages.
    package let handler: any SessionHandler

    /// The loop whose wheel has the session's deadlines.
    let home: LoopContext
    let environment: SessionEnvironment
    /// How its packets are written.
    let wire: WireFormat
    let state: Mutex<SessionState>
    /// Whether the state is open, to be read without the lock before each message.
    private let openFlag = Atomic(true)

    /// Creates a session on polling, or on the WebSocket given.
    init(
        id: SessionID,
        request: HandshakeRequest,
        handler: any SessionHandler,
        home: LoopContext,
        environment: SessionEnvironment,
        wire: WireFormat = .revision4,
        webSocket: (any FrameSink)? = nil
    ) {
        self.id = id
        self.request = request
        self.handler = handler
        self.home = home
        self.environment = environment
        self.wire = wire
        self.state = Mutex(
            SessionState(
                webSocket: webSocket,
                heartbeat: environment.heartbeat(of: wire.revision, now: home.now),
                keepsVolatile: environment.keepsVolatile
            )
        )
    }

    /// Tells the handler that the session is open and starts the heartbeat.
    func start() {
        self.handler.sessionOpened(self)
        self.state.withLock { self.updateTimer(&$0) }
    }

    /// The revision of the protocol that the client speaks.
    public var revision: ProtocolRevision { self.wire.revision }

    /// The transport in use, for information: it may change at any moment.
    public var transport: TransportName {
        self.state.withLock { state in
            if case .webSocket = state.transport { .webSocket } else { .polling }
        }
    }

    /// The number of bytes that wait to be sent.
    public var outboxBytes: Int { self.state.withLock { $0.outbox.byteCount } }

    // MARK: Sending

    /// Sends messages made for this session alone.
    ///
    /// Nothing happens when the session is closed: a dead peer is not an error. When the outbox is full
    /// ``EngineIOConfiguration/outboxPolicy`` applies; to wait for room instead there is ``sendWhenWritable(_:)``.
    ///
    /// - Parameter unit: The messages.
    public func send(_ unit: consuming MessageUnit) {
        self.perform(self.queue(unit))
    }

    /// Sends messages made for this session alone, and does something first that the client must find done.
    ///
    /// - Parameters:
    ///   - unit: The messages.
    ///   - work: Called once they are queued, before a flush is asked for: by the time the client can answer to them, it has
    ///     been done.
    package func send(_ unit: consuming MessageUnit, before work: () -> Void) {
        let step = self.queue(unit)
        work()
        self.perform(step)
    }

    private func queue(_ unit: consuming MessageUnit) -> SendStep {
        self.state.withLock { [unit] state in
            guard state.takesMessages else { return .nothing }
            let wasEmpty = state.outbox.holdsOnlyVolatile
            state.outbox.append(own: unit)
            return self.appended(&state, wasEmpty: wasEmpty)
        }
    }

    private func perform(_ step: SendStep) {
        switch step {
        case .nothing: break
        case .flush(let context): context.flushSoon(self)
        case .beyondLimit(let step): self.perform(step)
        }
    }

    private func perform(_ step: BeyondLimitStep) {
        switch step {
        case .madeRoom(let dropped, let context):
            context?.flushSoon(self)
            self.reportDropped(dropped)
        case .handOver(let early): early.handOver()
        case .overflow: self.overflow()
        }
    }

    /// Sends the same messages to many sessions.
    ///
    /// - Parameters:
    ///   - unit: The messages, encoded once.
    ///   - count: The number of receivers.
    ///   - mayCompress: Whether they may be compressed on their way; see ``MessageUnit/compress(_:)``.
    ///   - receiver: Gives each of them by its number. A sequence would be generic, which across modules costs as much
    ///     as all else done for a receiver.
    package static func send(
        _ unit: MessageUnit,
        to count: Int,
        mayCompress: Bool = true,
        receiver: (Int) -> Session
    ) {
        if !mayCompress, let plain = Self.plain(unit, to: count, receiver: receiver) {
            return Self.send(plain, to: count, receiver: receiver)
        }
        var batch = FlushBatch()
        var drops = DropTally()
        for number in 0..<count {
            let session = receiver(number)
            let step = session.state.withLock { state in
                guard state.takesMessages else { return SendStep.nothing }
                let wasEmpty = state.outbox.holdsOnlyVolatile
                state.outbox.append(unit)
                return session.appended(&state, wasEmpty: wasEmpty)
            }
            switch step {
            case .nothing: break
            case .flush(let context): batch.add(session, on: context)
            case .beyondLimit(.madeRoom(let dropped, let context)):
                drops.add(dropped, of: session)
                if let context { batch.add(session, on: context) }
            case .beyondLimit(let step): session.perform(step)
            }
        }
        batch.flushSoon()
        drops.report()
    }

    /// The unit forbidden to be compressed; `nil` when it is already, or nobody would.
    static func plain(_ unit: MessageUnit, to count: Int, receiver: (Int) -> Session) -> MessageUnit? {
        guard unit.isCompressible, count > 0, receiver(0).environment.compresses else { return nil }
        return unit.compress(false)
    }

    /// What is left to do after a unit was appended.
    ///
    /// The full set of ``SessionEffects`` is too much for the hot path.
    private enum SendStep {
        case nothing
        case flush(LoopContext)
        /// More waits than may. Indirect, to keep the others small.
        indirect case beyondLimit(BeyondLimitStep)
    }

    private enum BeyondLimitStep {
        /// Volatile messages were dropped for it.
        case madeRoom(dropped: Int, LoopContext?)
        /// The connection takes it before the tick's end.
        case handOver(EarlyFrames)
        case overflow
    }

    @inline(__always)
    private func appended(_ state: inout SessionState, wasEmpty: Bool) -> SendStep {
        // A single unit may be larger than the limit: there is no other way to send it.
        if state.outbox.byteCount > self.environment.outboxLimit, !wasEmpty || self.environment.keepsVolatile {
            return .beyondLimit(self.makeRoom(&state, wasEmpty: wasEmpty))
        }
        return state.scheduleFlush().map(SendStep.flush) ?? .nothing
    }

    private func makeRoom(_ state: inout SessionState, wasEmpty: Bool) -> BeyondLimitStep {
        if let early = state.takeEarly() { return .handOver(early) }
        let limit = self.environment.outboxLimit
        let dropped = state.outbox.dropVolatile(downTo: limit)
        guard wasEmpty || state.outbox.byteCount <= limit else {
            state.hasOverflowed = true
            state.outbox.discard()
            return .overflow
        }
        return .madeRoom(dropped: dropped, state.scheduleFlush())
    }

    /// The client does not read, and nothing can be dropped for it.
    private func overflow() {
        // Not here: whoever sends may hold a lock that those who are told of the end want as well.
        self.home.eventLoop.execute { self.close(reason: .outboxOverflow, mode: .abort) }
    }

    /// Writes what waits.
    ///
    /// Called on the loop of `context`, at the end of its tick.
    func flush(on context: LoopContext) {
        var hasWaiting = false
        let action = self.state.withLock { state -> FlushAction in
            state.isFlushScheduled = false
            hasWaiting = state.sendQueue != nil
            guard let target = state.flushTarget else { return .nothing }
            guard target === context else {
                // The transport has moved to another loop since.
                state.isFlushScheduled = true
                return .move(target)
            }
            let maximum = self.environment.configuration.limits.packetsPerPoll
            return state.takeFlush(maximumPackets: maximum, wire: self.wire)
        }
        switch action {
        case .nothing: break
        case .move(let target): target.flushSoon(self)
        case .write(let sink, let frames, let closes):
            if !frames.isEmpty { sink.write(frames: frames) }
            if closes { sink.close() }
        case .respond(let poll, let payload, let isLast):
            if isLast { self.environment.registry.remove(self.id) }
            poll.respond(payload: payload)
        }
        if hasWaiting { self.admitWaiting() }
    }

    // MARK: Closing

    /// Whether the session is open.
    package var isOpen: Bool { self.openFlag.load(ordering: .acquiring) }

    /// Whether it is over, and nobody has to find it any more.
    var hasEnded: Bool { self.state.withLock { $0.isClosed } }

    /// Closes the session: sends what waits, then the transport's own farewell.
    ///
    /// A polling session without a waiting request is told at its next request, which it has 30 s for; what waits comes
    /// in an answer of its own before.
    public func close() {
        self.close(reason: nil, mode: .drain)
    }

    /// Closes the session.
    ///
    /// - Parameters:
    ///   - reason: What the handler is told; `nil` for the server's own wish, in Node's words.
    ///   - mode: What becomes of what waits.
    package func close(reason: CloseReason?, mode: SessionClosingMode) {
        let effects = self.state.withLock { state in
            self.close(&state, reason: reason ?? state.forcedCloseReason, mode: mode)
        }
        self.perform(effects)
    }

    func close(_ state: inout SessionState, reason: CloseReason, mode: SessionClosingMode) -> SessionEffects {
        guard !state.isClosed else { return SessionEffects() }
        self.openFlag.store(false, ordering: .releasing)
        var effects = SessionEffects()
        if state.isOpen { effects.closed = reason }
        effects.abandonedCandidate = state.upgrade.closed()
        effects.answeredPost = state.polling.takeHeldPost()
        effects.abortedSink = state.close(mode: mode, until: self.home.now + self.environment.closingTimeout)
        effects.unregisters = state.isClosed
        effects.flush = state.scheduleFlush()
        self.updateTimer(&state)
        return effects
    }

    // MARK: Effects and timers

    /// Does what a change of state asks for.
    ///
    /// Called without the lock.
    func perform(_ effects: SessionEffects) {
        // First, so that a connection on the same loop is the transport before anything is written to it.
        if let sink = effects.promoted {
            sink.context.run { sink.becameTransport() }
        }
        if let context = effects.flush { context.flushSoon(self) }
        guard !effects.isFlushOnly else { return }
        if let candidate = effects.abandonedCandidate { candidate.context.run { candidate.close() } }
        if let sink = effects.abortedSink { sink.context.run { sink.abort() } }
        if let post = effects.answeredPost { post.context.run { post.respond() } }
        if let poll = effects.releasedPoll { poll.context.run { poll.respond(payload: self.wire.noop) } }
        // Asked on the loop, since a hold and a release that meet may arrive there in either order.
        if let sink = effects.reading { sink.context.run { sink.setReading(!self.isInputHeld) } }
        if effects.unregisters { self.environment.registry.remove(self.id) }
        if let reason = effects.closed {
            self.dismissWaiting()
            self.environment.metrics.sessionClosed(reason)
            if reason == .outboxOverflow {
                self.environment.limits.reached(.outboxBytes, metadata: ["engineio.sid": "\(self.id.redacted)"])
            }
            self.environment.logger.debug(
                "session closed",
                metadata: ["engineio.sid": "\(self.id.redacted)", "engineio.reason": "\(reason)"]
            )
            self.handler.sessionClosed(self, reason: reason)
        }
    }

    /// Makes sure that the wheel wakes this session in time.
    ///
    /// A later deadline needs no change: waking early is harmless.
    func updateTimer(_ state: inout SessionState) {
        guard let deadline = state.deadline else {
            if let timer = state.timer { self.home.cancel(timer.token) }
            state.timer = nil
            return
        }
        if let timer = state.timer {
            if timer.deadline <= deadline { return }
            self.home.cancel(timer.token)
        }
        state.timer = (deadline, self.home.schedule(self, at: deadline))
    }
}
