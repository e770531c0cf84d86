/// A metrics backend that only counts.
import Metrics
import Synchronization

/// Keeps the value of each counter and meter by its label and dimensions, as `label{value}`.
final class CountingMetrics: MetricsFactory {
    private let values = Mutex<[String: Counted]>([:])

    /// The values by their names.
    var all: [String: Int] { self.values.withLock { $0.mapValues(\.value) } }

    private func counted(_ label: String, _ dimensions: [(String, String)]) -> Counted {
        let suffix = dimensions.map(\.1).joined(separator: ",")
        let name = suffix.isEmpty ? label : "\(label){\(suffix)}"
        return self.values.withLock { values in
            let counted = values[name] ?? Counted()
            values[name] = counted
            return counted
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.counted(label, dimensions)
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.counted(label, dimensions)
    }

    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        NOOPMetricsHandler.instance
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }

    // Nobody is asked for as many as that they had to be given back.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// One counter or meter.
final class Counted: CounterHandler, MeterHandler {
    private let total = Atomic<Int>(0)

    var value: Int { self.total.load(ordering: .relaxed) }

    func increment(by amount: Int64) { self.total.add(Int(amount), ordering: .relaxed) }

    func reset() { self.total.store(0, ordering: .relaxed) }

    func set(_ value: Int64) { self.total.store(Int(value), ordering: .relaxed) }

    func set(_ value: Double) { self.set(Int64(value)) }

    func increment(by amount: Double) { self.increment(by: Int64(amount)) }

    func decrement(by amount: Double) { self.increment(by: -Int64(amount)) }
}
