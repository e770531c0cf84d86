/// The chat as a process of its own, as operators run it.
import TestSupport

/// A process of the built executable, ended with the last reference to it.
final class ChatProcess: Sendable {
    private let process: TestProcess

    /// What the process has written, line by line.
    var lines: EventLog<String> { self.process.lines }

    /// Starts the chat in a folder.
    ///
    /// - Parameters:
    ///   - arguments: The command line, separated by spaces.
    ///   - environment: All variables of the process.
    ///   - descriptorLimit: How many files it may have open; `nil` for as many as the tests may.
    init(
        in folder: TemporaryFolder,
        _ arguments: String,
        environment: [String: String] = [:],
        descriptorLimit: Int? = nil
    ) throws {
        self.process = try TestProcess(
            "ChatApp",
            arguments: arguments.split(separator: " ").map(String.init),
            environment: environment,
            in: folder.path,
            descriptorLimit: descriptorLimit
        )
    }

    /// Waits until the chat listens.
    ///
    /// - Returns: Its port.
    func port() async throws -> Int {
        _ = try await self.lines.first("the port") { $0.contains(" info listening ") }
        return try await self.process.port(behind: "port=")
    }

    func send(_ signal: Int32) {
        self.process.send(signal)
    }

    /// Waits for the end.
    ///
    /// - Returns: The exit status.
    func status(within patience: Duration = RawConnection.patience) async throws -> Int32 {
        try await self.process.status(within: patience)
    }
}
