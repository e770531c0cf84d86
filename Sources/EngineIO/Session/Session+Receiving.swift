/// What arrives in a session: the packets of a POST or of a WebSocket, and the switch between the two.
import Logging
import NIOCore
import Synchronization

/// What to do with a request for a session.
enum RequestArrival {
    case accepted
    /// It overlaps with another one of its kind, which closes the session: 400.
    case overlap
    /// The session has closed meanwhile: as if it were unknown.
    case closed
    /// The session is on WebSocket by now.
    case transportMismatch
}

extension Session {
    // MARK: Polling

    /// A GET arrived.
    func receivedPoll(_ poll: any PollSink) -> RequestArrival {
        let (arrival, effects) = self.state.withLock { state -> (RequestArrival, SessionEffects) in
            if state.isClosed { return (.closed, SessionEffects()) }
            guard case .polling = state.transport else { return (.transportMismatch, SessionEffects()) }
            switch state.polling.receivedPoll(poll) {
            case .accepted:
                return (.accepted, SessionEffects(flush: state.scheduleFlush()))
            case .overlap:
                return (.overlap, self.close(&state, reason: .transportError, mode: .discard))
            }
        }
        self.perform(effects)
        return arrival
    }

    /// The connection of a GET was lost.
    func lostPoll(_ poll: any PollSink) {
        let effects = self.state.withLock { state -> SessionEffects in
            guard state.polling.poll === poll else { return SessionEffects() }
            _ = state.polling.takePoll()
            return self.close(&state, reason: .transportError, mode: .discard)
        }
        self.perform(effects)
    }

    /// The head of a POST arrived.
    func beganPost() -> RequestArrival {
        let (arrival, effects) = self.state.withLock { state -> (RequestArrival, SessionEffects) in
            if state.isClosed { return (.closed, SessionEffects()) }
            guard case .polling = state.transport else { return (.transportMismatch, SessionEffects()) }
            switch state.polling.beganPost() {
            case .accepted: return (.accepted, SessionEffects())
            case .overlap: return (.overlap, self.close(&state, reason: .transportError, mode: .discard))
            }
        }
        self.perform(effects)
        return arrival
    }

    /// The body of a POST is complete: delivers its packets, then has the POST answered.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - isBinary: Whether the client says that it is of bytes; only revision 3 has such bodies.
    ///   - post: The request.
    func receivedPost(body: ByteBuffer, isBinary: Bool = false, from post: any PostSink) {
        let maximumPackets = self.environment.configuration.limits.packetsPerPayload
        do throws(ProtocolViolation) {
            switch self.wire {
            case .revision4, .revision4Base64:
                var payload = PayloadDecoder(body, maximumPackets: maximumPackets)
                while let packet = try payload.next(), self.receive(packet) {}
            case .revision3(let options):
                // A form without its field is answered, and that is all.
                let text = options.callback == nil ? body : JSONPCallback.payload(ofForm: body)
                var payload = text.map {
                    Revision3PayloadDecoder($0, isBinary: isBinary, maximumPackets: maximumPackets)
                }
                while let packet = try payload?.next(), self.receive(packet) {}
            }
        } catch {
            self.reject(error)
        }
        let (isHeld, effects) = self.state.withLock { state -> (Bool, SessionEffects) in
            if state.isInputHeld, state.isOpen {
                state.polling.heldBack(post)
                return (true, SessionEffects())
            }
            return (false, self.endedPost(&state))
        }
        if !isHeld { post.respond() }
        self.perform(effects)
    }

    /// The POST was given up without delivering anything; the session goes on.
    func rejectedPost() {
        self.perform(self.state.withLock { self.endedPost(&$0) })
    }

    /// The connection of a POST was lost before its body was complete.
    func lostPost() {
        self.close(reason: .transportError, mode: .discard)
    }

    private func endedPost(_ state: inout SessionState) -> SessionEffects {
        state.polling.endedPost()
        guard state.isOpen, let candidate = state.upgrade.endedPost() else { return SessionEffects() }
        return self.complete(&state, with: candidate)
    }

    private func complete(_ state: inout SessionState, with candidate: any FrameSink) -> SessionEffects {
        self.environment.metrics.upgraded()
        return state.switchTransport(to: candidate)
    }

    // MARK: Packets

    /// Handles a packet of the session's transport.
    ///
    /// - Returns: Whether the session is still open.
    @discardableResult
    func receive(_ packet: InboundPacket) -> Bool {
        switch packet {
        case .text(let text):
            guard self.isOpen else { return false }
            self.handler.session(self, receivedText: text)
        case .binary(let binary):
            guard self.isOpen else { return false }
            self.handler.session(self, receivedBinary: binary)
        case .pong:
            let isAnswer = self.state.withLock { state in
                defer { self.updateTimer(&state) }
                // The next ping is due before the timeout would have been when the interval is the shorter one.
                return state.heartbeat.receivedPong(now: self.home.now, interval: self.environment.pingInterval)
            }
            return isAnswer || self.breakHeartbeat()
        case .close:
            self.close(reason: .transportClose, mode: .clientLeft)
            return false
        case .ping:
            let isHeartbeat = self.state.withLock { state in
                state.heartbeat.receivedPing(now: self.home.now, patience: self.environment.patience)
            }
            guard isHeartbeat else { return self.breakHeartbeat() }
            // Like a message: a client that pings without reading would have the outbox grow without bound.
            self.send(.pong)
        case .open, .upgrade, .noop:
            break
        }
        return true
    }

