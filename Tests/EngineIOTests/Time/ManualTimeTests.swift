/// A time that is moved by hand, over several event loops.
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import EngineIO

@Suite(.timeLimit(.minutes(1))) struct ManualTimeTests {
    private let time = ManualTime()
    private let log = EventLog<String>()

    private func makeContexts(_ count: Int) -> [LoopContext] {
        (0..<count).map { _ in
            LoopContext(eventLoop: MultiThreadedEventLoopGroup.singleton.next(), manualTime: self.time)
        }
    }

    private func target(_ name: String, _ action: @escaping @Sendable () -> Void = {}) -> LoggingTarget {
        let (log, time, start) = (self.log, self.time, self.time.now)
        return LoggingTarget { now in
            #expect(time.now == now)
            log.append("\(name) at \((now - start).nanoseconds / 1_000_000)")
            action()
        }
    }

    @Test func `deadlines of all loops come in order, each at its own time`() async {
        let contexts = self.makeContexts(2)
        let start = self.time.now
        _ = contexts[0].schedule(self.target("late"), at: start + .seconds(30))
        _ = contexts[1].schedule(self.target("early"), at: start + .seconds(10))
        _ = contexts[0].schedule(self.target("first"), at: start + .seconds(20))
        _ = contexts[0].schedule(self.target("second"), at: start + .seconds(20))
        _ = contexts[1].schedule(self.target("other loop"), at: start + .seconds(20))
        await self.time.advance(by: .seconds(30) - .milliseconds(1))
        let expected = ["early at 10000", "first at 20000", "second at 20000", "other loop at 20000"]
        #expect(self.log.all == expected)
        await self.time.advance(by: .milliseconds(1))
        #expect(self.log.all == expected + ["late at 30000"])
    }

    @Test func `a deadline set on the way is met on the way, and on the deadline's loop`() async {
        let context = self.makeContexts(1)[0]
        let (time, again) = (self.time, self.target("again"))
        let first = self.target("first") {
            context.eventLoop.preconditionInEventLoop()
            _ = context.schedule(again, at: time.now + .milliseconds(7))
        }
        _ = context.schedule(first, at: time.now + .milliseconds(3))
        await time.advance(by: .hours(1))
        #expect(self.log.all == ["first at 3", "again at 10"])
    }

    @Test func `a deadline that is no whole number of ticks away is met after rounding up`() async {
        await self.time.advance(by: .microseconds(300))
        let context = self.makeContexts(1)[0]
        _ = context.schedule(self.target("odd"), at: self.time.now + .microseconds(1500))
        await self.time.advance(by: .microseconds(1500))
        #expect(self.log.all == ["odd at 2"])
    }

    @Test func `nothing comes by itself, and a cancelled deadline never`() async {
        let context = self.makeContexts(1)[0]
        let token = context.schedule(self.target("cancelled"), at: self.time.now)
        let alarm = TimeSource(manual: self.time).after(.milliseconds(1)) { self.log.append("alarm") }
        context.cancel(token)
        alarm.cancel()
        await self.time.advance(by: .hours(24))
        #expect(self.log.all.isEmpty)
    }

    @Test func `alarms come in order with the deadlines, those without delay at once`() async {
        let context = self.makeContexts(1)[0]
        let source = TimeSource(manual: self.time)
        _ = context.schedule(self.target("deadline"), at: self.time.now + .seconds(2))
        _ = source.after(.seconds(3)) { self.log.append("three") }
        _ = source.after(.seconds(1)) { self.log.append("one") }
        _ = source.after(.zero) { self.log.append("zero") }
        #expect(self.log.all == ["zero"])
        await self.time.advance(by: .seconds(3))
        #expect(self.log.all == ["zero", "one", "deadline at 2000", "three"])
    }

    @Test func `effects settle before each step, and two moves follow one another`() async {
        let context = self.makeContexts(1)[0]
        for second in 1...4 {
            _ = context.schedule(self.target("deadline"), at: self.time.now + .seconds(Int64(second)))
        }
        let (log, time) = (self.log, self.time)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    await time.advance(by: .seconds(2)) {
                        log.append("settling")
                        await Task.yield()
                        log.append("settled")
                    }
                }
            }
        }
        let settling = ["settling", "settled"]
        let expected = (1...2).flatMap { move in
            settling + (1...2).flatMap { ["deadline at \(move * 2000 - 2000 + $0 * 1000)"] + settling }
        }
        #expect(log.all == expected)
    }

    @Test func `a move whose effects do not settle ends there, and another one can follow`() async throws {
        struct Restless: Error {}
        let context = self.makeContexts(1)[0]
        for second in 1...4 {
            _ = context.schedule(self.target("deadline"), at: self.time.now + .seconds(Int64(second)))
        }
        let (log, start) = (self.log, self.time.now)
        await #expect(throws: Restless.self) {
            try await self.time.advance(by: .seconds(4)) { if log.all.count == 2 { throw Restless() } }
        }
        #expect(self.log.all == ["deadline at 1000", "deadline at 2000"])
        #expect(self.time.now == start + .seconds(2))
        await self.time.advance(by: .seconds(2))
        #expect(self.log.all.count == 4)
    }

    @Test func `a move that is cancelled ends there`() async {
        let context = self.makeContexts(1)[0]
        let (log, time, start) = (self.log, self.time, self.time.now)
        for second in 1...4 { _ = context.schedule(self.target("deadline"), at: start + .seconds(Int64(second))) }
        let move = Task {
            await time.advance(by: .seconds(10)) {
                if log.all.count == 1 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await move.value
        #expect(self.log.all == ["deadline at 1000"])
        #expect(self.time.now == start + .seconds(1))
    }

    @Test func `a loop that has ended holds nothing up`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let context = LoopContext(eventLoop: group.next(), manualTime: self.time)
        _ = context.schedule(self.target("never"), at: self.time.now + .seconds(1))
        context.retire()
        try await group.shutdownGracefully()
        await self.time.advance(by: .seconds(2))
        #expect(self.log.all.isEmpty)
    }

    @Test func `the system's time needs nobody to move it`() async throws {
        let (log, source) = (self.log, TimeSource())
        let before = NIODeadline.now()
        #expect(source.now >= before)
        _ = source.after(.milliseconds(1)) { log.append("alarm") }
        let cancelled = source.after(.milliseconds(1)) { log.append("cancelled") }
        cancelled.cancel()
        try await log.count(1)
        #expect(log.all == ["alarm"])
        #expect(NIODeadline.now() - before >= .milliseconds(1))
    }
}

/// Does something at its deadline.
private final class LoggingTarget: DeadlineTarget {
    private let action: @Sendable (NIODeadline) -> Void

    init(action: @escaping @Sendable (NIODeadline) -> Void) {
        self.action = action
    }

    func deadlineReached(now: NIODeadline) { self.action(now) }
}
