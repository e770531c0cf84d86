/// Makes limits visible: each time a peer reaches one it is counted, and logged at a bounded rate.
package import Logging
package import Metrics
import NIOCore
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

        /// Counts, without the counter: a backend is not called under a lock.
        ///
        /// - Returns: The counter, and how many lines were left out; `nil` when this one is, too.
        mutating func note(_ count: Int, at now: NIODeadline) -> (counter: Counter, omitted: Int?) {
            self.count += count
            return (self.counter, self.rate.admit(at: now))
        }
    }

    private let label: String
    private let source: String
    private let logger: Logger
    private let time: TimeSource
    private let factory: any MetricsFactory
    private let records = Mutex<[LimitName: Record]>([:])

    /// Creates a reporter that has seen nothing.
    ///
    /// - Parameters:
    ///   - label: Begins the names of the counter and of the log's metadata.
    ///   - source: The module that the lines are from.
    ///   - logger: Where the lines go.
    ///   - time: What the rate is measured with.
    ///   - factory: Makes the counters.
    package init(
        label: String,
        source: String = "EngineIO",
        logger: Logger,
        time: TimeSource,
        factory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.label = label
        self.source = source
        self.logger = logger
        self.time = time
        self.factory = factory
    }

    /// A peer has reached a limit.
    ///
    /// - Parameters:
    ///   - limit: The limit.
    ///   - count: How often: one line stands for all.
    ///   - metadata: What else the line says; nothing of a peer's may stand in it unescaped.
    package func reached(
        _ limit: LimitName,
        count: Int = 1,
        metadata: @autoclosure () -> Logger.Metadata = [:]
    ) {
        let (counter, omitted) = self.note(limit, count)
        counter.increment(by: count)
        guard let omitted else { return }
        var metadata = metadata()
        metadata["\(self.label).limit"] = "\(limit.name)"
        metadata["\(self.label).omitted"] = "\(omitted)"
        self.logger.warning("limit reached", metadata: metadata, source: self.source)
    }

    /// How often a limit has been reached.
    package func count(of limit: LimitName) -> Int {
        self.records.withLock { $0[limit]?.count ?? 0 }
    }

    private func note(_ limit: LimitName, _ count: Int) -> (counter: Counter, omitted: Int?) {
        let now = self.time.now
        if let noted = self.records.withLock({ $0[limit]?.note(count, at: now) }) { return noted }
        // Two threads may both make one: to a backend they are the same.
        let counter = self.makeCounter(for: limit)
        return self.records.withLock { $0[limit, default: Record(counter: counter)].note(count, at: now) }
    }

    private func makeCounter(for limit: LimitName) -> Counter {
        Counter(label: "\(self.label).limit_reached", dimensions: [("limit", limit.name)], factory: self.factory)
    }
}
