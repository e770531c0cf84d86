/// The deadline wheel, with time as an argument and a list as its model.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct DeadlineWheelTests {
    private let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    private func makeWheel(slots: Int = 8) -> DeadlineWheel<Int> {
        DeadlineWheel(start: self.start, tick: .milliseconds(10), slotCount: slots)
    }

    @Test func `an empty wheel wants no wake-up`() {
        var wheel = self.makeWheel()
        #expect(wheel.nextWakeUp == nil)
        #expect(wheel.expire(now: self.start + .hours(1)).isEmpty)
    }

    @Test(arguments: [1, 5, 10, 11, 19, 20, 79, 80, 81, 1000])
    func `a deadline fires at the first tick that is not before it`(milliseconds: Int64) throws {
        var wheel = self.makeWheel()
        let deadline = self.start + .milliseconds(milliseconds)
        _ = wheel.insert(7, at: deadline)
        let tick = self.start + .milliseconds((milliseconds + 9) / 10 * 10)
        #expect(wheel.expire(now: tick - .nanoseconds(1)).isEmpty)
        #expect(wheel.count == 1)
        #expect(wheel.expire(now: tick) == [7])
        #expect(wheel.count == 0)
        #expect(wheel.expire(now: tick + .hours(1)).isEmpty)
    }

    @Test func `a deadline that has passed fires at the next tick`() {
        var wheel = self.makeWheel()
        _ = wheel.expire(now: self.start + .milliseconds(50))
        _ = wheel.insert(1, at: self.start)
        #expect(wheel.nextWakeUp == self.start + .milliseconds(60))
        #expect(wheel.expire(now: self.start + .milliseconds(59)).isEmpty)
        #expect(wheel.expire(now: self.start + .milliseconds(60)) == [1])
    }

    @Test func `a cancelled deadline does not fire, and may be cancelled again`() {
        var wheel = self.makeWheel()
        let first = wheel.insert(1, at: self.start + .milliseconds(10))
        let second = wheel.insert(2, at: self.start + .milliseconds(10))
        wheel.cancel(first)
        wheel.cancel(first)
        #expect(wheel.count == 1)
        #expect(wheel.expire(now: self.start + .milliseconds(10)) == [2])
        wheel.cancel(second)
        #expect(wheel.count == 0)
    }

    @Test func `deadlines further away than a revolution wait for their turn`() {
        var wheel = self.makeWheel(slots: 4)
        _ = wheel.insert(1, at: self.start + .milliseconds(20))
        _ = wheel.insert(2, at: self.start + .milliseconds(60))
        _ = wheel.insert(3, at: self.start + .milliseconds(100))
        #expect(wheel.expire(now: self.start + .milliseconds(20)) == [1])
        #expect(wheel.expire(now: self.start + .milliseconds(59)).isEmpty)
        #expect(wheel.expire(now: self.start + .milliseconds(60)) == [2])
        #expect(wheel.expire(now: self.start + .milliseconds(100)) == [3])
    }

    @Test func `a leap over many revolutions takes everything that is due and nothing else`() {
        var wheel = self.makeWheel(slots: 4)
        for index in 1...20 { _ = wheel.insert(index, at: self.start + .milliseconds(Int64(index) * 10)) }
        #expect(wheel.expire(now: self.start + .milliseconds(155)).sorted() == Array(1...15))
        #expect(wheel.count == 5)
        #expect(wheel.expire(now: self.start + .hours(10)).sorted() == Array(16...20))
    }

    @Test func `time that stands still or goes back takes nothing`() {
        var wheel = self.makeWheel()
        _ = wheel.expire(now: self.start + .milliseconds(100))
        _ = wheel.insert(1, at: self.start + .milliseconds(110))
        #expect(wheel.expire(now: self.start + .milliseconds(100)).isEmpty)
        #expect(wheel.expire(now: self.start).isEmpty)
        #expect(wheel.expire(now: self.start + .milliseconds(110)) == [1])
    }

    @Test(arguments: [1, 2, 8, 64])
    func `it behaves as a list of deadlines does`(slots: Int) {
        var generator = SeededGenerator(seed: UInt64(slots))
        var wheel = self.makeWheel(slots: slots)
        var model: [Int: (deadline: NIODeadline, token: DeadlineWheel<Int>.Token)] = [:]
        var now = self.start
        for step in 0..<3000 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                let deadline = now + .microseconds(.random(in: -20_000...900_000, using: &generator))
                // One that has passed counts from now on.
                model[step] = (max(deadline, now), wheel.insert(step, at: deadline))
            case 2:
                guard let victim = model.keys.min() else { continue }
                model.removeValue(forKey: victim).map { wheel.cancel($0.token) }
            default:
                now = now + .microseconds(.random(in: 0...60_000, using: &generator))
                self.expire(&wheel, &model, now: now)
            }
            #expect(wheel.count == model.count)
            #expect((wheel.nextWakeUp == nil) == model.isEmpty)
        }
    }

    private func expire(
        _ wheel: inout DeadlineWheel<Int>,
        _ model: inout [Int: (deadline: NIODeadline, token: DeadlineWheel<Int>.Token)],
        now: NIODeadline
    ) {
        for target in wheel.expire(now: now) {
            let entry = model.removeValue(forKey: target)
            #expect(entry.map { $0.deadline <= now } == true, "early or twice")
        }
        let overdue = model.values.filter { $0.deadline + .milliseconds(10) <= now }
        #expect(overdue.isEmpty, "later than a tick")
    }
}
