internal import NIOCore

extension JSONWriter {
    mutating func write(_ value: some FixedWidthInteger) {
        let magnitude = UInt64(truncatingIfNeeded: value.magnitude)
        guard value.magnitude == magnitude else { return write(ascii: String(value)) }
        if value < 0 { write(punctuation: UInt8(ascii: "-")) }
        write(digits: magnitude)
    }

    /// Writes a number as JavaScript formats it; what is not finite becomes `null`.
    mutating func write(_ value: Double) {
        guard value.isFinite else { return writeNull() }
        if let integer = Int64(exactly: value), integer.magnitude <= 1 << 53 { return write(integer) }
        if value < 0 { write(punctuation: UInt8(ascii: "-")) }
        write(ShortestNumber(value.magnitude))
    }

    /// Writes a number with no more digits than tell it from other floats.
    mutating func write(_ value: Float) {
        guard value.isFinite else { return writeNull() }
        if let integer = Int64(exactly: value), integer.magnitude <= 1 << 24 { return write(integer) }
        if value < 0 { write(punctuation: UInt8(ascii: "-")) }
        write(ShortestNumber(description: value.magnitude.description))
    }

    private mutating func write(ascii text: String) {
        buffer.writeString(text)
    }

    private mutating func write(digits value: UInt64) {
        write(digits: value, width: value.decimalDigitCount)
    }

    /// Writes a number with leading zeros up to `width`, which must suffice.
    private mutating func write(digits value: UInt64, width: Int) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: width) { output in
            var rest = value
            for position in stride(from: width - 1, through: 0, by: -1) {
                output[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return width
        }
    }
}

// MARK: - Notations

extension JSONWriter {
    /// Chooses the notation as ECMAScript's `Number::toString` does.
    private mutating func write(_ number: ShortestNumber) {
        switch number.point {
        case ...(-6), 22...: writeScientific(number)
        case ...0: writeSmallFraction(number)
        default: number.exponent < 0 ? writeFraction(number) : writeInteger(number)
        }
    }

    private mutating func writeInteger(_ number: ShortestNumber) {
        write(digits: number.significand)
        buffer.writeRepeatingByte(UInt8(ascii: "0"), count: number.exponent)
    }

    private mutating func writeFraction(_ number: ShortestNumber) {
        let (whole, fraction) = number.significand.quotientAndRemainder(dividingBy: .powerOfTen(-number.exponent))
        write(digits: whole)
        write(punctuation: UInt8(ascii: "."))
        write(digits: fraction, width: -number.exponent)
    }

    private mutating func writeSmallFraction(_ number: ShortestNumber) {
        buffer.writeStaticString("0.")
        buffer.writeRepeatingByte(UInt8(ascii: "0"), count: -number.point)
        write(digits: number.significand)
    }

    private mutating func writeScientific(_ number: ShortestNumber) {
        let width = number.significand.decimalDigitCount - 1
        let (first, others) = number.significand.quotientAndRemainder(dividingBy: .powerOfTen(width))
        write(digits: first)
        if width > 0 {
            write(punctuation: UInt8(ascii: "."))
            write(digits: others, width: width)
        }
        buffer.writeStaticString(number.point > 0 ? "e+" : "e-")
        write(digits: UInt64((number.point - 1).magnitude))
    }
}

/// A positive number as `significand × 10^exponent` with the fewest digits that read back as the same number.
private struct ShortestNumber {
    private(set) var significand: UInt64 = 0
    private(set) var exponent = 0

    /// Where the decimal point stands, counted from the first digit.
    var point: Int { significand.decimalDigitCount + exponent }

    init(_ value: Double) {
        if let short = Self(fewDecimals: value) { self = short } else { self.init(description: value.description) }
    }

    /// Tries up to six decimals, which covers most fractions people write and is faster than the general algorithm.
    ///
    /// Exact, because a significand below 2^53 divided by a small power of ten rounds correctly, and because no two
    /// decimals of at most 15 digits are the same double.
    private init?(fewDecimals value: Double) {
        var power = 1.0
        for decimals in 1...6 {
            power *= 10
            let scaled = (value * power).rounded()
            guard scaled < 1e15 else { return nil }
            guard scaled / power == value else { continue }
            significand = UInt64(scaled)
            exponent = -decimals
            return
        }
        return nil
    }

    /// Takes what Swift's `description` says: `digits.digits[e(+|-)digits]`.
    ///
    /// Swift and JavaScript choose the same digits; they disagree about exponents and about `.0`.
    init(description: String) {
        var fractionStarted = false
        var rest = Substring(description).utf8
        while let byte = rest.popFirst(), byte != UInt8(ascii: "e") {
            if byte == UInt8(ascii: ".") {
                fractionStarted = true
            } else {
                significand = significand * 10 + UInt64(byte & 0xF)
                exponent -= fractionStarted ? 1 : 0
            }
        }
        exponent += Int(Substring(rest)) ?? 0
        removeTrailingZeros()
    }

    private mutating func removeTrailingZeros() {
        while significand != 0, significand.isMultiple(of: 10) {
            significand /= 10
            exponent += 1
        }
    }
}

extension UInt64 {
    /// The number of decimal digits, one for zero.
    fileprivate var decimalDigitCount: Int {
        var count = 1
        var bound: UInt64 = 10
        while self >= bound {
            count += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return count
    }

    /// Ten to a power of at most 19.
    fileprivate static func powerOfTen(_ exponent: Int) -> UInt64 {
        (0..<exponent).reduce(1) { power, _ in power &* 10 }
    }
}
