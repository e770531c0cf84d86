/// Counts durations in buckets of a tenth of a millisecond.

/// What one wants to know of many durations, in milliseconds.
struct GapSummary: Encodable, Sendable {
    var count: Int
    var median: Double
    var p99: Double
    var p999: Double
    var maximum: Double
}

/// Durations up to two seconds by buckets, and the largest as it was.
struct GapHistogram: Sendable {
    private static let bucketNanoseconds: Int64 = 100_000
    private var buckets = [UInt32](repeating: 0, count: 20_000)
    private var count = 0
    private var maximum: Int64 = 0

    mutating func record(_ nanoseconds: Int64) {
        let bucket = min(Int(nanoseconds / Self.bucketNanoseconds), self.buckets.count - 1)
        self.buckets[bucket] &+= 1
        self.count += 1
        self.maximum = max(self.maximum, nanoseconds)
    }

    var summary: GapSummary {
        GapSummary(
            count: self.count,
            median: self.percentile(0.5),
            p99: self.percentile(0.99),
            p999: self.percentile(0.999),
            maximum: Double(self.maximum) / 1e6
        )
    }

    /// The value that this share of all values does not exceed, rounded up to a bucket.
    private func percentile(_ share: Double) -> Double {
        let wanted = Int((share * Double(self.count)).rounded(.up))
        var seen = 0
        for (bucket, count) in self.buckets.enumerated() {
            seen += Int(count)
            if seen >= wanted { return Double(bucket + 1) * Double(Self.bucketNanoseconds) / 1e6 }
        }
        return Double(self.maximum) / 1e6
    }
}
