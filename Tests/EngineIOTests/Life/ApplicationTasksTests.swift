/// What a shutdown does with the application's tasks, on a clock that the test moves.
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

@Suite(.timeLimit(.minutes(1))) struct ApplicationTasksTests {
    private let tasks = ApplicationTasks()
    private let clock = ManualShutdown()
    private let log = EventLog<String>()

    /// Settles with a deadline after 3 s and a grace of 1 s.
    private func settle() -> Task<ShutdownOutcome, Never> {
        let timeline = ShutdownTimeline(TimeSource(manual: self.clock.time))
        return Task { await self.tasks.settle(until: .seconds(3), grace: .seconds(1), on: timeline) }
    }

    private func outcome(finished: Int = 0, cancelled: Int = 0, abandoned: Int = 0) -> ShutdownOutcome {
        var outcome = ShutdownOutcome()
        outcome.handlersFinished = finished
        outcome.handlersCancelled = cancelled
        outcome.handlersAbandoned = abandoned
        return outcome
    }

    /// Starts a task that ends when it is cancelled.
    private func runUntilCancelled() {
        self.tasks.run {
            await untilCancelled()
            self.log.append("cancelled")
        }
    }

    @Test func `without tasks there is nothing to wait for`() async {
        self.tasks.run {}
        await self.tasks.waitUntilIdle()
        #expect(await self.settle().value == self.outcome())
    }

    @Test func `tasks that end in time are not cancelled`() async throws {
        let goOn = EventLog<Int>()
        self.tasks.run {
            _ = try? await goOn.count(1)
            self.log.append("ended, cancelled \(Task.isCancelled)")
        }
        let settling = self.settle()
        try await self.clock.next(is: .seconds(3))
        goOn.append(1)
        #expect(await settling.value == self.outcome(finished: 1))
        #expect(self.log.all == ["ended, cancelled false"])
    }

    @Test func `tasks that have not ended by the deadline are cancelled`() async throws {
        for _ in 1...3 { self.runUntilCancelled() }
        let settling = self.settle()
        try await self.clock.next(is: .seconds(3))
        await self.clock.move(to: .milliseconds(2999))
        #expect(self.log.all == [])
        await self.clock.move(to: .seconds(3))
        #expect(await settling.value == self.outcome(cancelled: 3))
        #expect(self.log.all == ["cancelled", "cancelled", "cancelled"])
    }

    @Test func `tasks that do not heed their cancellation are abandoned`() async throws {
        let goOn = EventLog<Int>()
        self.tasks.run { await Self.ignoreCancellation(until: goOn) }
        self.runUntilCancelled()
        let settling = self.settle()
        try await self.clock.next(is: .seconds(3))
        await self.clock.move(to: .seconds(3))
        try await self.clock.next(is: .seconds(4))
        await self.clock.move(to: .seconds(4))
        #expect(await settling.value == self.outcome(cancelled: 1, abandoned: 1))
        goOn.append(1)
        await self.tasks.waitUntilIdle()
    }

    private static func ignoreCancellation(until goOn: EventLog<Int>) async {
        await Task { _ = try? await goOn.count(1) }.value
    }

    @Test func `tasks of sockets that have left are taken over, and cancelled with the others`() async throws {
        self.tasks.started()
        let task = Task {
            await untilCancelled()
            self.log.append("cancelled")
            self.tasks.finished()
        }
        self.tasks.adopt([task])
        let settling = self.settle()
        try await self.clock.next(is: .seconds(3))
        #expect(!task.isCancelled)
        await self.clock.move(to: .seconds(3))
        #expect(await settling.value == self.outcome(cancelled: 1))
    }

    @Test func `tasks that begin while something is left to begin them have until the deadline`() async throws {
        let quiet = EventLog<Int>()
        let timeline = ShutdownTimeline(TimeSource(manual: self.clock.time))
        let settling = Task {
            await self.tasks.settle(until: .seconds(3), grace: .seconds(1), on: timeline) {
                _ = try? await quiet.count(1)
            }
        }
        try await self.clock.next(is: .seconds(3))
        let goOn = EventLog<Int>()
        self.tasks.run {
            _ = try? await goOn.count(1)
            self.log.append("ended, cancelled \(Task.isCancelled)")
        }
        quiet.append(1)
        goOn.append(1)
        #expect(await settling.value == self.outcome(finished: 1))
        #expect(self.log.all == ["ended, cancelled false"])
    }

    @Test func `tasks that begin after the deadline are cancelled from the start`() async throws {
        self.runUntilCancelled()
        let settling = self.settle()
        try await self.clock.next(is: .seconds(3))
        await self.clock.move(to: .seconds(3))
        #expect(await settling.value == self.outcome(cancelled: 1))
        #expect(self.tasks.areCancelled)
        self.runUntilCancelled()
        try await self.log.count(2)
        self.tasks.started()
        let late = Task {
            await untilCancelled()
            self.tasks.finished()
        }
        self.tasks.adopt([late])
        await self.tasks.waitUntilIdle()
    }

    @Test func `many tasks that begin and end at once are counted right`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<200 {
                        if number.isMultiple(of: 2) {
                            self.tasks.run { await Task.yield() }
                        } else {
                            self.tasks.started()
                            self.tasks.finished()
                        }
                    }
                }
            }
        }
        await self.tasks.waitUntilIdle()
        #expect(self.tasks.count == 0)
    }
}
