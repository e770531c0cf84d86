/// Writes lines somewhere without making anybody wait: neither a slow disk nor a stopped terminal holds up the chat.
import Dispatch
import Synchronization

/// Takes lines, and writes them on a queue of its own.
///
/// What waits is bounded. Lines beyond are dropped and counted; the count is written as soon as there is room. A failing
/// destination is reported once, and tried again with each line.
final class LineWriter: Sendable {
    /// Writes bytes somewhere; may block.
    typealias Write = @Sendable (ArraySlice<UInt8>) throws(FileError) -> Void

    private struct State {
        var pending: [UInt8] = []
        var droppedLines = 0
        var isDraining = false
        var hasFailed = false
    }

    private let name: String
    private let limit: Int
    private let queue: DispatchQueue
    private let write: Write
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - name: What is written to, as it is called in reports.
    ///   - limit: The most bytes that wait.
    ///   - report: Gets a sentence when writing fails for the first time, and when it works again.
    ///   - write: Writes what was taken.
    init(
        _ name: String,
        limit: Int = 1 << 20,
        report: @escaping @Sendable (String) -> Void = { _ in },
        write: @escaping Write
    ) {
        self.name = name
        self.limit = limit
        self.queue = DispatchQueue(label: "log.\(name)")
        self.report = report
        self.write = write
    }

    /// Takes a line, without its end.
    func append(_ line: String) {
        let mustStart = self.state.withLock { state in
            guard state.pending.count + line.utf8.count < self.limit else {
                state.droppedLines += 1
                return false
            }
            state.pending.append(contentsOf: line.utf8)
            state.pending.append(UInt8(ascii: "\n"))
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustStart { self.queue.async { self.drain() } }
    }

    /// Waits until all lines so far have been written, but no longer than a second.
    func flush() {
        let done = DispatchSemaphore(value: 0)
        self.queue.async { done.signal() }
        _ = done.wait(timeout: .now() + .seconds(1))
    }

    private func drain() {
        while let bytes = self.takePending() {
            do throws(FileError) {
                try self.write(bytes[...])
                self.succeeded()
            } catch {
                self.failed(error)
            }
        }
    }

    private func takePending() -> [UInt8]? {
        self.state.withLock { state in
            if state.droppedLines > 0 {
                state.pending.append(contentsOf: "\(state.droppedLines) lines were dropped here\n".utf8)
                state.droppedLines = 0
            }
            guard !state.pending.isEmpty else {
                state.isDraining = false
                return nil
            }
            defer { state.pending = [] }
            return state.pending
        }
    }

    private func succeeded() {
        let isNew = self.state.withLock { state in
            defer { state.hasFailed = false }
            return state.hasFailed
        }
        if isNew { self.report("\(self.name) can be written again") }
    }

    private func failed(_ error: FileError) {
        let isNew = self.state.withLock { state in
            defer { state.hasFailed = true }
            return !state.hasFailed
        }
        if isNew { self.report("cannot write \(self.name): \(error)") }
    }
}
