/// One run: what all modes work with, the passing of time, the measurement, the end.
import CLinux
import Glibc

final class Run {
    let mode: String
    /// What is counted, as a noun.
    let operation: String
    let options: CommonOptions
    let target: Target
    let poller: Poller
    let server: ServerProcess
    let payload: Payload
    let faults = Faults()
    /// The number of operations so far.
    var operations = 0
    /// The nanoseconds that operations took.
    var latency = Histogram()
    private let deadline: UInt64

    init(mode: String, operation: String, options: CommonOptions) throws {
        self.mode = mode
        self.operation = operation
        self.options = options
        guard let target = options.target else { throw RunEnd.wrongUsage }
        self.target = target
        signal(SIGPIPE, SIG_IGN)
        if let cpu = options.cpu, linux_pin_to_processor(Int32(cpu)) != 0 {
            printError("Error: there is no processor \(cpu)")
            throw RunEnd.wrongUsage
        }
        do {
            self.server = try ServerProcess(roots: options.serverPid)
            self.poller = try Poller()
        } catch {
            printError("Error: \((error as? Problem)?.text ?? "\(error)")")
            throw RunEnd.wrongUsage
        }
        self.payload = Payload(size: options.payload)
        self.deadline = Clock.now() + Clock.nanoseconds(options.timeout ?? Self.limit(options))
    }

    /// The time for a minute of connecting besides what is asked for.
    private static func limit(_ options: CommonOptions) -> Double {
        60 + options.warmup + options.seconds + options.drain
    }

    /// Lets things happen for that long, or until the condition no longer holds.
    func proceed(for seconds: Double, while condition: () -> Bool = { true }) throws {
        let end = Clock.now() + Clock.nanoseconds(seconds)
        while condition() {
            self.poller.turn(until: end)
            if self.poller.now >= end {
                return
            }
            if self.poller.now >= self.deadline {
                self.faults.record(.late, "the whole run took longer than its limit")
                try? self.report(Figures())
                throw RunEnd.outOfTime
            }
        }
    }

    /// Measures what happens in the time that was asked for.
    func measure(while condition: () -> Bool = { true }) throws -> Window {
        self.latency = Histogram()
        let before = Snapshot(self)
        try self.proceed(for: self.options.seconds, while: condition)
        if let missing = self.server.missing {
            self.faults.record(.closed, "the server's process \(missing) has ended")
        }
        return Window(from: before, to: Snapshot(self), latency: self.latency, spins: self.options.spin)
    }

    /// Prints the figures with the faults, and ends the run as it deserves.
    func report(_ figures: Figures) throws {
        var figures = figures
        figures.add("faults", .whole(self.faults.total))
        for fault in Fault.allCases {
            if let count = self.faults.counts[fault] {
                figures.add("fault_\(fault.rawValue)", .whole(count))
            }
        }
        let head = Figures(head: self)
        print(self.options.json ? (head + figures).json(examples: self.faults.examples) : (head + figures).text)
        for example in self.faults.examples {
            printError(example)
        }
        if self.faults.total > 0 {
            throw RunEnd.faulty
        }
    }
}
