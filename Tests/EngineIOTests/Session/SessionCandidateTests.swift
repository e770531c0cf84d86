/// Candidates are told apart: one that has been given up cannot speak for its successor.
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

@Suite struct SessionCandidateTests {
    @Test func `a candidate that was given up cannot end its successor's probe`() {
        let fixture = SessionFixture()
        let first = fixture.openCandidate()
        fixture.session.lostCandidate(first, reason: .transportClose)
        let second = fixture.openCandidate()
        fixture.session.lostCandidate(first, reason: .transportClose)
        #expect(fixture.session.receivedProbe(from: second))
    }

    @Test func `a candidate that was given up may neither probe nor upgrade`() {
        let fixture = SessionFixture()
        let first = fixture.openCandidate()
        fixture.session.lostCandidate(first, reason: .transportClose)
        _ = fixture.openCandidate()
        #expect(!fixture.session.receivedProbe(from: first))
        #expect(!fixture.session.receivedUpgrade(from: first))
        #expect(fixture.session.transport == .polling)
    }

    @Test func `a candidate that is lost before it knows that it is the transport ends the session`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate()
        fixture.probe(candidate)
        #expect(fixture.session.receivedUpgrade(from: candidate))
        #expect(fixture.session.transport == .webSocket)
        fixture.session.lostCandidate(candidate, reason: .transportClose)
        fixture.run()
        #expect(!fixture.session.isOpen)
        #expect(fixture.closeReasons == [.transportClose])
    }
}

// The tests of the upgrade itself have one candidate and need not name it.
extension Session {
    private var candidate: (any FrameSink)? { self.state.withLock { $0.upgrade.candidate } }

    func receivedProbe() -> Bool {
        self.candidate.map(self.receivedProbe(from:)) ?? false
    }

    @discardableResult
    func receivedUpgrade() -> Bool {
        self.candidate.map(self.receivedUpgrade(from:)) ?? false
    }

    func lostCandidate() {
        self.candidate.map { self.lostCandidate($0, reason: .transportClose) }
    }
}
