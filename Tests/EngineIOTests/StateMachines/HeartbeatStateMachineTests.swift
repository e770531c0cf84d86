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
}
