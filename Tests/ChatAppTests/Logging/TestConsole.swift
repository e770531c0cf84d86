/// A console for tests.
import Synchronization

@testable import ChatApp

/// Keeps what is written to it.
final class TestConsole: Sendable {
    private let text = Mutex("")

    /// The lines without their times.
    var lines: [Substring] {
        self.text.withLock { $0 }.split(separator: "\n").map { $0.drop { $0 != " " }.dropFirst() }
    }

    var writer: LineWriter {
        LineWriter("the console") { bytes in self.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }
}
