/// Writes lines somewhere without making anybody wait: neither a slow disk nor a stopped terminal holds up the chat.
import Dispatch
import Synchronization

/// Takes lines, and writes them on a queue of its own.
///
/// What waits is bounded: lines beyond are lost and counted, and the count is written in their place. What cannot be
/// written waits as well and is tried again once a second; so a disk that was full for a while leaves no gap, or one of
/// known size.
final class LineWriter: Sendable {
    /// Writes bytes somewhere; may block.
    typealias Write = @Sendable (ArraySlice<UInt8>) throws(WriteFailure) -> Void

    private struct State {
        var pending: [UInt8] = []
        /// What is being written.
        var inWrite: [UInt8] = []
        /// Lines lost since the last that was taken.
        var lostLines = 0
        /// Lines lost since writing failed.
        var lostInFailure = 0
        var isDraining = false
        var isRetryDue = false
        var hasFailed = false

        /// Writes in the place of lost lines how many they were.
        mutating func noteLoss() {
            guard self.lostLines > 0 else { return }
            self.pending.append(contentsOf: "\(self.lostLines)\(Self.lossNotice)\n".utf8)
            self.lostLines = 0
        }

        private static let lossNotice = " lines were lost here"

        /// How many lines have not been written, those lost among them.
        ///
        /// A write that hangs may have written some of its lines: nobody knows.
        var unwrittenLines: Int { Self.lines(in: self.inWrite) + Self.lines(in: self.pending) + self.lostLines }

        private static func lines(in bytes: [UInt8]) -> Int {
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").reduce(0) { sum, line in
                // Other lines begin with a date.
                let lost = line.hasSuffix(Self.lossNotice) ? Int(line.dropLast(Self.lossNotice.count)) : nil
                return sum + (lost ?? 1)
            }
        }
    }

    private let name: String
    private let limit: Int
    private let retryDelay: Duration
    private let queue: DispatchQueue
    private let write: Write
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - name: What is written to, as it is called in reports.
    ///   - limit: The most bytes that wait.
    ///   - retryDelay: How long to wait after a failure before the next attempt.
    ///   - report: Gets a sentence when writing fails for the first time, and when it works again.
    ///   - write: Writes what was taken.
    init(
        _ name: String,
        limit: Int = 1 << 20,
        retryDelay: Duration = .seconds(1),
        report: @escaping @Sendable (String) -> Void = { _ in },
        write: @escaping Write
    ) {
        self.name = name
        self.limit = limit
        self.retryDelay = retryDelay
        self.queue = DispatchQueue(label: "log.\(name)")
        self.report = report
        self.write = write
    }

    /// Takes a line, without its end.
    func append(_ line: String) {
        let mustStart = self.state.withLock { state in
            guard state.pending.count + state.inWrite.count + line.utf8.count < self.limit else {
                state.lostLines += 1
                if state.hasFailed { state.lostInFailure += 1 }
                return false
            }
            state.noteLoss()
            state.pending.append(contentsOf: line.utf8)
            state.pending.append(UInt8(ascii: "\n"))
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustStart { self.queue.async { self.drain() } }
    }

    /// Does something between two writes.
    func perform(_ work: @escaping @Sendable () -> Void) {
        self.queue.async(execute: work)
    }

    /// Tries to write all lines so far, and waits for that, but no longer than a second.
    func flush() {
        let done = DispatchSemaphore(value: 0)
        self.queue.async {
            self.drain()
            done.signal()
        }
        _ = done.wait(timeout: .now() + .seconds(1))
    }

    /// Flushes for the last time, and reports how many lines are lost for good.
    func finish() {
        self.flush()
        let lost = self.state.withLock { $0.unwrittenLines }
        if lost > 0 { self.report("\(lost) lines could not be written to \(self.name)") }
    }

    // MARK: On the queue

    private func drain() {
        while let bytes = self.takePending() {
            do throws(WriteFailure) {
                try self.write(bytes[...])
                self.succeeded()
            } catch {
                self.failed(error.error, leaving: bytes.dropFirst(error.byteCount))
                return self.retryLater()
            }
        }
    }

    private func takePending() -> [UInt8]? {
        self.state.withLock { state in
            state.noteLoss()
            guard !state.pending.isEmpty else {
                state.isDraining = false
                return nil
            }
            defer { state.pending = [] }
            state.inWrite = state.pending
            return state.pending
        }
    }

    private func succeeded() {
        let report = self.state.withLock { state -> String? in
            state.inWrite = []
            guard state.hasFailed else { return nil }
            defer {
                state.hasFailed = false
                state.lostInFailure = 0
            }
            let loss = state.lostInFailure == 0 ? "no line was lost" : "\(state.lostInFailure) lines were lost"
            return "\(self.name) can be written again, \(loss)"
        }
        if let report { self.report(report) }
    }

    /// Notes that writing fails, which is reported the first time.
    ///
    /// - Parameter rest: What has not been written; it waits in front of all else.
    func failed(_ error: FileError, leaving rest: ArraySlice<UInt8> = []) {
        let isNew = self.state.withLock { state in
            state.inWrite = []
            state.pending.insert(contentsOf: rest, at: 0)
            defer { state.hasFailed = true }
            return !state.hasFailed
        }
        if isNew { self.report("cannot write \(self.name): \(error)") }
    }

    /// Tries again in a while; until then lines only wait.
    private func retryLater() {
        let mustWait = self.state.withLock { state in
            defer { state.isRetryDue = true }
            return !state.isRetryDue
        }
        guard mustWait else { return }
        let (seconds, attoseconds) = self.retryDelay.components
        let delay = DispatchTimeInterval.milliseconds(Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
        self.queue.asyncAfter(deadline: .now() + delay) {
            self.state.withLock { $0.isRetryDue = false }
            self.drain()
        }
    }
}
