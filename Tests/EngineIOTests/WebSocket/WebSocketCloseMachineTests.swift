/// The close handshake: each input in each state.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct WebSocketCloseMachineTests {
    private static let soon = NIODeadline.uptimeNanoseconds(1_000)
    private static let later = NIODeadline.uptimeNanoseconds(2_000)

    // MARK: - Open

    @Test func `an open connection takes and sends frames and has no deadline`() {
        let machine = WebSocketCloseMachine()
        #expect(machine.acceptsInput)
        #expect(machine.acceptsOutput)
        #expect(machine.deadline == nil)
    }

    @Test(arguments: [1000, 4999, nil] as [UInt16?])
    func `the peer's close is answered with its code`(_ code: UInt16?) {
        var machine = WebSocketCloseMachine()
        let action = machine.receivedClose(code: code, deadline: Self.soon)
        #expect(action == .answerAndCloseTransport(code: code))
        #expect(!machine.acceptsInput)
        #expect(!machine.acceptsOutput)
        #expect(machine.deadline == Self.soon)
    }

    @Test func `a violation is answered with its code`() {
        var machine = WebSocketCloseMachine()
        let action = machine.receivedViolation(closeCode: 1007, deadline: Self.soon)
        #expect(action == .answerAndShutOutput(code: 1007))
        #expect(!machine.acceptsInput)
    }

    @Test func `our close is sent, and then only the peer's close counts`() {
        var machine = WebSocketCloseMachine()
        let action = machine.sendClose(code: nil, deadline: Self.soon)
        #expect(action == .sendClose(code: nil))
        #expect(!machine.acceptsInput)
        #expect(!machine.acceptsOutput)
        #expect(machine.deadline == Self.soon)
    }

    @Test func `a lost connection takes nothing and sends nothing`() {
        var machine = WebSocketCloseMachine()
        machine.transportLost()
        #expect(!machine.acceptsInput)
        #expect(!machine.acceptsOutput)
        #expect(machine.deadline == nil)
    }

    @Test func `an open connection has no deadline to hit`() {
        var machine = WebSocketCloseMachine()
        let action = machine.hitDeadline(now: .distantFuture)
        #expect(action == .ignore)
        #expect(machine.acceptsInput)
    }

    // MARK: - Close sent

    @Test func `the peer's answer ends the handshake within the deadline that runs`() {
        var machine = Self.closeSent()
        let action = machine.receivedClose(code: 1000, deadline: Self.later)
        #expect(action == .closeTransport)
        #expect(machine.deadline == Self.soon)
    }

    @Test func `a violation in place of the answer ends the handshake too`() {
        var machine = Self.closeSent()
        let action = machine.receivedViolation(closeCode: 1002, deadline: Self.later)
        #expect(action == .closeTransport)
    }

    @Test func `a second close of ours is not sent`() {
        var machine = Self.closeSent()
        let action = machine.sendClose(code: 1000, deadline: Self.later)
        #expect(action == .ignore)
        #expect(machine.deadline == Self.soon)
    }

    @Test func `a peer that does not answer is cut off at the deadline, not before`() {
        var machine = Self.closeSent()
        let early = machine.hitDeadline(now: Self.soon - .nanoseconds(1))
        #expect(early == .ignore)
        let due = machine.hitDeadline(now: Self.soon)
        #expect(due == .closeTransport)
        #expect(machine.deadline == nil)
    }

    @Test func `a connection that does not end after the answer is cut off at the deadline`() {
        var machine = Self.closeSent()
        _ = machine.receivedClose(code: 1000, deadline: Self.later)
        let again = machine.receivedClose(code: 1000, deadline: Self.later)
        #expect(again == .ignore)
        let due = machine.hitDeadline(now: Self.soon)
        #expect(due == .closeTransport)
    }

    // MARK: - Finishing

    @Test func `a second close of the peer is not answered`() {
        var machine = Self.finishing()
        let action = machine.receivedClose(code: 1000, deadline: Self.later)
        #expect(action == .ignore)
        #expect(machine.deadline == Self.soon)
    }

    @Test func `our close is not sent behind the answer`() {
        var machine = Self.finishing()
        let action = machine.sendClose(code: 1000, deadline: Self.later)
        #expect(action == .ignore)
    }

    @Test func `a peer that keeps its end open is cut off at the deadline`() {
        var machine = Self.finishing()
        let action = machine.hitDeadline(now: Self.later)
        #expect(action == .closeTransport)
    }

    @Test func `a connection lost behind the goodbye has no deadline any more`() {
        var machine = Self.finishing()
        machine.transportLost()
        #expect(machine.deadline == nil)
    }

    // MARK: - Closed

    @Test func `a closed connection ignores everything`() {
        var machine = WebSocketCloseMachine()
        machine.transportLost()
        let close = machine.receivedClose(code: 1000, deadline: Self.soon)
        let violation = machine.receivedViolation(closeCode: 1002, deadline: Self.soon)
        let send = machine.sendClose(code: 1000, deadline: Self.soon)
        let deadline = machine.hitDeadline(now: .distantFuture)
        #expect(close == .ignore)
        #expect(violation == .ignore)
        #expect(send == .ignore)
        #expect(deadline == .ignore)
    }

    private static func closeSent() -> WebSocketCloseMachine {
        var machine = WebSocketCloseMachine()
        _ = machine.sendClose(code: 1000, deadline: Self.soon)
        return machine
    }

    private static func finishing() -> WebSocketCloseMachine {
        var machine = WebSocketCloseMachine()
        _ = machine.receivedViolation(closeCode: 1002, deadline: Self.soon)
        return machine
    }
}
