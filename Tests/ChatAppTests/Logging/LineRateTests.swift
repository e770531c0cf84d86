/// How many lines somebody can cause.
import Testing

@testable import ChatApp

@Suite struct LineRateTests {
    private let start = ContinuousClock.now

    @Test func `so many lines a second are admitted, the others are counted`() {
        var rate = LineRate(perSecond: 2)
        let answers = (0..<5).map { rate.admit(at: self.start + .milliseconds($0)) }
        #expect(answers == [0, 0, nil, nil, nil])
        #expect(rate.admit(at: self.start + .milliseconds(999)) == nil)
        #expect(rate.admit(at: self.start + .seconds(1)) == 4)
        #expect(rate.admit(at: self.start + .milliseconds(1001)) == 0)
        #expect(rate.admit(at: self.start + .milliseconds(1002)) == nil)
    }

    @Test func `what was left out is told once`() {
        var rate = LineRate(perSecond: 1)
        for _ in 0..<4 { _ = rate.admit(at: self.start) }
        #expect(rate.takeOmitted() == 3)
        #expect(rate.takeOmitted() == 0)
        #expect(rate.admit(at: self.start + .seconds(1)) == 0)
    }

    @Test func `a quiet time does not save up lines`() {
        var rate = LineRate(perSecond: 1)
        #expect(rate.admit(at: self.start) == 0)
        #expect(rate.admit(at: self.start + .seconds(100)) == 0)
        #expect(rate.admit(at: self.start + .seconds(100)) == nil)
    }
}
