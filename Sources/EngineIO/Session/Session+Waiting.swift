/// Messages that wait until there is room for them, so that a program sends no faster than its client reads.
import Logging
package import NIOCore
import Synchronization

extension Session {
    /// The time by the clock of the session's deadlines.
    package var now: NIODeadline { self.home.now }

    /// Sends messages as soon as there is room: at once, or when the client has read enough of what waits.
    ///
    /// There is no room from ``EngineIOConfiguration/outboxHighWaterMark`` on, until no more than
    /// ``EngineIOConfiguration/outboxLowWaterMark`` waits. Messages that wait here are sent in the order of the calls;
    /// those of ``send(_:)`` overtake them. Whoever waits for each call before the next never reaches
    /// ``EngineIOConfiguration/Limits/outboxBytes``.
    ///
    /// - Parameter unit: The messages.
    /// - Throws: ``EngineIOError`` with the code `sessionClosed`, or `cancelled` when the task is cancelled before there is
    ///   room; the messages are not sent then.
    public func sendWhenWritable(_ unit: MessageUnit) async throws(EngineIOError) {
        if self.sendIfWritable(unit) { return }
        let turn = SendTurn()
        self.enqueue(turn)
        switch await turn.wait(cancelling: { self.withdraw(turn, .cancelled) }) {
        case .granted:
            self.sendInTurn(unit)
            self.endTurn()
        case .closed: throw EngineIOError(.sessionClosed, "the session has been closed")
        case .cancelled: throw EngineIOError(.cancelled, "the wait for room was cancelled")
        }
    }

    /// Sends messages if there is room and nobody waits for it.
    ///
    /// - Returns: Whether they are sent.
    package func sendIfWritable(_ unit: MessageUnit) -> Bool {
        let (isSent, context) = self.state.withLock { state -> (Bool, LoopContext?) in
            guard state.takesMessages, state.sendQueue == nil, self.isBelowHighMark(state) else { return (false, nil) }
            state.outbox.append(unit)
            return (true, state.scheduleFlush())
        }
        if let context { context.flushSoon(self) }
        return isSent
    }

    // MARK: Taking turns

    /// Has a task wait for its turn to send; it may come at once.
    ///
    /// When it has come, ``endTurn()`` has to follow.
    package func enqueue(_ turn: SendTurn) {
        self.state.withLock { state in
            guard state.isOpen else {
                _ = turn.settle(.closed)
                return
            }
            // It may have been withdrawn already.
            guard !turn.isSettled else { return }
            var queue = state.sendQueue.take() ?? SendQueue()
            queue.append(turn)
            state.sendQueue = queue
            if queue.count == 1 { _ = self.grantNext(&state) }
        }
        turn.resume()
    }

    /// Gives up waiting; nothing happens when the turn has come.
    package func withdraw(_ turn: SendTurn, _ outcome: SendTurn.Outcome) {
        guard turn.settle(outcome) else { return }
        // Settled first, so that it cannot be put into the queue any more.
        self.state.withLock { state in
            state.sendQueue?.remove(turn)
            state.dropIdleSendQueue()
        }
        turn.resume()
    }

    /// Sends messages of the task whose turn it is, whatever else has been sent meanwhile.
    package func sendInTurn(_ unit: MessageUnit) {
        let context = self.state.withLock { state -> LoopContext? in
            guard state.takesMessages else { return nil }
            state.outbox.append(unit)
            return state.scheduleFlush()
        }
        if let context { context.flushSoon(self) }
    }

    /// The task whose turn it was has sent what it had.
    package func endTurn() {
        let next = self.state.withLock { state in
            state.sendQueue?.isTaken = false
            return self.grantNext(&state)
        }
        next?.resume()
    }

    /// The number of tasks that wait for room.
    package var waitingSends: Int { self.state.withLock { $0.sendQueue?.count ?? 0 } }

    /// Something has been written: the next one may find room.
    func admitWaiting() {
        let next = self.state.withLock { state -> SendTurn? in
            guard state.outbox.byteCount <= self.environment.outboxMarks.low else { return nil }
            return self.grantNext(&state)
        }
        next?.resume()
    }

