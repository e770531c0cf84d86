/// What the kernel says about the server's processes: processor time and memory of each given one and its children.
import Glibc

struct ServerProcess {
    private let roots: [pid_t]

    /// Memory in kilobytes.
    struct Memory {
        /// Resident.
        var rss = 0
        /// Resident, with shared pages divided among those who share them.
        var pss = 0
    }

    /// Throws a problem when one of the processes does not exist.
    init(roots: [pid_t]) throws(Problem) {
        self.roots = roots
        for root in roots where Clock.processorTime(of: root) == nil {
            throw Problem(.system, "there is no process \(root)")
        }
    }

    var isKnown: Bool { !self.roots.isEmpty }

    /// The process that has ended, if one has.
    var missing: pid_t? {
        self.roots.first { Clock.processorTime(of: $0) == nil }
    }

    /// The processor time of all of them so far, in nanoseconds; children that ended count in ticks.
    func processorTime() -> UInt64 {
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return self.tree().reduce(0) { sum, process in
            let stat = Self.stat(process)
            let ended = stat.map { UInt64($0.endedChildrenTicks) * 1_000_000_000 / ticks } ?? 0
            return sum + (Clock.processorTime(of: process) ?? 0) + ended
        }
    }

    func memory() -> Memory {
        self.tree().reduce(into: Memory()) { sum, process in
            let rollup = TextFile.read("/proc/\(process)/smaps_rollup") ?? ""
            sum.rss += Self.kilobytes("Rss:", in: rollup)
            sum.pss += Self.kilobytes("Pss:", in: rollup)
        }
    }

    /// The processes and all that descend from them.
    private func tree() -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for process in TextFile.names(in: "/proc").compactMap({ pid_t($0) }) {
            if let stat = Self.stat(process) {
                children[stat.parent, default: []].append(process)
            }
        }
        var tree: [pid_t] = []
        var waiting = self.roots
        while let process = waiting.popLast() {
            guard !tree.contains(process) else { continue }
            tree.append(process)
            waiting += children[process] ?? []
        }
        return tree
    }

    private static func stat(_ process: pid_t) -> (parent: pid_t, endedChildrenTicks: Int)? {
        guard let text = TextFile.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        // The fields of proc_pid_stat(5) from the third on: state, ppid, …, cutime, cstime.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 14, let parent = pid_t(fields[1]) else { return nil }
        return (parent, (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0))
    }

    private static func kilobytes(_ key: String, in text: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }
}
