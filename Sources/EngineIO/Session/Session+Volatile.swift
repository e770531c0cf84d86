/// Messages that are worth sending only now: dropped for a session that would have to keep them.
import Logging
import NIOCore
import Synchronization

extension Session {
    /// Sends messages if they can leave at once, and drops them otherwise.
    ///
    /// They can when nothing else waits and the transport takes bytes: a WebSocket that is not congested, or polling with
    /// a request waiting. While an upgrade is under way the old transport, polling, decides. As in Node, whatever was
    /// sent just before in the same turn of the loop still waits: messages behind it are dropped.
    ///
    /// With the policy ``OutboxPolicy/dropOldestVolatile`` they wait like others while there is room, and are dropped
    /// when the room is needed.
    ///
    /// - Parameter unit: The messages; all of them are sent, or none.
    /// - Returns: Whether they are sent, or wait to be.
    @discardableResult
    public func sendVolatile(_ unit: consuming MessageUnit) -> Bool {
        if self.environment.keepsVolatile {
            let (isKept, dropped, context) = self.keepVolatile(unit)
            if let context { context.flushSoon(self) }
            self.reportDropped(dropped)
            return isKept
        }
        let (isSent, context) = self.state.withLock { [unit] state -> (Bool, LoopContext?) in
            guard state.canWriteAtOnce else { return (false, nil) }
            state.outbox.append(own: unit)
            return (true, state.scheduleFlush())
        }
        if let context { context.flushSoon(self) }
        return isSent
    }

    /// Sends the same messages to those of many sessions that can take them at once.
    ///
    /// - Parameters:
    ///   - unit: The messages, encoded once.
    ///   - count: The number of receivers.
    ///   - mayCompress: Whether they may be compressed on their way.
    ///   - receiver: Gives each of them by its number; see ``send(_:to:mayCompress:receiver:)``.
    package static func sendVolatile(
        _ unit: MessageUnit,
        to count: Int,
        mayCompress: Bool = true,
        receiver: (Int) -> Session
    ) {
        if !mayCompress, let plain = Self.plain(unit, to: count, receiver: receiver) {
            return Self.sendVolatile(plain, to: count, receiver: receiver)
        }
        var batch = FlushBatch()
        var drops = DropTally()
        for number in 0..<count {
            let session = receiver(number)
            if session.environment.keepsVolatile {
                let (_, dropped, context) = session.keepVolatile(unit)
                drops.add(dropped, of: session)
                if let context { batch.add(session, on: context) }
                continue
            }
            let context = session.state.withLock { state -> LoopContext? in
                guard state.canWriteAtOnce else { return nil }
                state.outbox.append(unit)
                return state.scheduleFlush()
            }
            if let context { batch.add(session, on: context) }
        }
        batch.flushSoon()
        drops.report()
    }

    // MARK: Keeping them

    /// Lets messages wait while there is room for them.
    ///
    /// - Returns: Whether they wait, how many were dropped, and where the session must be flushed.
    private func keepVolatile(_ unit: MessageUnit) -> (isKept: Bool, dropped: Int, flush: LoopContext?) {
        self.state.withLock { state in
            guard state.takesMessages else { return (false, 0, nil) }
            let (isAppended, dropped) = state.outbox.append(volatile: unit, limit: self.environment.outboxLimit)
            // One that finds no room is the oldest there is.
            return (isAppended, isAppended ? dropped : 1, isAppended ? state.scheduleFlush() : nil)
        }
    }

    /// Volatile messages had to make room for others.
    func reportDropped(_ count: Int) {
        guard count > 0 else { return }
        self.environment.limits.reached(
            .outboxBytes,
            count: count,
            metadata: ["engineio.sid": "\(self.id.redacted)", "engineio.dropped": "\(count)"]
        )
    }
}

/// The volatile messages that a broadcast has dropped, to be reported once for all its receivers.
struct DropTally {
    private var messages = 0
    private var sessions = 0
    private var limits: LimitReporter?

    mutating func add(_ count: Int, of session: Session) {
        guard count > 0 else { return }
        self.messages += count
        self.sessions += 1
        self.limits = session.environment.limits
    }

    func report() {
        self.limits?.reached(
            .outboxBytes,
            count: self.messages,
            metadata: ["engineio.dropped": "\(self.messages)", "engineio.sessions": "\(self.sessions)"]
        )
    }
}

extension SessionState {
    /// Whether something sent now would leave with the next flush: what Node calls a writable transport.
    fileprivate var canWriteAtOnce: Bool {
        guard self.takesMessages, self.outbox.isEmpty else { return false }
        switch self.transport {
        case .webSocket: return self.isSinkWritable
        case .polling: return self.polling.poll != nil
        case .gone: return false
        }
    }
}
