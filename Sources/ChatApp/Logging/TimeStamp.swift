/// The time at the beginning of each line of the log.

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Formats points in time as ISO 8601 has them, in UTC: `2026-01-31T23:59:59.007Z`.
enum TimeStamp {
    /// The time now.
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Self.format(second: Int(time.tv_sec), millisecond: Int(time.tv_nsec) / 1_000_000)
    }

    /// A time given in seconds since 1970.
    static func format(second: Int, millisecond: Int) -> String {
        var second = time_t(second)
        var parts = tm()
        gmtime_r(&second, &parts)
        let date = "\(Int(parts.tm_year) + 1900)-\(Self.padded(parts.tm_mon + 1))-\(Self.padded(parts.tm_mday))"
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.padded($0) }.joined(separator: ":")
        return "\(date)T\(clock).\(Self.padded(CInt(millisecond), width: 3))Z"
    }

    private static func padded(_ number: CInt, width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
