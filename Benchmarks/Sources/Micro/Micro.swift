/// Measures the parts of the server one by one: nanoseconds and heap allocations for each operation.
import ArgumentParser
import Foundation

@main
struct Micro: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures each codec, the outbox, rooms, the inbox, and a whole event with its acknowledgement.",
        discussion: "Times are of this thread's processor, the best of several rounds. Allocations are exact."
    )

    @Option(help: "Measure only what has this text in its name.")
    var filter: String?

    @Option(help: "Fail unless the allocations are those of this file.")
    var check: String?

    @Option(help: "Write the allocations to this file.")
    var update: String?

    func run() throws {
        let all = try engineBenchmarks() + webSocketBenchmarks() + jsonBenchmarks() + socketBenchmarks()
        let measurements = all.filter { self.filter.map($0.name.contains) ?? true }.map { benchmark in
            let measurement = benchmark.measure()
            print(Self.line(measurement))
            return measurement
        }
        if let update { try Budgets.write(measurements, to: update) }
        guard let check else { return }
        let complaints = try Budgets(file: check).complaints(about: measurements)
        for complaint in complaints { print(complaint) }
        guard complaints.isEmpty else { throw ExitCode.failure }
        print("allocations are within their budgets")
    }

    private static func line(_ measurement: Measurement) -> String {
        let name = measurement.name.padding(toLength: 56, withPad: " ", startingAt: 0)
        let allocations = measurement.allocations.map { String(format: "%7.1f", $0) } ?? "      -"
        return name + String(format: "%10.1f ns", measurement.nanoseconds) + "  \(allocations) allocations"
    }
}
