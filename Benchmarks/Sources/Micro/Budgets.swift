/// The committed numbers of allocations, which a change may lower but not exceed unnoticed.
import Foundation

/// The allowed allocations of each operation.
struct Budgets {
    /// Allocations are whole numbers; what happens once in many operations stays below this.
    private static let tolerance = 0.1

    private var allowed: [String: Double]

    init(file: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: file))
        self.allowed = try JSONDecoder().decode([String: Double].self, from: data)
    }

    /// Says what is wrong with the measurements, if anything.
    func complaints(about measurements: [Measurement]) -> [String] {
        let names = Set(measurements.map(\.name))
        let stale = self.allowed.keys.filter { !names.contains($0) }.sorted()
        let ours = measurements.filter { !$0.isPeer }
        return stale.map { "\($0): has a budget, but is not measured" } + ours.compactMap(self.complaint)
    }

    private func complaint(about measurement: Measurement) -> String? {
        guard let found = measurement.allocations else { return nil }
        guard let allowed = self.allowed[measurement.name] else { return "\(measurement.name): has no budget" }
        if found > allowed + Self.tolerance {
            return "\(measurement.name): expected at most \(allowed) allocations, found \(found)"
        }
        // A budget with slack would let the next change spend it.
        if found < allowed - Self.tolerance {
            return "\(measurement.name): expected \(allowed) allocations, found only \(found): lower the budget"
        }
        return nil
    }

    /// Writes what was measured as the new budgets.
    static func write(_ measurements: [Measurement], to file: String) throws {
        let pairs = measurements.filter { !$0.isPeer }.compactMap { measurement in
            measurement.allocations.map { (measurement.name, ($0 * 10).rounded() / 10) }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(Dictionary(uniqueKeysWithValues: pairs))
        data.append(UInt8(ascii: "\n"))
        try data.write(to: URL(fileURLWithPath: file))
    }
}
