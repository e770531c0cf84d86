/// The chat as a process of its own, as operators run it.
import Foundation
import Synchronization
import TestSupport
import Testing

/// A process of the built executable, ended with the last reference to it.
final class ChatProcess: Sendable {
    /// What the process has written to its standard error stream, line by line.
    let lines = EventLog<String>()

    private let process: Mutex<Process>
    private let exit = EventLog<Int32>()

    /// Starts the chat in a folder.
    ///
    /// - Parameters:
    ///   - arguments: The command line, separated by spaces.
    ///   - environment: All variables of the process.
    init(in folder: TemporaryFolder, _ arguments: String, environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(filePath: folder.path)
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        self.process = Mutex(process)
        let exit = self.exit
        process.terminationHandler = { exit.append($0.terminationStatus) }
        try process.run()
        Self.read(errors.fileHandleForReading, into: self.lines)
    }

    deinit {
        self.process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } }
    }

    /// Reads lines until the other end is closed, on a thread of its own, since reading blocks.
    private static func read(_ handle: FileHandle, into lines: EventLog<String>) {
        let descriptor = handle.fileDescriptor
        Thread.detachNewThread {
            // Keeps the descriptor open.
            withExtendedLifetime(handle) {
                guard let file = fdopen(dup(descriptor), "r") else { return }
                while let line = readLine(from: file) { lines.append(line) }
                fclose(file)
            }
        }
    }

    private static func readLine(from file: UnsafeMutablePointer<FILE>) -> String? {
        var buffer = [CChar](repeating: 0, count: 1 << 16)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let bytes = buffer.prefix { $0 != 0 && $0 != CChar(bitPattern: UInt8(ascii: "\n")) }
        return String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The executable lies beside the tests.
    private static func executable() throws -> URL {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = tests.deletingLastPathComponent()
        for _ in 0..<4 {
            let url = folder.appending(path: "ChatApp")
            if FileManager.default.isExecutableFile(atPath: url.path()) { return url }
            folder = folder.deletingLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "ChatApp beside \(tests.path())"])
    }

    /// Waits until the chat listens.
    ///
    /// - Returns: Its port.
    func port() async throws -> Int {
        let line = try await self.lines.first("the port") { $0.contains(" info listening ") }
        return try #require(line.firstMatch(of: /port=(\d+)/).flatMap { Int($0.1) })
    }

    func send(_ signal: Int32) {
        self.process.withLock { _ = kill($0.processIdentifier, signal) }
    }

    /// Waits for the end.
    ///
    /// - Returns: The exit status.
    func status(within patience: Duration = RawConnection.patience) async throws -> Int32 {
        try await self.exit.first("the end", within: patience) { _ in true }
    }
}
