/// Counts durations in buckets that grow with the value, so that every percentile is right within 0.8 %.
struct Histogram {
    /// Values below this have a bucket each; each doubling above is cut into half as many.
    private static let linear: UInt64 = 256
    private static let shift = 7
    private var buckets = [UInt32](repeating: 0, count: Int(Self.linear) + 48 * (1 << Self.shift))
    private(set) var count = 0
    private(set) var sum: UInt64 = 0
    private(set) var maximum: UInt64 = 0

    mutating func record(_ value: UInt64) {
        self.buckets[Self.bucket(of: value)] &+= 1
        self.count += 1
        self.sum &+= value
        self.maximum = max(self.maximum, value)
    }

    var mean: Double { self.count == 0 ? 0 : Double(self.sum) / Double(self.count) }

    /// The value that this share of all values does not exceed.
    func percentile(_ share: Double) -> UInt64 {
        let wanted = max(1, Int((share * Double(self.count)).rounded(.up)))
        var seen = 0
        for (bucket, count) in self.buckets.enumerated() {
            seen += Int(count)
            if seen >= wanted {
                return min(Self.middle(of: bucket), self.maximum)
            }
        }
        return self.maximum
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= self.linear else { return Int(value) }
        let doubling = 63 - value.leadingZeroBitCount - self.shift
        let bucket = Int(self.linear) + (doubling - 1) << self.shift + Int(value >> UInt64(doubling)) - 1 << self.shift
        return min(bucket, Int(self.linear) + 48 << self.shift - 1)
    }

    private static func middle(of bucket: Int) -> UInt64 {
        guard bucket >= self.linear else { return UInt64(bucket) }
        let above = bucket - Int(self.linear)
        let doubling = above >> self.shift + 1
        let low = UInt64(above & (1 << self.shift - 1) + 1 << self.shift) << UInt64(doubling)
        return low + 1 << UInt64(doubling) / 2
    }
}
