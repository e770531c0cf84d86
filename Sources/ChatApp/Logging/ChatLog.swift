/// The chat's log: every line to the console and to a file.
import Logging

/// Where lines go.
struct ChatLog: Sendable {
    private let writers: [LineWriter]
    /// Opens the file anew, if there is one.
    private let reopenFile: @Sendable () -> Void

    /// Logs to the console and to a file.
    ///
    /// While the file cannot be written the console says so, the chat goes on, and the file is tried again.
    init(file path: String, console: LineWriter = .console) {
        let file = LogFile(path)
        let write: LineWriter.Write = { bytes throws(WriteFailure) in try file.write(bytes) }
        let report: @Sendable (String) -> Void = { sentence in
            console.append(LogLine.format(.error, sentence, [:], at: TimeStamp.now()))
        }
        let writer = LineWriter(path, report: report, write: write)
        let reopen: @Sendable () -> Void = {
            do throws(FileError) {
                try file.reopen()
            } catch {
                writer.failed(error)
            }
        }
        // At once, so that whoever starts the chat learns of a mistake in the first line.
        reopen()
        self.writers = [writer, console]
        self.reopenFile = { writer.perform(reopen) }
    }

    init(writers: [LineWriter]) {
        self.writers = writers
        self.reopenFile = {}
    }

    /// Makes a logger.
    func logger(level: Logger.Level) -> Logger {
        var handler = ChatLogHandler(writers: self.writers)
        handler.logLevel = level
        return Logger(label: "chat") { [handler] _ in handler }
    }

    /// Waits a moment for what has not been written yet.
    func flush() {
        for writer in self.writers { writer.flush() }
    }

    /// Opens the file anew, by its name, before the next line is written.
    func reopen() {
        self.reopenFile()
    }

    /// Waits a moment for what has not been written yet, and says what never will be.
    func finish() {
        for writer in self.writers { writer.finish() }
    }
}

extension LineWriter {
    /// Writes to the standard error stream.
    static var console: LineWriter {
        LineWriter("the console") { bytes throws(WriteFailure) in try FileDescriptor.standardError.writeAll(bytes) }
    }
}

/// Formats lines and hands them to the writers.
struct ChatLogHandler: LogHandler {
    let writers: [LineWriter]
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(writers: [LineWriter]) {
        self.writers = writers
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { $1 } }
        if let own = event.metadata { metadata.merge(own) { $1 } }
        if let error = event.error { metadata["error"] = "\(error)" }
        let line = LogLine.format(event.level, "\(event.message)", metadata, at: TimeStamp.now())
        for writer in self.writers { writer.append(line) }
    }
}

/// One line: time, level, message, and the rest as `key=value` in the order of the keys.
enum LogLine {
    /// The most values of a line.
    private static let metadataLimit = 20

    static func format(
        _ level: Logger.Level,
        _ message: String,
        _ metadata: Logger.Metadata,
        at time: String
    ) -> String {
        let words = metadata.sorted { $0.key < $1.key }.prefix(Self.metadataLimit).map { key, value in
            " \(LogText.plain(key, limit: LogText.valueLimit))=\(LogText.value("\(value)"))"
        }
        return "\(time) \(level.rawValue) \(LogText.plain(message))\(words.joined())"
    }
}
