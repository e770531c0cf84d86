/// The switch from polling to a WebSocket, seen from the session.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

@Suite struct SessionUpgradeTests {
    @Test func `a probe releases the poll that waits, and nothing else is said on the candidate`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        let candidate = fixture.openCandidate(on: 1)
        #expect(fixture.session.receivedProbe(from: candidate))
        fixture.run()
        #expect(poll.answers == ["6"])
        #expect(candidate.commands == [])
        #expect(fixture.session.transport == .polling)
    }

    @Test func `a poll that comes during the upgrade is released within 100 ms`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        #expect(fixture.session.receivedProbe(from: candidate))
        let poll = fixture.poll()
        #expect(poll.answers == [])
        fixture.pass(.milliseconds(101))
        #expect(poll.answers == ["6"])
    }

    @Test func `a poll that comes before the release interval is not answered by an old one`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        #expect(fixture.session.receivedProbe(from: candidate))
        fixture.pass(.milliseconds(101))
        let poll = fixture.poll()
        #expect(poll.answers == [])
    }

    @Test func `messages go over polling until the upgrade, and over the WebSocket after it`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate(on: 1)
        fixture.probe(candidate)
        fixture.send("a")
        #expect(fixture.poll().answers == ["4a"])
        fixture.send("b")
        fixture.upgrade(candidate)
        fixture.send("c")
        fixture.run()
        #expect(candidate.commands == [.becameTransport, .write(["4b", "4c"])])
        #expect(fixture.session.transport == .webSocket)
    }

    @Test func `a flush that was due on the poll's loop moves to the WebSocket's`() {
        let fixture = SessionFixture()
        let poll = fixture.poll(on: 0)
        let candidate = fixture.openCandidate(on: 1)
        // Due on loop 0, which has not run when the transport changes.
        fixture.send("a")
        fixture.upgrade(candidate)
        fixture.run()
        #expect(poll.answers == ["6"])
        #expect(candidate.commands == [.becameTransport, .write(["4a"])])
    }

    @Test func `an upgrade waits for the post under way`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        fixture.probe(candidate)
        #expect(fixture.session.beganPost() == .accepted)
        fixture.upgrade(candidate)
        fixture.run()
        #expect(candidate.commands == [])
        let post = FakeRequest(context: fixture.contexts[1])
        fixture.session.receivedPost(body: ByteBuffer(string: "4a"), from: post)
        fixture.run()
        #expect(post.answers == ["ok"])
        #expect(candidate.commands == [.becameTransport])
        #expect(fixture.received == ["a"])
    }

    @Test func `an upgrade waits for a post that is held back`() {
        let fixture = SessionFixture()
        fixture.session.holdInput()
        let post = fixture.post("4a")
        let candidate = fixture.openCandidate()
        fixture.upgrade(candidate)
        fixture.run()
        #expect(candidate.commands == [])
        fixture.session.releaseInput()
        fixture.run()
        #expect(post.answers == ["ok"])
        #expect(candidate.commands == [.becameTransport])
        #expect(fixture.session.transport == .webSocket)
    }

    @Test func `a post that is given up lets the upgrade go on`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        _ = fixture.session.beganPost()
        fixture.upgrade(candidate)
        fixture.session.rejectedPost()
        fixture.run()
        #expect(candidate.commands == [.becameTransport])
    }

    @Test func `a session that is held back does not read its new WebSocket`() {
        let fixture = SessionFixture()
        fixture.session.holdInput()
        let candidate = fixture.openCandidate()
        fixture.upgrade(candidate)
        fixture.run()
        #expect(candidate.commands == [.becameTransport, .reading(false)])
    }

    @Test func `only one candidate may probe, and none after the upgrade`() {
        let fixture = SessionFixture()
        let first = fixture.openCandidate()
        #expect(!fixture.session.openedCandidate(FakeWebSocket(context: fixture.contexts[1])))
        fixture.upgrade(first)
        fixture.run()
        #expect(!fixture.session.openedCandidate(FakeWebSocket(context: fixture.contexts[1])))
        #expect(first.commands == [.becameTransport])
        #expect(!fixture.session.receivedProbe(from: first))
    }

    @Test func `a candidate that is lost leaves the session on polling and makes room`() {
        let fixture = SessionFixture()
        let first = fixture.openCandidate()
        fixture.probe(first)
        fixture.session.lostCandidate(first, reason: .transportClose)
        #expect(!fixture.session.receivedProbe(from: first))
        fixture.send("a")
        #expect(fixture.poll().answers == ["4a"])
        let second = fixture.openCandidate()
        // Whatever the first still says, or its end once more, is not the second's business.
        fixture.session.lostCandidate(first, reason: .transportClose)
        #expect(!fixture.session.receivedUpgrade(from: first))
        #expect(fixture.session.transport == .polling)
        fixture.upgrade(second)
        fixture.run()
        #expect(first.commands == [])
        #expect(second.commands == [.becameTransport])
    }

    @Test func `a candidate is closed when the upgrade takes too long`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        fixture.probe(candidate)
        fixture.pass(.seconds(11))
        #expect(candidate.commands == [.close])
        #expect(fixture.closeReasons == [])
        fixture.upgrade(candidate)
        #expect(fixture.session.transport == .polling)
    }

    @Test(arguments: [SessionClosingMode.drain, .discard, .clientLeft])
    func `a candidate is closed with its session`(mode: SessionClosingMode) {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate(on: 1)
        fixture.probe(candidate)
        fixture.session.close(reason: .forcedClose, mode: mode)
        fixture.run()
        #expect(candidate.commands == [.close])
        fixture.upgrade(candidate)
        #expect(fixture.session.transport == .polling)
    }

    @Test func `polling requests after the upgrade are refused`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        fixture.upgrade(candidate)
        let request = FakeRequest(context: fixture.contexts[0])
        #expect(fixture.session.receivedPoll(request) == .transportMismatch)
        #expect(fixture.session.beganPost() == .transportMismatch)
        #expect(fixture.closeReasons == [])
    }

    @Test func `the heartbeat goes on over the new transport`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        fixture.upgrade(candidate)
        fixture.run()
        fixture.pass(.seconds(26))
        #expect(candidate.commands == [.becameTransport, .write(["2"])])
    }
}