    /// The client sent the part of the heartbeat that is the server's.
    private func breakHeartbeat() -> Bool {
        self.close(reason: .transportError, mode: .discard)
        return false
    }

    /// The client sent something that cannot be decoded.
    func reject(_ violation: ProtocolViolation) {
        if violation.kind == .tooManyPackets { self.environment.limits.reached(.packetsPerPayload) }
        self.environment.logger.debug(
            "undecodable packet",
            metadata: ["engineio.sid": "\(self.id.redacted)", "error": "\(violation)"]
        )
        self.close(reason: .parseError, mode: .discard)
    }

    // MARK: WebSocket

    /// A WebSocket for this session opened.
    ///
    /// - Returns: Whether it may probe; if not it must be closed.
    func openedCandidate(_ candidate: any FrameSink) -> Bool {
        self.state.withLock { state in
            guard state.isOpen, case .polling = state.transport else { return false }
            let timeout = self.environment.upgradeTimeout
            guard state.upgrade.opened(candidate, now: self.home.now, timeout: timeout) == .probe else { return false }
            self.updateTimer(&state)
            return true
        }
    }

    /// The candidate sent `2probe`.
    ///
    /// - Returns: Whether to answer `3probe`.
    func receivedProbe(from candidate: any FrameSink) -> Bool {
        let (answers, effects) = self.state.withLock { state -> (Bool, SessionEffects) in
            guard state.isOpen, state.upgrade.candidate === candidate,
                state.upgrade.receivedProbe(now: self.home.now)
            else {
                return (false, SessionEffects())
            }
            state.isPollReleaseDue = state.polling.poll != nil
            self.updateTimer(&state)
            return (true, SessionEffects(flush: state.scheduleFlush()))
        }
        self.perform(effects)
        return answers
    }

    /// The candidate sent `5`.
    ///
    /// It hears of ``FrameSink/becameTransport()`` now, or after the POST under way.
    ///
    /// - Returns: `false` when it is a candidate no more: it is to be closed.
    func receivedUpgrade(from candidate: any FrameSink) -> Bool {
        let (isCandidate, effects) = self.state.withLock { state -> (Bool, SessionEffects) in
            guard state.upgrade.candidate === candidate else { return (false, SessionEffects()) }
            switch state.upgrade.receivedUpgrade(isPosting: state.polling.isPosting) {
            case .complete(let candidate): return (true, self.complete(&state, with: candidate))
            case .waitForPost: return (true, SessionEffects())
            case .ignore: return (false, SessionEffects())
            }
        }
        self.perform(effects)
        return isCandidate
    }

    /// A candidate closed, or sent what no candidate may send.
    ///
    /// By now there may be another, which is not affected; or it is the transport, and has not heard of it yet.
    ///
    /// - Parameters:
    ///   - candidate: The connection.
    ///   - reason: Why it is lost, for those who are told when it was the transport.
    func lostCandidate(_ candidate: any FrameSink, reason: CloseReason) {
        let effects = self.state.withLock { state -> SessionEffects in
            if case .webSocket(let sink) = state.transport, sink === candidate {
                return self.lostTransport(&state, reason: reason)
            }
            if state.upgrade.candidate === candidate {
                state.upgrade.lostCandidate()
                self.updateTimer(&state)
            }
            return SessionEffects()
        }
        self.perform(effects)
    }

    /// The session's WebSocket was lost.
    func lostTransport(reason: CloseReason) {
        self.perform(self.state.withLock { self.lostTransport(&$0, reason: reason) })
    }

    private func lostTransport(_ state: inout SessionState, reason: CloseReason) -> SessionEffects {
        state.lostTransport()
        return self.close(&state, reason: reason, mode: .discard)
    }

    /// The WebSocket takes more bytes again, or no more.
    func sinkWritabilityChanged(_ isWritable: Bool) {
        let effects = self.state.withLock { state -> SessionEffects in
            state.isSinkWritable = isWritable
            return SessionEffects(flush: state.scheduleFlush())
        }
        self.perform(effects)
    }

    // MARK: Holding input back

    /// Takes no more messages until ``releaseInput()``: stops reading the WebSocket, leaves a POST without its answer.
    ///
    /// Each hold needs its own release; the two may come in either order when they come from different threads.
    package func holdInput() {
        let effects = self.state.withLock { state -> SessionEffects in
            state.inputHolds += 1
            return state.inputHolds == 1 ? self.readingEffects(state) : SessionEffects()
        }
        self.perform(effects)
    }

    /// Takes messages again, unless there are other holds.
    package func releaseInput() {
        let effects = self.state.withLock { state -> SessionEffects in
            state.inputHolds -= 1
            guard state.inputHolds == 0 else { return SessionEffects() }
            var effects = self.readingEffects(state)
            effects.answeredPost = state.polling.takeHeldPost()
            if effects.answeredPost != nil {
                let ended = self.endedPost(&state)
                effects.promoted = ended.promoted
                effects.releasedPoll = ended.releasedPoll
                effects.flush = ended.flush
            }
            return effects
        }
        self.perform(effects)
    }

    private func readingEffects(_ state: borrowing SessionState) -> SessionEffects {
        guard state.isOpen, case .webSocket(let sink) = state.transport else { return SessionEffects() }
        return SessionEffects(reading: sink)
    }

    var isInputHeld: Bool { self.state.withLock { $0.isInputHeld } }
}
