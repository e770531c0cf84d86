/// Makes limits visible: each time a peer reaches one it is counted, and logged at a bounded rate.
package import Logging
package import Metrics
import Synchronization

/// A limit that peers can reach, named as the configuration names it.
package struct LimitName: Sendable, Hashable {
    /// The configuration's name without its path, such as `sessions`.
    package let name: String

    /// Creates a name.
    package init(_ name: String) {
        self.name = name
    }
}

/// Counts and logs what reaches a limit.
///
/// The counter is `<label>.limit_reached` with the dimension `limit`; the line is a warning, and of each limit there are
/// at most as many a second as ``LogRate`` admits, with the number of those left out.
package final class LimitReporter: Sendable {
    private struct Record {
        let counter: Counter
        var rate = LogRate()
        var count = 0
    }

    private let label: String
    private let logger: Logger
    private let time: TimeSource
    private let factory: any MetricsFactory
    private let records = Mutex<[LimitName: Record]>([:])

    /// Creates a reporter that has seen nothing.
    ///
    /// - Parameters:
    ///   - label: Begins the names of the counter and of the log's metadata.
    ///   - logger: Where the lines go.
    ///   - time: What the rate is measured with.
    ///   - factory: Makes the counters.
    package init(
        label: String,
        logger: Logger,
        time: TimeSource,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.label = label
        self.logger = logger
        self.time = time
        self.factory = factory
    }

    /// A peer has reached a limit.
    ///
    /// - Parameters:
    ///   - limit: The limit.
    ///   - metadata: What else the line says; nothing of a peer's may stand in it unescaped.
    package func reached(_ limit: LimitName, metadata: @autoclosure () -> Logger.Metadata = [:]) {
        let now = self.time.now
        let omitted = self.records.withLock { records -> Int? in
            var record = records[limit] ?? Record(counter: self.counter(for: limit))
            record.counter.increment()
            record.count += 1
            defer { records[limit] = record }
            return record.rate.admit(at: now)
        }
        guard let omitted else { return }
        var metadata = metadata()
        metadata["\(self.label).limit"] = "\(limit.name)"
        metadata["\(self.label).omitted"] = "\(omitted)"
        self.logger.warning("limit reached", metadata: metadata)
    }

    /// How often a limit has been reached.
    package func count(of limit: LimitName) -> Int {
        self.records.withLock { $0[limit]?.count ?? 0 }
    }

    private func counter(for limit: LimitName) -> Counter {
        Counter(label: "\(self.label).limit_reached", dimensions: [("limit", limit.name)], factory: self.factory)
    }
}
