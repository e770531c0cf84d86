/// Limits that are reached: counted by how often, through a backend that may do what it likes.
import Metrics
import MetricsTestKit
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

/// A backend that looks at what it is told about, as one does that gathers values when it is asked.
private final class CuriousFactory: MetricsFactory, CounterHandler {
    let reporter = Mutex<LimitReporter?>(nil)
    let counts = EventLog<Int>()

    private func look() {
        self.counts.append(self.reporter.withLock { $0 }?.count(of: .outboxBytes) ?? 0)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.look()
        return self
    }

    func increment(by amount: Int64) { self.look() }
    func reset() {}

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance.makeTimer(label: label, dimensions: dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

@Suite struct LimitReporterTests {
    private func reporter(_ factory: any MetricsFactory) -> LimitReporter {
        LimitReporter(label: "test", logger: quietLogger(), time: TimeSource(), factory: factory)
    }

    @Test func `a limit is counted as often as it was reached`() throws {
        let metrics = TestMetrics()
        let reporter = self.reporter(metrics)
        for count in 1...3 { reporter.reached(.outboxBytes, count: count) }
        reporter.reached(.sessions)
        #expect(reporter.count(of: .outboxBytes) == 6)
        #expect(reporter.count(of: .sessions) == 1)
        let total = { limit in try metrics.expectCounter("test.limit_reached", [("limit", limit)]).totalValue }
        #expect(try total("outboxBytes") == 6)
        #expect(try total("sessions") == 1)
    }

    @Test func `a backend is called without a lock`() {
        let factory = CuriousFactory()
        let reporter = self.reporter(factory)
        factory.reporter.withLock { $0 = reporter }
        for _ in 0..<2 { reporter.reached(.outboxBytes) }
        // Made before anything is counted, and told after.
        #expect(factory.counts.all == [0, 1, 2])
        factory.reporter.withLock { $0 = nil }
    }
}
