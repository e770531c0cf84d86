/// Sessions are spread evenly: each is closed once, in order, and never many more at a time than need be.
import Testing

@testable import EngineIO

@Suite struct DrainScheduleTests {
    private static let counts = [0, 1, 2, 3, 7, 49, 50, 51, 1000, 1_000_000]
    private static let durations: [Duration] = [
        .zero, .nanoseconds(1), .milliseconds(19), .milliseconds(20), .milliseconds(41), .seconds(1), .seconds(10),
        .seconds(3600),
    ]

    @Test(arguments: Self.counts, Self.durations)
    func `each session is in one batch, in order and in time`(count: Int, duration: Duration) {
        var next = 0
        var lastTime: Duration?
        var sizes: Set<Int> = []
        for batch in DrainSchedule(count: count, duration: duration).batches {
            #expect(batch.sessions.lowerBound == next && !batch.sessions.isEmpty)
            next = batch.sessions.upperBound
            sizes.insert(batch.sessions.count)
            if let lastTime {
                #expect(batch.time - lastTime >= DrainSchedule.interval)
                #expect(batch.time < duration)
            } else {
                #expect(batch.time == .zero)
            }
            lastTime = batch.time
        }
        #expect(next == count)
        // As even as whole numbers can be.
        #expect(sizes.isEmpty || sizes.max()! - sizes.min()! <= 1)
    }

    @Test func `without a duration there is one batch`() {
        let batches = Array(DrainSchedule(count: 1000, duration: .zero).batches)
        #expect(batches == [DrainSchedule.Batch(time: .zero, sessions: 0..<1000)])
    }

    @Test func `a few sessions are spread over all of the time`() {
        let times = DrainSchedule(count: 4, duration: .seconds(8)).batches.map(\.time)
        #expect(times == [.zero, .seconds(2), .seconds(4), .seconds(6)])
    }

    @Test func `the longest drain of the most sessions is no trap`() {
        let schedule = DrainSchedule(count: 1 << 30, duration: .seconds(86_400 * 365))
        var iterator = schedule.batches.makeIterator()
        #expect(iterator.next() == DrainSchedule.Batch(time: .zero, sessions: 0..<1))
    }
}
