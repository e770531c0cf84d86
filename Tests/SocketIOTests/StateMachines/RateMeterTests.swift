/// What becomes of messages beyond a rate, by what the rate asks for.
import NIOCore
import SocketIO
import Testing

@testable import SocketIO

@Suite struct RateMeterTests {
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func actions(
        of meter: inout RateMeter,
        _ messages: (size: Int, isEvent: Bool)...,
        isDroppable: Bool = true
    ) -> [RateMeter.Action] {
        messages.map { meter.receive($0.size, isEvent: $0.isEvent, isDroppable: isDroppable, now: self.now) }
    }

    @Test func `without limits there is no meter`() {
        #expect(RateMeter(events: nil, bytes: nil) == nil)
    }

    @Test(arguments: [
        (RateLimit.Excess.delay, RateMeter.Action.admitAndHold(.events)), (.drop, .drop(.events)),
        (.close, .close(.events)),
    ])
    func `events beyond the burst`(excess: RateLimit.Excess, action: RateMeter.Action) throws {
        var meter = try #require(RateMeter(events: RateLimit(10, burst: 2, beyond: excess), bytes: nil))
        #expect(
            self.actions(of: &meter, (5, true), (5, false), (5, true), (5, true), (5, false), (5, true))
                == [.admit, .admit, .admit, action, .admit, action]
        )
    }

    @Test(arguments: [
        (RateLimit.Excess.delay, RateMeter.Action.admitAndHold(.bytes)), (.drop, .drop(.bytes)),
        (.close, .close(.bytes)),
    ])
    func `bytes beyond the burst, whatever the message is`(excess: RateLimit.Excess, action: RateMeter.Action) throws {
        var meter = try #require(RateMeter(events: nil, bytes: RateLimit(10, burst: 100, beyond: excess)))
        #expect(
            self.actions(of: &meter, (99, true), (1000, false), (1, false), (1, true)) == [
                .admit, .admit, action, action,
            ]
        )
    }

    @Test func `what is dropped costs nothing, what is held back does`() throws {
        var dropping = try #require(RateMeter(events: RateLimit(10, burst: 1, beyond: .drop), bytes: nil))
        var delaying = try #require(RateMeter(events: RateLimit(10, burst: 1, beyond: .delay), bytes: nil))
        for _ in 0..<11 {
            _ = dropping.receive(1, isEvent: true, isDroppable: true, now: self.now)
            _ = delaying.receive(1, isEvent: true, isDroppable: true, now: self.now)
        }
        let later = self.now + .milliseconds(110)
        #expect(dropping.receive(1, isEvent: true, isDroppable: true, now: later) == .admit)
        // Nobody waits for what is dropped.
        #expect(dropping.delay(at: later) == nil)
        let found = delaying.delay(at: self.now)
        let delay = try #require(found)
        #expect((.milliseconds(1090) ... .milliseconds(1110)).contains(delay))
        #expect(delaying.receive(1, isEvent: true, isDroppable: true, now: self.now + delay) == .admit)
    }

    @Test func `what must not be dropped is taken and paid for`() throws {
        var meter = try #require(RateMeter(events: nil, bytes: RateLimit(10, burst: 10, beyond: .drop)))
        #expect(self.actions(of: &meter, (10, false), (10, false), isDroppable: false) == [.admit, .admit])
        let later = self.now + .milliseconds(1050)
        #expect(meter.receive(1, isEvent: true, isDroppable: true, now: later) == .drop(.bytes))
    }

    @Test func `each rate has its own consequence, the worse one first`() throws {
        var meter = try #require(
            RateMeter(events: RateLimit(1, beyond: .drop), bytes: RateLimit(1, burst: 10, beyond: .delay))
        )
        #expect(
            self.actions(of: &meter, (100, true), (1, false), (1, true))
                == [.admit, .admitAndHold(.bytes), .drop(.events)]
        )
        var closing = try #require(
            RateMeter(events: RateLimit(1, beyond: .delay), bytes: RateLimit(1, burst: 10, beyond: .close))
        )
        #expect(self.actions(of: &closing, (100, true), (1, true)) == [.admit, .close(.bytes)])
    }
}
