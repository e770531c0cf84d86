/// Decodes the numbers of valid JSON.
enum JSONNumber {
    /// The integer that `text` denotes, however it is written (`10`, `10.0`, `1e1`); nothing when it is not a number,
    /// has a fraction, or does not fit.
    static func integer<Integer: FixedWidthInteger>(_ text: UnsafeRawBufferPointer, as: Integer.Type) -> Integer? {
        var cursor = JSONCursor(text)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        guard cursor.current.isDigit else { return nil }
        var value: Integer = 0
        while cursor.current.isDigit {
            let digit = Integer(truncatingIfNeeded: cursor.current & 0xF)
            guard let next = append(digit, to: value, isNegative: isNegative) else {
                return DecimalNumber(text).integer(as: Integer.self)
            }
            value = next
            cursor.position += 1
        }
        return cursor.isAtEnd ? value : DecimalNumber(text).integer(as: Integer.self)
    }

    /// Counts down from zero for negative numbers, as the lowest integer has no positive counterpart.
    @inline(__always)
    private static func append<Integer: FixedWidthInteger>(
        _ digit: Integer,
        to value: Integer,
        isNegative: Bool
    ) -> Integer? {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) =
            isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        return overflow || carry ? nil : sum
    }

    /// The double nearest to the number that `text` denotes, infinite beyond the largest one, as `JSON.parse` has it;
    /// nothing when it is not a number.
    static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let first = text.first, first.isDigit || first == UInt8(ascii: "-") else { return nil }
        let decimal = DecimalNumber(text)
        return decimal.exactDouble ?? Double(String(decoding: text, as: UTF8.self))
    }
}

/// A number as `significand × 10^exponent`, without trailing zeros in the significand.
private struct DecimalNumber {
    private var isNegative = false
    private var significand: UInt64 = 0
    private var exponent = 0

    /// Whether there were more digits than the significand holds.
    private var isTruncated = false

    /// Zeros seen since the last other digit; they count only when another digit follows.
    private var pendingZeros = 0

    init(_ text: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(text)
        isNegative = cursor.skip(UInt8(ascii: "-"))
        readDigits(&cursor, areFraction: false)
        if cursor.skip(UInt8(ascii: ".")) { readDigits(&cursor, areFraction: true) }
        if !cursor.isAtEnd { readExponent(&cursor) }
        exponent += pendingZeros
    }

    private mutating func readDigits(_ cursor: inout JSONCursor, areFraction: Bool) {
        while cursor.current.isDigit {
            append(UInt64(cursor.current & 0xF))
            if areFraction { exponent -= 1 }
            cursor.position += 1
        }
    }

    private mutating func append(_ digit: UInt64) {
        if digit == 0 {
            pendingZeros += significand == 0 ? 0 : 1
            return
        }
        // More than 19 zeros do not fit behind another digit; checked first, as there may be a million of them.
        if pendingZeros > 19 { isTruncated = true } else { for _ in 0..<pendingZeros { shift(in: 0) } }
        pendingZeros = 0
        shift(in: digit)
    }

    private mutating func shift(in digit: UInt64) {
        let (shifted, overflow) = significand.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(digit)
        if overflow || carry { isTruncated = true } else { significand = sum }
    }

    private mutating func readExponent(_ cursor: inout JSONCursor) {
        cursor.position += 1
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        if !isNegative { _ = cursor.skip(UInt8(ascii: "+")) }
        var value = 0
        while cursor.current.isDigit {
            // Larger exponents all mean the same: far too large, or far too small.
            value = min(value * 10 + Int(cursor.current & 0xF), 1 << 40)
            cursor.position += 1
        }
        exponent += isNegative ? -value : value
    }

    func integer<Integer: FixedWidthInteger>(as: Integer.Type) -> Integer? {
        guard significand != 0 else { return isTruncated ? nil : 0 }
        guard !isTruncated, exponent >= 0, exponent < 20 else { return nil }
        var magnitude = significand
        for _ in 0..<exponent {
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            magnitude = shifted
        }
        return isNegative ? Integer(exactly: -Int128(magnitude)) : Integer(exactly: magnitude)
    }

    /// The double, when significand and power of ten are both exact doubles: then one correctly rounded operation
    /// gives the correctly rounded result.
    var exactDouble: Double? {
        guard !isTruncated, significand <= 1 << 53, abs(exponent) < Self.powersOfTen.count else {
            return significand == 0 && !isTruncated ? (isNegative ? -0.0 : 0) : nil
        }
        let power = Self.powersOfTen[abs(exponent)]
        let magnitude = exponent < 0 ? Double(significand) / power : Double(significand) * power
        return isNegative ? -magnitude : magnitude
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
