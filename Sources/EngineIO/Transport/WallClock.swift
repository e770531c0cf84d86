/// The time of day, and the `Date` header made from it once a second.
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The system's time of day, for ``TimeSource``.
package enum WallClock {
    /// Seconds since 1970.
    package static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Formats the `Date` header (RFC 9110 §5.6.7) when the second changes.
final class HTTPDateCache: Sendable {
    private struct Entry {
        var second: Int?
        var text = ""
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private let entry = Mutex(Entry())

    /// The header's value.
    ///
    /// - Parameter timeOfDay: The time, in seconds since 1970.
    func text(at timeOfDay: Double) -> String {
        let second = Int(timeOfDay)
        return self.entry.withLock { entry in
            if entry.second != second { entry = Entry(second: second, text: Self.format(second)) }
            return entry.text
        }
    }

    /// Formats seconds since 1970.
    static func format(_ second: Int) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.twoDigits(Int($0)) }.joined(separator: ":")
        let day = "\(Self.days[Int(parts.tm_wday)]), \(Self.twoDigits(Int(parts.tm_mday)))"
        return "\(day) \(Self.months[Int(parts.tm_mon)]) \(Int(parts.tm_year) + 1900) \(clock) GMT"
    }

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
