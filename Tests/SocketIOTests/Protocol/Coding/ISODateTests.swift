import Foundation
import Testing

@testable import SocketIO

@Suite struct ISODateTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"), (8.64e15, "+275760-09-13T00:00:00.000Z"),
        (-8.64e15, "-271821-04-20T00:00:00.000Z"),
    ])
    func `times are written and read as JavaScript does`(milliseconds: Double, text: String) {
        #expect(ISODate.text(milliseconds: milliseconds) == text)
        #expect(ISODate.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [8.64e15 + 1, -8.64e15 - 1, .infinity, .nan])
    func `times that JavaScript has no date for have no text`(milliseconds: Double) {
        #expect(ISODate.text(milliseconds: milliseconds) == nil)
    }

    @Test(arguments: [
        ("2024-01-02T03:04Z", 1_704_164_640_000), ("2024-01-02T03:04:05Z", 1_704_164_645_000),
        ("2024-01-02T03:04:05.5Z", 1_704_164_645_500), ("2024-01-02T03:04:05.123456Z", 1_704_164_645_123.456),
        ("2024-01-02T03:04:05+02:00", 1_704_157_445_000), ("2024-01-02T03:04:05.000-05:30", 1_704_184_445_000),
    ])
    func `other precisions and zones are read`(text: String, milliseconds: Double) throws {
        #expect(abs(try #require(ISODate.milliseconds(text)) - milliseconds) < 0.001)
    }

    @Test(arguments: [
        "", "2024", "2024-01-02", "2024-01-02T03:04:05", "2024-01-02 03:04:05Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-02T24:00:00Z",
        "2024-01-02T23:60:00Z", "2024-01-02T23:00:60Z", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05Zx",
        "2024-01-02T03:04:05+0200", "2024-01-02T03:04:05+24:00", "24-01-02T03:04:05Z", "2024-1-2T03:04:05Z",
        "２024-01-02T03:04:05Z", "-2024-01-02T03:04:05Z",
        "+275760-09-13T00:00:00.001Z", "-271821-04-19T23:59:59.999Z", "+936389-09-13T00:00:00Z",
    ])
    func `anything else is no date`(text: String) {
        #expect(ISODate.milliseconds(text) == nil)
    }

    /// From 1583 on: before, Foundation counts by the Julian calendar, JavaScript does not.
    @Test func `random times agree with Foundation`() throws {
        var generator = SeededGenerator(seed: 7)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2000 {
            let milliseconds = Double(Int64.random(in: -12_200_000_000_000...250_000_000_000_000, using: &generator))
            let text = try #require(ISODate.text(milliseconds: milliseconds))
            #expect(ISODate.milliseconds(text) == milliseconds)
            #expect(try abs(style.parse(text).timeIntervalSince1970 * 1000 - milliseconds) < 1)
        }
    }
}
