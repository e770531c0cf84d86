/// Points in time as JavaScript's `Date` writes them: `2024-01-02T03:04:05.678Z`.
enum ISODate {
    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The farthest that JavaScript's dates reach from 1970, in milliseconds.
    private static let limit = 8.64e15

    /// The text for a time since 1970; nothing for a time that JavaScript calls invalid.
    static func text(milliseconds: Double) -> String? {
        guard abs(milliseconds) <= limit else { return nil }
        let time = Int64(milliseconds.rounded())
        let day = Int64((Double(time) / Double(millisecondsPerDay)).rounded(.down))
        let date = CivilDate(daysSince1970: day)
        let rest = time - day * millisecondsPerDay
        return yearText(date.year) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T" + timeText(rest)
            + "Z"
    }

    private static func yearText(_ year: Int64) -> String {
        (0...9999).contains(year) ? padded(year, 4) : (year < 0 ? "-" : "+") + padded(abs(year), 6)
    }

    private static func timeText(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return clock + "." + padded(milliseconds % 1000, 3)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The time since 1970 that `text` denotes: a date with time and zone (`Z` or `+hh:mm`), seconds and their
    /// fraction optional; nothing when it is written in another way, does not exist, or is beyond what JavaScript's
    /// dates reach.
    static func milliseconds(_ text: String) -> Double? {
        var reader = ISODateReader(text)
        return reader.read().flatMap { abs($0) <= limit ? $0 : nil }
    }
}

/// A day of the calendar that counts as if it had always been in force.
struct CivilDate: Hashable {
    var year: Int64
    var month: Int64
    var day: Int64
}

extension CivilDate {
    private static var daysPerEra: Int64 { 146_097 }

    /// Days from 1 March of year 0, from where leap days come last in their year, to 1 January 1970.
    private static var epoch: Int64 { 719_468 }

    init(daysSince1970: Int64) {
        let days = daysSince1970 + Self.epoch
        let era = (days >= 0 ? days : days - Self.daysPerEra + 1) / Self.daysPerEra
        let dayOfEra = days - era * Self.daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.epoch
    }

    /// Whether the calendar has this day.
    var exists: Bool { CivilDate(daysSince1970: daysSince1970) == self }
}

/// Reads one date from left to right.
private struct ISODateReader {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    mutating func read() -> Double? {
        guard let days = readDays(), skip("T"), let time = readTime(), let offset = readOffset(), rest.isEmpty else {
            return nil
        }
        return Double(days) * 86_400_000 + time - Double(offset) * 60_000
    }

    private mutating func readDays() -> Int64? {
        guard let year = readYear(), skip("-"), let month = readNumber(2), skip("-"), let day = readNumber(2) else {
            return nil
        }
        let date = CivilDate(year: year, month: month, day: day)
        return (1...12).contains(month) && date.exists ? date.daysSince1970 : nil
    }

    private mutating func readYear() -> Int64? {
        if skip("+") { return readNumber(6) }
        if skip("-") { return readNumber(6).map { -$0 } }
        return readNumber(4)
    }

    private mutating func readTime() -> Double? {
        guard let hour = readNumber(2), skip(":"), let minute = readNumber(2) else { return nil }
        guard let second = skip(":") ? readNumber(2) : 0, let fraction = skip(".") ? readFraction() : 0 else {
            return nil
        }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        return Double(((hour * 60 + minute) * 60 + second) * 1000) + fraction
    }

    /// Reads the digits after the point as milliseconds.
    private mutating func readFraction() -> Double? {
        var value = 0.0
        var scale = 100.0
        guard let first = rest.first, first.isDigit else { return nil }
        while let digit = rest.first, digit.isDigit {
            value += Double(digit & 0xF) * scale
            scale /= 10
            rest.removeFirst()
        }
        return value
    }

    private mutating func readOffset() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : -1
        guard sign == 1 || skip("-"), let hours = readNumber(2), skip(":"), let minutes = readNumber(2) else {
            return nil
        }
        return hours < 24 && minutes < 60 ? sign * (hours * 60 + minutes) : nil
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func readNumber(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = rest.first, digit.isDigit else { return nil }
            value = value * 10 + Int64(digit & 0xF)
            rest.removeFirst()
        }
        return value
    }
}
