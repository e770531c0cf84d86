/// What the whole machine was busy with, to tell a disturbed run from a quiet one.
struct Machine {
    /// Seconds in which processors worked.
    let busy: Double
    /// Seconds that the hypervisor took.
    let stolen: Double

    /// Reads the counters of all processors since boot.
    static func now() -> Self {
        let line = TextFile.read("/proc/stat")?.prefix { $0 != "\n" } ?? ""
        let fields = line.split(separator: " ").dropFirst().map { Double($0) ?? 0 }
        guard fields.count >= 8 else { return Self(busy: 0, stolen: 0) }
        // user nice system idle iowait irq softirq steal
        return Self(busy: (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / 100, stolen: fields[7] / 100)
    }
}
