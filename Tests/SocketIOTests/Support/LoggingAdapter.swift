/// An adapter whose life a test can follow, and hold up.
import SocketIO
import TestSupport

/// An adapter that writes down when it is started and closed.
final class LoggingAdapter: ForwardingAdapter {
    struct Failure: Error {}

    private let name: String
    private let log: Log
    private let fails: Bool
    private let gate: Gate?
    private let closingGate: Gate?
    let base = InMemoryAdapter()

    init(name: String, log: Log, fails: Bool = false, gate: Gate? = nil, closingGate: Gate? = nil) {
        self.name = name
        self.log = log
        self.fails = fails
        self.gate = gate
        self.closingGate = closingGate
    }

    func start() async throws {
        if self.fails { throw Failure() }
        self.log.append("start \(self.name)")
        await self.gate?.pass()
    }

    func close() async {
        if let closingGate {
            self.log.append("closing \(self.name)")
            await closingGate.pass()
        }
        self.log.append("close \(self.name)")
    }
}
