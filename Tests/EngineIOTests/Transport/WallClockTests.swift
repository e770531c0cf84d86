/// The dates of answers.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct WallClockTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `a date has the form of RFC 9110`(second: Int, text: String) {
        #expect(HTTPDateCache.format(second) == text)
    }

    @Test func `the date changes with the second`() {
        let cache = HTTPDateCache()
        for time in [0, 784_111_777.0, 784_111_777.9, 784_111_778, 784_111_777] {
            #expect(cache.text(at: time) == HTTPDateCache.format(Int(time)))
        }
    }

    @Test func `the time of day is the system's, or a test's that moves with its time`() async {
        let before = WallClock.now()
        let now = TimeSource().timeOfDay
        #expect((before...WallClock.now()).contains(now))

        let manual = ManualTime(timeOfDay: 1_000_000_000)
        let source = TimeSource(manual: manual)
        #expect(source.timeOfDay == 1_000_000_000)
        await manual.advance(by: .milliseconds(1_500))
        #expect(source.timeOfDay == 1_000_000_001.5)
    }
}
