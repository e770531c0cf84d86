/// Applies the rates of the configuration to one connection.
internal import EngineIO
internal import Logging
internal import NIOCore
internal import Synchronization

/// Meters the messages of a connection; there is none for a connection without limits.
final class ConnectionMeter: Sendable {
    enum Verdict {
        case admit
        case drop
        /// The connection has been closed.
        case close
    }

    private struct State {
        var meter: RateMeter
        /// Whether the connection is not read for the time being.
        var isHolding = false
        var isClosed = false
        var token: DeadlineWheel<any DeadlineTarget>.Token?
    }

    private let limits: LimitReporter
    private let state: Mutex<State>

    /// - Returns: `nil` when the configuration limits no rate.
    init?(_ environment: ServerEnvironment) {
        let limits = environment.configuration.limits
        guard let meter = RateMeter(events: limits.eventsPerSecond, bytes: limits.bytesPerSecond) else {
            return nil
        }
        self.limits = environment.limits
        self.state = Mutex(State(meter: meter))
    }

    /// A text arrived: not decoded yet, its first byte says what it is.
    func judge(text: ByteBuffer, on session: Session) -> Verdict {
        let type = (text.readableBytesView.first).flatMap { PacketType(rawValue: $0 &- UInt8(ascii: "0")) }
        // A client that may not leave would stay; what cannot be decoded ends the connection anyway.
        let isDroppable = type != nil && type != .disconnect && type != .connectError
        return self.judge(
            size: text.readableBytes,
            isEvent: type == .event || type == .binaryEvent || type == .connect,
            isDroppable: isDroppable,
            on: session
        )
    }

    /// An attachment arrived.
    func judge(binary: ByteBuffer, on session: Session) -> Verdict {
        self.judge(size: binary.readableBytes, isEvent: false, isDroppable: false, on: session)
    }

    /// A packet arrived that has been decoded.
    func judge(_ packet: DecodedPacket, size: Int, on session: Session) -> Verdict {
        switch packet {
        case .event, .connect: self.judge(size: size, isEvent: true, isDroppable: true, on: session)
        case .ack, .ignored: self.judge(size: size, isEvent: false, isDroppable: true, on: session)
        case .disconnect, .connectError: self.judge(size: size, isEvent: false, isDroppable: false, on: session)
        }
    }

    private func judge(size: Int, isEvent: Bool, isDroppable: Bool, on session: Session) -> Verdict {
        let now = session.now
        let action = self.state.withLock {
            $0.meter.receive(size, isEvent: isEvent, isDroppable: isDroppable, now: now)
        }
        switch action {
        case .admit:
            return .admit
        case .admitAndHold(let limit):
            self.report(limit, on: session)
            self.hold(session)
            return .admit
        case .drop(let limit):
            self.report(limit, on: session)
            return .drop
        case .close(let limit):
            self.report(limit, on: session)
            session.close(reason: CloseReason(rawValue: DisconnectReason.rateExceeded.rawValue), mode: .drain)
            return .close
        }
    }

    private func report(_ limit: RateMeter.Limit, on session: Session) {
        let name: LimitName = limit == .events ? .eventsPerSecond : .bytesPerSecond
        self.limits.reached(name, metadata: ["engineio.sid": "\(session.id.redacted)"])
    }

    // MARK: Making the client wait

    private func hold(_ session: Session) {
        let begins = self.state.withLock { state in
            guard !state.isHolding, !state.isClosed else { return false }
            state.isHolding = true
            return true
        }
        guard begins else { return }
        session.holdInput()
        self.release(session)
    }

    /// Has the connection read again, as soon as there is room.
    private func release(_ session: Session) {
        let now = session.now
        let isDue = self.state.withLock { state in
            state.token = nil
            guard !state.isClosed else { return false }
            guard let delay = state.meter.delay(at: now) else {
                state.isHolding = false
                return true
            }
            let timer = ConnectionTimer { [weak self, weak session] in
                guard let self, let session else { return }
                self.release(session)
            }
            state.token = session.schedule(timer, in: .nanoseconds(delay.nanoseconds))
            return false
        }
        if isDue { session.releaseInput() }
    }

    /// The connection has ended.
    func close(_ session: Session) {
        let token = self.state.withLock { state in
            state.isClosed = true
            return state.token.take()
        }
        if let token { session.cancel(token) }
    }
}
