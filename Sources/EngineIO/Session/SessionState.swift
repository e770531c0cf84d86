/// What a session keeps behind its lock, and the changes that need nothing else.
import NIOCore

/// What becomes of the messages that wait when a session is closed.
package enum SessionClosingMode: Sendable {
    /// They are sent first; a client that polls gets the farewell with its next poll.
    ///
    /// The JavaScript client looks at the messages of an answer only when it has seen all of it: behind a farewell in the
    /// same answer it loses its last events, and takes a DISCONNECT for a lost connection. Node tells it apart, too.
    case drain
    /// They are dropped, and the farewell is sent if it can be at once.
    case discard
    /// The client has left: a waiting poll gets a noop.
    case clientLeft
    /// The connection is cut without a farewell: the client does not read.
    case abort
}

/// What a session has to do after its lock was released.
struct SessionEffects {
    var flush: LoopContext?
    var closed: CloseReason?
    var unregisters = false
    var abandonedCandidate: (any FrameSink)?
    var abortedSink: (any FrameSink)?
    var promoted: (any FrameSink)?
    /// The WebSocket that starts or stops to read, as the state then says.
    var reading: (any FrameSink)?
    var answeredPost: (any PostSink)?
    var releasedPoll: (any PollSink)?

    /// Whether there is nothing to do but to flush: the hot path.
    var isFlushOnly: Bool {
        self.closed == nil && !self.unregisters && self.abandonedCandidate == nil && self.abortedSink == nil
            && self.promoted == nil && self.reading == nil && self.answeredPost == nil && self.releasedPoll == nil
    }
}

/// What a flush has to write.
enum FlushAction {
    case nothing
    case move(LoopContext)
    case write(any FrameSink, FrameList, closes: Bool)
    case respond(any PollSink, PollPayload, isLast: Bool)
}

/// The state of a session.
struct SessionState: Sendable {
    enum Phase {
        case open
        /// Closed by the server, while the client still has something to fetch.
        case draining(until: NIODeadline)
        case closed
    }

    enum Transport {
        case polling
        case webSocket(any FrameSink)
        /// The session is closed, and its last bytes are written.
        case gone
    }

    private(set) var phase = Phase.open
    private(set) var transport: Transport
    var polling = PollingStateMachine<any PollSink, any PostSink>()
    var upgrade = UpgradeStateMachine<any FrameSink>()
    var heartbeat: HeartbeatStateMachine
    var outbox: Outbox
    /// The packet that ends the session, when it is still to be sent: a close, or a noop to a client that left.
    private var farewell: PacketType?
    /// Whether the session is on a loop's flush list.
    var isFlushScheduled = false
    /// Whether the WebSocket takes more bytes; when it does not they wait here, where they are counted.
    var isSinkWritable = true
    /// Whether a waiting poll must be answered even though there is nothing to send.
    var isPollReleaseDue = false
    /// Whether too much waited: the session is about to be closed, and nothing more is kept for it.
    var hasOverflowed = false
    /// How many parts of the application take no more messages for now.
    var inputHolds = 0
    /// Those who wait for room in the outbox; absent when nobody does.
    var sendQueue: SendQueue?
    var timer: (deadline: NIODeadline, token: DeadlineWheel<any DeadlineTarget>.Token)?

    init(webSocket: (any FrameSink)?, heartbeat: HeartbeatStateMachine, keepsVolatile: Bool) {
        self.heartbeat = heartbeat
        self.outbox = Outbox(
            tracksUnits: webSocket == nil,
            keepsVolatile: keepsVolatile,
            marksPlain: webSocket?.looksAtMarks ?? true
        )
        if let webSocket {
            self.transport = .webSocket(webSocket)
        } else {
            self.transport = .polling
        }
    }

    var isOpen: Bool {
        if case .open = self.phase { true } else { false }
    }

    /// Whether messages are sent, or kept until they can be.
    var takesMessages: Bool { self.isOpen && !self.hasOverflowed }

