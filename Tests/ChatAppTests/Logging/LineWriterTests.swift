/// Lines are written in order, without holding anybody up, and without growing memory.
import Dispatch
import Synchronization
import Testing

@testable import ChatApp

@Suite struct LineWriterTests {
    /// What was written, and what the next writes do.
    private final class Destination: Sendable {
        private struct State {
            var text = ""
            var reports: [String] = []
            var failure: FileError?
        }

        private let state = Mutex(State())
        /// Each write waits here until the test lets it.
        private let gate = DispatchSemaphore(value: 0)

        var text: String { self.state.withLock { $0.text } }
        var reports: [String] { self.state.withLock { $0.reports } }

        func fail(with failure: FileError?) { self.state.withLock { $0.failure = failure } }
        func open(times: Int = 1) { for _ in 0..<times { self.gate.signal() } }

        func report(_ text: String) { self.state.withLock { $0.reports.append(text) } }

        func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
            self.gate.wait()
            let failure = self.state.withLock { state in
                if state.failure == nil { state.text += String(decoding: bytes, as: UTF8.self) }
                return state.failure
            }
            if let failure { throw failure }
        }
    }

    private func writer(to destination: Destination, limit: Int = 1000) -> LineWriter {
        let write: LineWriter.Write = { bytes throws(FileError) in try destination.write(bytes) }
        return LineWriter("the log", limit: limit, report: { destination.report($0) }, write: write)
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
        #expect(written >= 9 && written <= 30)
        let dropped = lines.compactMap { $0.wholeMatch(of: /(\d+) lines were dropped here/).flatMap { Int($0.1) } }
        #expect(dropped.reduce(written, +) == 1000)
    }

    @Test func `a failing destination is reported once and tried again`() {
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
        #expect(destination.text == "three\nfour\n")
        #expect(destination.reports == ["cannot write the log: File too large", "the log can be written again"])
    }
}
