/// How many lines a peer can cause in a second.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct LogRateTests {
    private let start = NIODeadline.now()

    @Test func `ten lines a second are written, the others counted`() {
        var rate = LogRate()
        let answers = (0..<25).map { rate.admit(at: self.start + .milliseconds($0)) }
        #expect(answers == Array(repeating: 0, count: 10) + Array(repeating: nil, count: 15))
        let next = rate.admit(at: self.start + .seconds(1))
        let after = rate.admit(at: self.start + .seconds(1))
        #expect(next == 15)
        #expect(after == 0)
    }

    @Test func `a second begins with its first line`() {
        var rate = LogRate()
        for _ in 0..<11 { _ = rate.admit(at: self.start) }
        let late = rate.admit(at: self.start + .milliseconds(999))
        #expect(late == nil)
        let next = (0..<11).map { _ in rate.admit(at: self.start + .seconds(5)) }
        #expect(next == [2] + Array(repeating: 0, count: 9) + [nil])
    }
}
