/// The two slots of a polling session.
import Testing

@testable import EngineIO

@Suite struct PollingStateMachineTests {
    private typealias Machine = PollingStateMachine<Int, String>

    @Test func `one poll waits, a second one overlaps and leaves the first`() {
        var machine = Machine()
        #expect(machine.receivedPoll(1) == .accepted)
        #expect(machine.receivedPoll(2) == .overlap)
        #expect(machine.poll == 1)
    }

    @Test func `a poll is taken once, and the next may come`() {
        var machine = Machine()
        #expect(machine.takePoll() == nil)
        _ = machine.receivedPoll(1)
        #expect(machine.takePoll() == 1)
        #expect(machine.takePoll() == nil)
        #expect(machine.receivedPoll(2) == .accepted)
    }

    @Test func `one post is worked on, a second one overlaps until the first has ended`() {
        var machine = Machine()
        #expect(!machine.isPosting)
        #expect(machine.beganPost() == .accepted)
        #expect(machine.isPosting)
        #expect(machine.beganPost() == .overlap)
        machine.endedPost()
        #expect(!machine.isPosting)
        #expect(machine.beganPost() == .accepted)
    }

    @Test func `polls and posts do not see each other`() {
        var machine = Machine()
        _ = machine.receivedPoll(1)
        #expect(machine.beganPost() == .accepted)
        #expect(machine.takePoll() == 1)
        #expect(machine.isPosting)
    }

    @Test func `a post that is held back is under way until it is taken, once`() {
        var machine = Machine()
        #expect(machine.takeHeldPost() == nil)
        _ = machine.beganPost()
        #expect(machine.takeHeldPost() == nil)
        machine.heldBack("post")
        #expect(machine.isPosting)
        #expect(machine.beganPost() == .overlap)
        #expect(machine.takeHeldPost() == "post")
        #expect(!machine.isPosting)
        #expect(machine.takeHeldPost() == nil)
    }
}
