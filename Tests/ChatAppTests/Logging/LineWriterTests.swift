/// Lines are written in order, without holding anybody up, and without growing memory.
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import ChatApp

@Suite struct LineWriterTests {
    /// What was written, and what the next writes do.
    private final class Destination: Sendable {
        private struct State {
            var text = ""
            var attempts = 0
            var reports: [String] = []
            var failure: FileError?
            /// How many bytes a write takes that fails.
            var room = 0
        }

        private let state = Mutex(State())
        /// Each write waits here until the test lets it.
        private let gate = DispatchSemaphore(value: 0)

        var text: String { self.state.withLock { $0.text } }
        var attempts: Int { self.state.withLock { $0.attempts } }
        var reports: [String] { self.state.withLock { $0.reports } }

        func fail(with failure: FileError?, room: Int = 0) {
            self.state.withLock { state in
                state.failure = failure
                state.room = room
            }
        }

        func open(times: Int = 1) { for _ in 0..<times { self.gate.signal() } }

        func report(_ text: String) { self.state.withLock { $0.reports.append(text) } }

        func write(_ bytes: ArraySlice<UInt8>) throws(WriteFailure) {
            self.gate.wait()
            let failure = self.state.withLock { state -> WriteFailure? in
                state.attempts += 1
                let count = state.failure == nil ? bytes.count : min(bytes.count, state.room)
                state.text += String(decoding: bytes.prefix(count), as: UTF8.self)
                return state.failure.map { WriteFailure(error: $0, byteCount: count) }
            }
            if let failure { throw failure }
        }
    }

    /// A writer that does not try again by itself before the test has ended.
    private func writer(
        to destination: Destination,
        limit: Int = 1000,
        retryDelay: Duration = .seconds(3600)
    ) -> LineWriter {
        let write: LineWriter.Write = { bytes throws(WriteFailure) in try destination.write(bytes) }
        let report: @Sendable (String) -> Void = { destination.report($0) }
        return LineWriter("the log", limit: limit, retryDelay: retryDelay, report: report, write: write)
    }

    @Test func `lines are written in order, without waiting for them`() {
        let destination = Destination()
        let writer = self.writer(to: destination)
        // The destination takes nothing yet: these return all the same.
        for number in 0..<20 { writer.append("\(number)") }
        #expect(destination.text == "")
        destination.open(times: 20)
        writer.flush()
        #expect(destination.text == (0..<20).map { "\($0)\n" }.joined())
    }

    @Test func `what waits is bounded, and the gap is told`() {
        let destination = Destination()
        let writer = self.writer(to: destination, limit: 100)
        let line = String(repeating: "x", count: 9)
        for _ in 0..<1000 { writer.append(line) }
        destination.open(times: 10)
        writer.flush()
        let lines = destination.text.split(separator: "\n")
        let written = lines.count { $0 == line }
        #expect(written >= 9 && written <= 10)
        let lost = lines.compactMap { $0.wholeMatch(of: /(\d+) lines were lost here/).flatMap { Int($0.1) } }
        #expect(lost.reduce(written, +) == 1000)
    }

    // MARK: Failures

    @Test func `a failing destination is reported once, and gets everything when it is back`() {
        let destination = Destination()
        let writer = self.writer(to: destination)
        destination.open(times: 10)
        destination.fail(with: .tooLarge)
        for text in ["one", "two"] {
            writer.append(text)
            writer.flush()
        }
        #expect(destination.text == "")
        #expect(destination.reports == ["cannot write the log: File too large"])
        destination.fail(with: nil)
        for text in ["three", "four"] {
            writer.append(text)
            writer.flush()
        }
        #expect(destination.text == "one\ntwo\nthree\nfour\n")
        #expect(
            destination.reports == [
                "cannot write the log: File too large", "the log can be written again, no line was lost",
            ]
        )
    }

    @Test func `what a failed write has taken is not written twice`() {
        let destination = Destination()
        let writer = self.writer(to: destination)
        destination.open(times: 10)
        destination.fail(with: .tooLarge, room: 5)
        writer.append("first")
        writer.append("second")
        for _ in 1...2 { writer.flush() }
        destination.fail(with: nil)
        writer.flush()
        #expect(destination.text == "first\nsecond\n")
    }

    @Test func `a failing destination is not tried again with each line`() {
        let destination = Destination()
        let writer = self.writer(to: destination)
        destination.open(times: 10)
        destination.fail(with: .tooLarge)
        writer.append("first")
        writer.flush()
        let attempts = destination.attempts
        for number in 0..<50 { writer.append("\(number)") }
        // Nothing but what was asked for can be on the queue before this.
        let done = DispatchSemaphore(value: 0)
        writer.perform { done.signal() }
        done.wait()
        #expect(destination.attempts == attempts)
    }

    @Test func `a destination that is back is noticed without another line`() async throws {
        let destination = Destination()
        let writer = self.writer(to: destination, retryDelay: .milliseconds(1))
        destination.open(times: 100_000)
        destination.fail(with: .tooLarge)
        writer.append("line")
        try await eventually("it has been tried again") { destination.attempts > 2 }
        destination.fail(with: nil)
        try await eventually("it is written") { destination.text == "line\n" }
    }

    @Test func `lines that there is no room for during a failure are counted and reported`() {
        let destination = Destination()
        let writer = self.writer(to: destination, limit: 100)
        destination.open(times: 10)
        destination.fail(with: .tooLarge)
        let line = String(repeating: "x", count: 9)
        writer.append(line)
        writer.flush()
        for _ in 0..<100 { writer.append(line) }
        writer.flush()
        destination.fail(with: nil)
        writer.flush()
        writer.append("after")
        writer.flush()
        let lines = destination.text.split(separator: "\n")
        let written = lines.count { $0 == line }
        #expect(
            lines == Array(repeating: Substring(line), count: written) + [
                "\(101 - written) lines were lost here", "after",
            ]
        )
        #expect(destination.reports.last == "the log can be written again, \(101 - written) lines were lost")
    }

    @Test func `what a write that hangs has taken is reported at the end, too`() async throws {
        let destination = Destination()
        let writer = self.writer(to: destination)
        for number in 0..<5 { writer.append("\(number)") }
        writer.finish()
        #expect(destination.reports == ["5 lines could not be written to the log"])
        destination.open(times: 5)
        try await eventually("they are written after all") { destination.text.hasSuffix("4\n") }
        writer.finish()
        #expect(destination.reports.count == 1)
    }

    @Test func `what is never written is reported at the end`() {
        let destination = Destination()
        let writer = self.writer(to: destination, limit: 100)
        destination.open(times: 10)
        destination.fail(with: .tooLarge)
        for _ in 0..<50 { writer.append(String(repeating: "x", count: 9)) }
        writer.finish()
        #expect(
            destination.reports == [
                "cannot write the log: File too large", "50 lines could not be written to the log",
            ]
        )
    }
}
