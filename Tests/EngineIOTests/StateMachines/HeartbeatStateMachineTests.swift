/// The heartbeat, with time as an argument.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct HeartbeatStateMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let interval = TimeAmount.seconds(25)
    private let timeout = TimeAmount.seconds(20)

    private var machine: HeartbeatStateMachine { HeartbeatStateMachine(now: self.start, interval: self.interval) }

    @Test func `nothing is due before the interval has passed`() {
        var machine = self.machine
        #expect(machine.deadline == self.start + self.interval)
        let action = machine.reachedDeadline(now: self.start + self.interval - .nanoseconds(1), timeout: self.timeout)
        #expect(action == nil)
        #expect(machine.deadline == self.start + self.interval)
    }

    @Test func `a ping is due after the interval, once`() {
        var machine = self.machine
        let now = self.start + self.interval
        #expect(machine.reachedDeadline(now: now, timeout: self.timeout) == .sendPing)
        #expect(machine.reachedDeadline(now: now, timeout: self.timeout) == nil)
        #expect(machine.deadline == now + self.timeout)
    }

    @Test func `a ping that is sent late gives the client the whole timeout`() {
        var machine = self.machine
        let late = self.start + self.interval + .seconds(7)
        #expect(machine.reachedDeadline(now: late, timeout: self.timeout) == .sendPing)
        #expect(machine.deadline == late + self.timeout)
    }

    @Test func `a pong restarts the interval`() {
        var machine = self.machine
        let ping = self.start + self.interval
        #expect(machine.reachedDeadline(now: ping, timeout: self.timeout) == .sendPing)
        machine.receivedPong(now: ping + .seconds(3), interval: self.interval)
        #expect(machine.deadline == ping + .seconds(3) + self.interval)
        #expect(machine.reachedDeadline(now: ping + self.timeout, timeout: self.timeout) == nil)
        let next = ping + .seconds(3) + self.interval
        #expect(machine.reachedDeadline(now: next, timeout: self.timeout) == .sendPing)
    }

    @Test func `a missing pong times out, and stays so`() {
        var machine = self.machine
        let ping = self.start + self.interval
        #expect(machine.reachedDeadline(now: ping, timeout: self.timeout) == .sendPing)
        let justBefore = ping + self.timeout - .nanoseconds(1)
        #expect(machine.reachedDeadline(now: justBefore, timeout: self.timeout) == nil)
        #expect(machine.reachedDeadline(now: ping + self.timeout, timeout: self.timeout) == .timeOut)
        #expect(machine.reachedDeadline(now: ping + self.timeout, timeout: self.timeout) == .timeOut)
    }

    @Test func `a pong nobody asked for restarts the interval too`() {
        var machine = self.machine
        machine.receivedPong(now: self.start + .seconds(10), interval: self.interval)
        #expect(machine.reachedDeadline(now: self.start + self.interval, timeout: self.timeout) == nil)
        #expect(machine.deadline == self.start + .seconds(10) + self.interval)
    }

    // MARK: Revision 3

    private let patience = TimeAmount.seconds(45)

    private var waiting: HeartbeatStateMachine { HeartbeatStateMachine(now: self.start, patience: self.patience) }

    @Test func `a client that pings by itself is given up after the whole of its time`() {
        var machine = self.waiting
        let end = self.start + self.patience
        #expect(machine.deadline == end)
        let early = machine.reachedDeadline(now: end - .nanoseconds(1), timeout: self.timeout)
        #expect(early == nil)
        let late = machine.reachedDeadline(now: end, timeout: self.timeout)
        #expect(late == .timeOut)
    }

    @Test func `each ping of such a client starts its time anew`() {
        var machine = self.waiting
        for number in 1...3 {
            let now = self.start + .seconds(Int64(number) * 40)
            let mayPing = machine.receivedPing(now: now, patience: self.patience)
            #expect(mayPing)
            #expect(machine.deadline == now + self.patience)
            let action = machine.reachedDeadline(now: now + self.interval, timeout: self.timeout)
            #expect(action == nil)
        }
    }

    @Test func `each side does its own part of the heartbeat alone`() {
        var (pinging, waiting) = (self.machine, self.waiting)
        let mayPing = pinging.receivedPing(now: self.start, patience: self.patience)
        let mayAnswer = waiting.receivedPong(now: self.start, interval: self.interval)
        #expect(!mayPing && !mayAnswer)
        #expect(pinging.deadline == self.start + self.interval)
        #expect(waiting.deadline == self.start + self.patience)
    }

    @Test func `a client that is not read gets more time in either revision`() {
        var (pinging, waiting) = (self.machine, self.waiting)
        let now = self.start + .seconds(100)
        for _ in 0..<2 { _ = pinging.reachedDeadline(now: now, timeout: self.timeout) }
        pinging.extend(now: now, interval: self.interval, patience: self.patience)
        waiting.extend(now: now, interval: self.interval, patience: self.patience)
        #expect(pinging.deadline == now + self.interval)
        #expect(waiting.deadline == now + self.patience)
    }
}
