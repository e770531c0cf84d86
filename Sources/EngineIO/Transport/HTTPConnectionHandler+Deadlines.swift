/// How long a connection waits for its client.
import NIOCore
import NIOHTTP1

extension HTTPConnectionHandler {
    /// Sets when the client's patience ends; `nil` while the server is the one who is waited for.
    func setDeadline(in amount: TimeAmount?) {
        guard let amount else {
            self.deadline = nil
            return
        }
        let deadline = self.loopContext.now + amount
        self.deadline = deadline
        // A timer that fires too early is set again then: cheaper than to move it with each request.
        if let timer = self.timer {
            guard deadline < timer.deadline else { return }
            self.loopContext.cancel(timer.token)
        }
        self.armTimer(at: deadline)
    }

    private func armTimer(at deadline: NIODeadline) {
        let target = ConnectionTimer(self, eventLoop: self.loopContext.eventLoop)
        self.timer = (deadline, self.loopContext.schedule(target, at: deadline))
    }

    func cancelTimer() {
        if let timer = self.timer { self.loopContext.cancel(timer.token) }
        self.timer = nil
    }

    fileprivate func timerFired(now: NIODeadline) {
        self.timer = nil
        guard let deadline = self.deadline else { return }
        guard now >= deadline else { return self.armTimer(at: deadline) }
        self.deadline = nil
        if self.isReadingAnswer { return self.setDeadline(in: self.core.idleTimeout) }
        guard let exchange = self.exchange, !exchange.isAnswered else {
            if self.isHeadBegun { self.core.environment.limits.reached(.headTimeout) }
            self.context?.close(promise: nil)
            return
        }
        self.core.environment.limits.reached(.bodyTimeout)
        if case .post(let session) = exchange.route { session.lostPost() }
        self.answer(.empty(.requestTimeout, closes: true))
    }

    /// Whether the client is still reading an answer, and has read some of it since the timer fired last.
    private var isReadingAnswer: Bool {
        let before = self.unreadBytes
        self.unreadBytes = self.bufferedBytes
        return self.unreadBytes > 0 && (before == 0 || self.unreadBytes < before)
    }

    /// How many bytes of answers have not left yet.
    var bufferedBytes: Int {
        guard let options = self.context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }
}

/// Wakes a connection whose deadline may have come.
private final class ConnectionTimer: DeadlineTarget {
    private let handler: NIOLoopBound<HTTPConnectionHandler>

    init(_ handler: HTTPConnectionHandler, eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    func deadlineReached(now: NIODeadline) {
        self.handler.value.timerFired(now: now)
    }
}
