/// The dates of answers.
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

    @Test func `the current date is this second's`() {
        let cache = HTTPDateCache()
        let before = Int(WallClock.now())
        let text = cache.current()
        let after = Int(WallClock.now())
        #expect((before...after).contains { HTTPDateCache.format($0) == text })
    }
}