    /// Whether the application takes no more messages for now.
    var isInputHeld: Bool { self.inputHolds > 0 }

    var isClosed: Bool {
        if case .closed = self.phase { true } else { false }
    }

    /// The earliest deadline of any of the machines.
    var deadline: NIODeadline? {
        switch self.phase {
        case .open: self.upgrade.deadline.map { min($0, self.heartbeat.deadline) } ?? self.heartbeat.deadline
        case .draining(let until): until
        case .closed: nil
        }
    }

    /// What Node calls a close by the server: it depends on whether the client can be told at once.
    var forcedCloseReason: CloseReason {
        if case .polling = self.transport, self.polling.poll == nil { return .forcedServerClose }
        return .forcedClose
    }

    // MARK: Flushing

    /// The loop on which something can be written now.
    var flushTarget: LoopContext? {
        switch self.transport {
        case .webSocket(let sink):
            return self.farewell != nil || (!self.outbox.isEmpty && self.isSinkWritable) ? sink.context : nil
        case .polling:
            guard let poll = self.polling.poll else { return nil }
            return self.farewell != nil || !self.outbox.isEmpty || self.isPollReleaseDue ? poll.context : nil
        case .gone:
            return nil
        }
    }

    /// The loop on whose list the session must be put, if it must.
    mutating func scheduleFlush() -> LoopContext? {
        guard !self.isFlushScheduled, let target = self.flushTarget else { return nil }
        self.isFlushScheduled = true
        return target
    }

    /// Takes what a flush writes; there is something, as ``flushTarget`` said.
    mutating func takeFlush(maximumPackets: Int, wire: WireFormat) -> FlushAction {
        switch self.transport {
        case .webSocket(let sink):
            let closes = self.farewell != nil
            self.farewell = nil
            if closes { self.transport = .gone }
            return .write(sink, self.outbox.takeFrames(), closes: closes)
        case .polling:
            guard let poll = self.polling.takePoll() else { return .nothing }
            self.isPollReleaseDue = false
            let last = self.outbox.isEmpty ? self.farewell : nil
            let payload = self.outbox.takePayload(maximumPackets: maximumPackets, last: last, as: wire)
            if last != nil { self.finish() }
            return .respond(poll, payload, isLast: last != nil)
        case .gone:
            return .nothing
        }
    }

    private mutating func finish() {
        self.farewell = nil
        self.phase = .closed
        self.transport = .gone
    }

    // MARK: Changing the transport

    /// Switches to the WebSocket.
    mutating func switchTransport(to sink: any FrameSink) -> SessionEffects {
        self.transport = .webSocket(sink)
        self.outbox.stopTrackingUnits(marksPlain: sink.looksAtMarks)
        self.isSinkWritable = true
        var effects = SessionEffects()
        effects.promoted = sink
        // Only a client that did not wait for its poll has one left.
        effects.releasedPoll = self.polling.takePoll()
        if self.isInputHeld { effects.reading = sink }
        effects.flush = self.scheduleFlush()
        return effects
    }

    // MARK: Closing

    /// Leaves the open phase.
    ///
    /// - Returns: The WebSocket to cut, when the mode asks for it.
    mutating func close(mode: SessionClosingMode, until: NIODeadline) -> (any FrameSink)? {
        if mode != .drain { self.outbox.discard() }
        switch (self.transport, mode) {
        case (.webSocket(let sink), .abort):
            self.finish()
            return sink
        case (.webSocket, _):
            self.farewell = .close
            self.phase = .closed
        case (.polling, .drain):
            self.farewell = .close
            self.phase = .draining(until: until)
        case (.polling, _):
            self.phase = .closed
            if self.polling.poll == nil { self.transport = .gone }
            self.farewell = mode == .clientLeft ? .noop : .close
        case (.gone, _):
            self.phase = .closed
        }
        return nil
    }

    /// The WebSocket was lost: nothing can be written any more.
    mutating func lostTransport() {
        self.outbox.discard()
        self.transport = .gone
    }
}
