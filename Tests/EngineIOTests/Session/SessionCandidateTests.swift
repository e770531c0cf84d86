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
        fixture.session.lostCandidate(first)
        let second = fixture.openCandidate()
        fixture.session.lostCandidate(first)
        #expect(fixture.session.receivedProbe(from: second))
    }

    @Test func `a candidate that was given up may neither probe nor upgrade`() {
        let fixture = SessionFixture()
        let first = fixture.openCandidate()
        fixture.session.lostCandidate(first)
        _ = fixture.openCandidate()
        #expect(!fixture.session.receivedProbe(from: first))
        #expect(!fixture.session.receivedUpgrade(from: first))
        #expect(fixture.session.transport == .polling)
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
        self.candidate.map(self.lostCandidate)
    }
}
