/// The time at the beginning of lines.
import Testing

@testable import ChatApp

@Suite struct TimeStampTests {
    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (951_782_400, 7, "2000-02-29T00:00:00.007Z"),
        (1_767_225_599, 999, "2025-12-31T23:59:59.999Z"), (4_102_444_800, 50, "2100-01-01T00:00:00.050Z"),
    ])
    func `times are written as ISO 8601 has them`(second: Int, millisecond: Int, expected: String) {
        #expect(TimeStamp.format(second: second, millisecond: millisecond) == expected)
    }

    @Test func `the time now looks like one`() {
        #expect(TimeStamp.now().wholeMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }
}
