import Foundation
import NIOCore
import Testing

@testable import SocketIO

@Suite struct JSONNumberTests {
    private func integer<T: FixedWidthInteger>(_ text: String, _ type: T.Type) -> T? {
        Array(text.utf8).withUnsafeBytes { JSONNumber.integer($0, as: type) }
    }

    private func double(_ text: String) -> Double? {
        Array(text.utf8).withUnsafeBytes { JSONNumber.double($0) }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("-1.5e1", -15), ("100e-2", 1), ("0.0", 0),
        ("0e99999999999999999999", 0),
        ("12300e-2", 123), ("9223372036854775807.0", .max), ("-9223372036854775808.000", .min), ("0.007e3", 7),
        ("9007199254740993.0", 9_007_199_254_740_993), ("1000000000000000000000e-21", 1),
        ("1e18", 1_000_000_000_000_000_000),
    ])
    func `integers are read in every notation`(text: String, expected: Int) {
        #expect(integer(text, Int.self) == expected)
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "0.1", "1e19", "1e999999999999",
        "1e-999999999999",
        "123456789012345678901234567890", "9223372036854775807.5", "1.00000000000000000000000000001", "true", "\"1\"",
        "[]", "",
    ])
    func `what is no integer or does not fit is refused`(text: String) {
        #expect(integer(text, Int.self) == nil)
    }

    @Test func `each type has its own bounds`() {
        #expect(integer("255", UInt8.self) == 255)
        #expect(integer("256", UInt8.self) == nil)
        #expect(integer("2.56e2", UInt8.self) == nil)
        #expect(integer("-1", UInt8.self) == nil)
        #expect(integer("-1.0", UInt8.self) == nil)
        #expect(integer("-0", UInt8.self) == 0)
        #expect(integer("-128", Int8.self) == -128)
        #expect(integer("-129", Int8.self) == nil)
        #expect(integer("18446744073709551615", UInt64.self) == .max)
        #expect(integer("18446744073709551616", UInt64.self) == nil)
        #expect(integer("18446744073709551615.0", UInt64.self) == .max)
        #expect(integer("-170141183460469231731687303715884105728", Int128.self) == .min)
        #expect(integer("340282366920938463463374607431768211455", UInt128.self) == .max)
    }

    @Test(arguments: [
        "0", "-0", "0.1", "1e22", "1e23", "1e-22", "1e-23", "9007199254740993", "1.7976931348623157e308", "1e309",
        "-1e309",
        "5e-324", "1e-400", "2.2250738585072011e-308", "0.000000000000000000000000001", "123456789.123456789",
        "8.5", "100000000000000000000000", "1e999", "4.35", "0.3", "179769313486231580793728971405301e276",
    ])
    func `doubles are read as Swift reads them`(text: String) throws {
        let expected = try #require(Double(text))
        #expect(double(text) == expected)
        #expect(double(text)?.sign == expected.sign)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `random doubles survive writing and reading`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let written = Value.double(value).description
            #expect(double(written) == value)
            #expect(Double(written) == value)
            #expect(written.filter(\.isNumber).count <= value.description.filter(\.isNumber).count + 22)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `random decimals are read as Swift reads them`(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        for _ in 0..<500 {
            let text = random.number()
            #expect(double(text) == Double(text), "\(text)")
        }
    }

    @Test func `a million digits are read in linear time`() {
        let digits = String(repeating: "7", count: 1_000_000)
        #expect(double(digits) == .infinity)
        #expect(double("0." + digits) == 0.7777777777777778)
        #expect(double("1" + String(repeating: "0", count: 1_000_000) + "e-1000000") == 1)
        #expect(integer("1" + String(repeating: "0", count: 1_000_000) + "e-1000000", Int.self) == 1)
        #expect(integer("0." + String(repeating: "0", count: 1_000_000) + "1e1000001", Int.self) == 1)
        #expect(integer(digits, Int.self) == nil)
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (1.5, "1.5"), (-1.5, "-1.5"), (0.1, "0.1"), (100, "100"),
        (0.1 + 0.2, "0.30000000000000004"), (1e20, "100000000000000000000"), (1e21, "1e+21"), (1.5e21, "1.5e+21"),
        (1.2345678901234568e20, "123456789012345680000"), (1.2345678901234568e21, "1.2345678901234568e+21"),
        (0.001, "0.001"), (0.000001, "0.000001"), (0.0000015, "0.0000015"), (1e-7, "1e-7"), (1.5e-10, "1.5e-10"),
        (0.00001234, "0.00001234"), (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9_007_199_254_740_992, "9007199254740992"), (9_007_199_254_740_994, "9007199254740994"), (-1e-7, "-1e-7"),
        (4.35, "4.35"), (98.25, "98.25"), (1234.5678, "1234.5678"), (0.123456, "0.123456"), (0.1234567, "0.1234567"),
        (1e16, "10000000000000000"), (-1e300, "-1e+300"), (1.0000000000000002, "1.0000000000000002"),
        (999999999999999.9, "999999999999999.9"), (0.5, "0.5"), (10.01, "10.01"), (100.05, "100.05"),
    ])
    func `doubles are written as JavaScript writes them`(value: Double, expected: String) {
        #expect(Value.double(value).description == expected)
    }

    @Test func `every short decimal is written as it is`() {
        for hundredths in 1..<20_000 {
            let expected = "\(hundredths / 100)." + String(String(100 + hundredths % 100).dropFirst())
            let trimmed = expected.hasSuffix(".00") ? String(expected.dropLast(3)) : expected
            let shortest = trimmed.contains(".") && trimmed.hasSuffix("0") ? String(trimmed.dropLast()) : trimmed
            #expect(Value.double(Double(hundredths) / 100).description == shortest)
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `what is not finite is written as null`(value: Double) throws {
        #expect(Value.double(value).description == "null")
        #expect(try EncodedValue(Float(value)).json == "null")
    }

    @Test func `floats are written with their own shortest digits`() throws {
        #expect(try EncodedValue(Float(0.1)).json == "0.1")
        #expect(try EncodedValue(Float(-3)).json == "-3")
        #expect(try EncodedValue(Float(1e21)).json == "1e+21")
        #expect(try EncodedValue(Float.greatestFiniteMagnitude).json == "3.4028235e+38")
        #expect(try EncodedValue(Float(-1.5e-7)).json == "-1.5e-7")
    }

    @Test func `integers of every width are written whole`() throws {
        #expect(
            try EncodedValue([Int.min, -1, 0, 9, 10, .max]).json
                == "[-9223372036854775808,-1,0,9,10,9223372036854775807]"
        )
        #expect(try EncodedValue([UInt64.max]).json == "[18446744073709551615]")
        #expect(try EncodedValue([Int128.min]).json == "[-170141183460469231731687303715884105728]")
        #expect(try EncodedValue([-Int128(UInt64.max)]).json == "[-18446744073709551615]")
        #expect(try EncodedValue([UInt128.max]).json == "[340282366920938463463374607431768211455]")
        #expect(try EncodedValue([Int8.min, .max]).json == "[-128,127]")
    }
}
