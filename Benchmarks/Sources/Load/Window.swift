/// The measurement: the clocks and counters at its begin and end, and what follows from them.

/// Everything that is read at one moment.
struct Snapshot {
    let time: UInt64
    let operations: Int
    let serverTime: UInt64
    let generatorTime: UInt64
    let activeTime: UInt64
    let machine: Machine
    let reads: Int
    let writes: Int

    init(_ run: Run) {
        self.machine = Machine.now()
        self.operations = run.operations
        self.activeTime = run.poller.activeTime
        self.reads = run.poller.reads
        self.writes = run.poller.writes
        self.serverTime = run.server.processorTime()
        self.generatorTime = Clock.ownProcessorTime()
        self.time = Clock.now()
    }
}

struct Window {
    /// The share of a processor from which on it counts as fully busy.
    private static let saturation = 0.95

    let seconds: Double
    var operations: Int
    let serverSeconds: Double
    let generatorSeconds: Double
    /// The share of the time in which the generator had something to do.
    let generatorBusy: Double
    let otherSeconds: Double
    let stolenSeconds: Double
    let reads: Int
    let writes: Int
    let latency: Histogram

    init(from start: Snapshot, to end: Snapshot, latency: Histogram, spins: Bool) {
        self.seconds = Double(end.time - start.time) / 1e9
        self.operations = end.operations - start.operations
        self.serverSeconds = Double(end.serverTime) / 1e9 - Double(start.serverTime) / 1e9
        self.generatorSeconds = Double(end.generatorTime - start.generatorTime) / 1e9
        let active = Double(end.activeTime - start.activeTime) / 1e9
        self.generatorBusy = (spins ? active : self.generatorSeconds) / self.seconds
        let busy = end.machine.busy - start.machine.busy
        self.otherSeconds = max(0, busy - self.serverSeconds - self.generatorSeconds)
        self.stolenSeconds = end.machine.stolen - start.machine.stolen
        self.reads = end.reads - start.reads
        self.writes = end.writes - start.writes
        self.latency = latency
    }

    var serverBusy: Double { self.serverSeconds / self.seconds }

    /// Who was the limit.
    var boundBy: String {
        if self.generatorBusy > Self.saturation {
            return "generator"
        }
        return self.serverBusy > Self.saturation ? "server" : "neither"
    }

    func perOperation(_ seconds: Double) -> Double {
        self.operations > 0 ? seconds * 1e6 / Double(self.operations) : 0
    }
}
