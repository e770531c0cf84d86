/// What a server under test has logged.
package import Logging

/// Keeps each line with its level and metadata.
package final class LogRecorder: Sendable {
    /// A line, whole.
    package struct Line: Sendable, CustomStringConvertible {
        package var level: Logger.Level
        package var message: String
        package var metadata: [String: String]

        package var description: String {
            "\(self.level) \(self.message) "
                + self.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            self.recorder.log.append(Line(level: event.level, message: "\(event.message)", metadata: metadata))
        }
    }

    private let log = EventLog<Line>()

    package init() {}

    /// A logger whose lines are kept, of all levels.
    package var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    /// The lines so far.
    package var lines: [Line] { self.log.all }

    /// Waits for a line with this message.
    @discardableResult
    package func first(_ message: String) async throws -> Line {
        try await self.log.first(message) { $0.message == message }
    }
}
