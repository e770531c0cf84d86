/// Every input of the upgrade in every state.
import NIOCore
import Testing

@testable import EngineIO

private typealias Machine = UpgradeStateMachine<Int>

/// The states, by how they are reached.
private enum Stage: CaseIterable {
    case idle
    case opened
    case probed
    case waitingForPost
    case upgraded

    static let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    static let timeout = TimeAmount.seconds(10)

    var machine: Machine {
        var machine = Machine()
        guard self != .idle else { return machine }
        _ = machine.opened(1, now: Self.now, timeout: Self.timeout)
        guard self != .opened else { return machine }
        _ = machine.receivedProbe(now: Self.now)
        guard self != .probed else { return machine }
        _ = machine.receivedUpgrade(isPosting: self == .waitingForPost)
        return machine
    }
}

@Suite struct UpgradeStateMachineTests {
    private let now = Stage.now

    @Test(arguments: Stage.allCases)
    private func `a candidate is taken only when there is none`(in stage: Stage) {
        var machine = stage.machine
        let action = machine.opened(2, now: self.now, timeout: Stage.timeout)
        #expect(action == (stage == .idle ? .probe : .refuse))
    }

    @Test(arguments: Stage.allCases)
    private func `a probe is answered while there is a candidate that has not upgraded`(in stage: Stage) {
        var machine = stage.machine
        #expect(machine.receivedProbe(now: self.now) == (stage == .opened || stage == .probed))
    }

    @Test(arguments: Stage.allCases, [false, true])
    private func `an upgrade completes, or waits for the post under way`(in stage: Stage, isPosting: Bool) {
        var machine = stage.machine
        let action = machine.receivedUpgrade(isPosting: isPosting)
        switch (stage, action, isPosting) {
        case (.opened, .complete(1), false), (.probed, .complete(1), false): break
        case (.opened, .waitForPost, true), (.probed, .waitForPost, true): break
        case (.idle, .ignore, _), (.waitingForPost, .ignore, _), (.upgraded, .ignore, _): break
        default: Issue.record("\(action) in \(stage)")
        }
    }

    @Test(arguments: Stage.allCases)
    private func `the end of a post completes the upgrade that waits for it, once`(in stage: Stage) {
        var machine = stage.machine
        #expect(machine.endedPost() == (stage == .waitingForPost ? 1 : nil))
        #expect(machine.endedPost() == nil)
    }

    @Test(arguments: Stage.allCases)
    private func `a lost candidate makes room for another, unless it has become the transport`(in stage: Stage) {
        var machine = stage.machine
        machine.lostCandidate()
        #expect(machine.endedPost() == nil)
        #expect(machine.deadline == nil)
        let action = machine.opened(2, now: self.now, timeout: Stage.timeout)
        #expect(action == (stage == .upgraded ? .refuse : .probe))
    }

    @Test(arguments: Stage.allCases)
    private func `the end of the session hands back the candidate, once, and takes no other`(in stage: Stage) {
        var machine = stage.machine
        let hasCandidate = [.opened, .probed, .waitingForPost].contains(stage)
        #expect(machine.closed() == (hasCandidate ? 1 : nil))
        #expect(machine.closed() == nil)
        #expect(machine.deadline == nil)
        #expect(machine.opened(2, now: self.now, timeout: Stage.timeout) == .refuse)
    }

    @Test(arguments: Stage.allCases)
    private func `a candidate is given up at the timeout`(in stage: Stage) {
        var machine = stage.machine
        let action = machine.reachedDeadline(now: self.now + Stage.timeout)
        switch (stage, action) {
        case (.opened, .abandon(1)), (.probed, .abandon(1)): break
        case (.idle, nil), (.waitingForPost, nil), (.upgraded, nil): break
        default: Issue.record("\(String(describing: action)) in \(stage)")
        }
    }

    @Test func `before the probe only the timeout is due`() {
        var machine = Stage.opened.machine
        #expect(machine.deadline == self.now + Stage.timeout)
        #expect(machine.reachedDeadline(now: self.now + Stage.timeout - .nanoseconds(1)) == nil)
    }

    @Test func `after the probe polls are released every 100 ms, until the timeout`() {
        var machine = Stage.probed.machine
        var now = self.now
        for _ in 0..<99 {
            #expect(machine.deadline == now + .milliseconds(100))
            #expect(machine.reachedDeadline(now: now + .milliseconds(99)) == nil)
            now = now + .milliseconds(100)
            guard case .releasePoll = machine.reachedDeadline(now: now) else {
                Issue.record("no release at \(now)")
                return
            }
        }
        guard case .abandon(1) = machine.reachedDeadline(now: now + .milliseconds(100)) else {
            Issue.record("no timeout")
            return
        }
        #expect(machine.deadline == nil)
    }

    @Test func `an upgrade that waits for a post has no deadline: the post has one`() {
        #expect(Stage.waitingForPost.machine.deadline == nil)
        #expect(Stage.upgraded.machine.deadline == nil)
    }

    @Test func `a candidate given up makes room for another`() {
        var machine = Stage.probed.machine
        _ = machine.reachedDeadline(now: self.now + Stage.timeout)
        #expect(machine.opened(2, now: self.now + Stage.timeout, timeout: Stage.timeout) == .probe)
        #expect(machine.closed() == 2)
    }
}
