/// The result of a run: named figures in order, printed for people or as JSON.
import Foundation

struct Figures {
    enum Value {
        case whole(Int)
        case decimal(Double, places: Int)
        case text(String)
    }

    private var entries: [(name: String, value: Value)] = []

    init() {}

    /// What the run was.
    init(head run: Run) {
        self.add("mode", .text(run.mode))
        self.add("operation", .text(run.operation))
        self.add("server", .text(run.target.authority))
        self.add("payload", .whole(run.options.payload))
        self.add("spin", .whole(run.options.spin ? 1 : 0))
    }

    mutating func add(_ name: String, _ value: Value) {
        self.entries.append((name, value))
    }

    static func + (first: Self, second: Self) -> Self {
        var sum = first
        sum.entries += second.entries
        return sum
    }

    /// Adds what a measurement found.
    mutating func add(_ window: Window, hasServer: Bool) {
        self.add("window_s", .decimal(window.seconds, places: 3))
        self.add("ops", .whole(window.operations))
        self.add("ops_per_s", .decimal(Double(window.operations) / window.seconds, places: 1))
        if hasServer {
            self.add("server_cpu_us_per_op", .decimal(window.perOperation(window.serverSeconds), places: 3))
            self.add("server_cpu_s", .decimal(window.serverSeconds, places: 4))
            self.add("server_busy", .decimal(window.serverBusy, places: 3))
        }
        self.add("generator_cpu_us_per_op", .decimal(window.perOperation(window.generatorSeconds), places: 3))
        self.add("generator_busy", .decimal(window.generatorBusy, places: 3))
        self.add("bound_by", .text(window.boundBy))
        self.add("other_cpu_s", .decimal(window.otherSeconds, places: 2))
        self.add("stolen_s", .decimal(window.stolenSeconds, places: 2))
        self.add("generator_reads", .whole(window.reads))
        self.add("generator_writes", .whole(window.writes))
        self.add("latency_us", window.latency)
    }

    mutating func add(_ name: String, _ histogram: Histogram) {
        guard histogram.count > 0 else { return }
        self.add("\(name)_mean", .decimal(histogram.mean / 1e3, places: 1))
        for (label, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
            self.add("\(name)_\(label)", .decimal(Double(histogram.percentile(share)) / 1e3, places: 1))
        }
        self.add("\(name)_max", .decimal(Double(histogram.maximum) / 1e3, places: 1))
    }

    var text: String {
        let width = self.entries.map { $0.name.count }.max() ?? 0
        return self.entries.map { entry in
            entry.name + String(repeating: " ", count: width - entry.name.count + 2) + Self.plain(entry.value)
        }.joined(separator: "\n")
    }

    func json(examples: [String]) -> String {
        var members = self.entries.map { entry in
            if case .text(let text) = entry.value {
                return "\(Self.quoted(entry.name)):\(Self.quoted(text))"
            }
            return "\(Self.quoted(entry.name)):\(Self.plain(entry.value))"
        }
        members.append("\"examples\":[\(examples.map(Self.quoted).joined(separator: ","))]")
        return "{\(members.joined(separator: ","))}"
    }

    private static func plain(_ value: Value) -> String {
        switch value {
        case .whole(let number): "\(number)"
        case .decimal(let number, let places): String(format: "%.\(places)f", number)
        case .text(let text): text
        }
    }

    private static func quoted(_ text: String) -> String {
        let data = (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8)
        return String(decoding: data, as: UTF8.self)
    }
}