    /// The session has closed: nothing is sent any more.
    func dismissWaiting() {
        var queue = self.state.withLock { $0.sendQueue.take() }
        while let turn = queue?.popFirst() {
            if turn.settle(.closed) { turn.resume() }
        }
    }

    private func isBelowHighMark(_ state: borrowing SessionState) -> Bool {
        state.outbox.byteCount < self.environment.outboxMarks.high
    }

    /// Gives the turn to the first who waits, if there is room and nobody has it.
    private func grantNext(_ state: inout SessionState) -> SendTurn? {
        guard state.isOpen, state.sendQueue?.isTaken == false else { return nil }
        while self.isBelowHighMark(state), let turn = state.sendQueue?.popFirst() {
            guard turn.settle(.granted) else { continue }
            state.sendQueue?.isTaken = true
            return turn
        }
        state.dropIdleSendQueue()
        return nil
    }
}

extension SessionState {
    /// Forgets the queue when nobody is in it, and nobody has the turn.
    fileprivate mutating func dropIdleSendQueue() {
        if let queue = self.sendQueue, queue.count == 0, !queue.isTaken { self.sendQueue = nil }
    }
}

/// A task that waits for its turn to send.
package final class SendTurn: Sendable {
    /// How the wait ends.
    package enum Outcome: Sendable {
        /// The turn has come.
        case granted
        /// The session has closed, or who waits has left.
        case closed
        case cancelled
    }

    private struct State {
        var outcome: Outcome?
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    /// Its place in the queue, which changes under the session's lock alone.
    fileprivate let place = Mutex<UInt64?>(nil)
    private let state = Mutex(State())

    /// Creates one that is in no queue yet.
    package init() {}

    /// Waits until the turn has come, or will not.
    ///
    /// - Parameter cancel: Called when the task is cancelled.
    package func wait(cancelling cancel: @Sendable () -> Void) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.state.withLock { $0.continuation = continuation }
                self.resume()
            }
        } onCancel: {
            cancel()
        }
    }

    /// Whether it is known how the wait ends.
    var isSettled: Bool { self.state.withLock { $0.outcome != nil } }

    /// Says how the wait ends.
    ///
    /// ``resume()`` has to follow, with no lock held.
    ///
    /// - Returns: Whether this was the first to say.
    func settle(_ outcome: Outcome) -> Bool {
        self.state.withLock { state in
            guard state.outcome == nil else { return false }
            state.outcome = outcome
            return true
        }
    }

    /// Lets the task go on that waits, once it is known how the wait ends.
    func resume() {
        let (outcome, continuation) = self.state.withLock { state in
            guard let outcome = state.outcome else { return (Outcome?.none, CheckedContinuation<Outcome, Never>?.none) }
            return (outcome, state.continuation.take())
        }
        if let outcome { continuation?.resume(returning: outcome) }
    }
}

/// Those who wait for their turn, in order; constant cost to add and to remove, wherever one stands.
struct SendQueue: Sendable {
    private var entries: [UInt64: SendTurn] = [:]
    private var first: UInt64 = 0
    private var next: UInt64 = 0
    /// Whether somebody has the turn, who is not in the queue any more.
    var isTaken = false

    var count: Int { self.entries.count }

    mutating func append(_ turn: SendTurn) {
        turn.place.withLock { $0 = self.next }
        self.entries[self.next] = turn
        self.next += 1
    }

    mutating func popFirst() -> SendTurn? {
        while self.first < self.next {
            defer { self.first += 1 }
            if let turn = self.entries.removeValue(forKey: self.first) { return turn }
        }
        return nil
    }

    mutating func remove(_ turn: SendTurn) {
        guard let place = turn.place.withLock(\.self) else { return }
        if self.entries[place] === turn { self.entries[place] = nil }
    }
}

/// How many bytes have to wait before nothing is taken any more, and how few before it is again.
struct OutboxMarks: Sendable {
    let high: Int
    let low: Int

    init(_ configuration: EngineIOConfiguration) {
        self.high = min(configuration.outboxHighWaterMark, configuration.limits.outboxBytes)
        self.low = min(configuration.outboxLowWaterMark, self.high)
    }
}
