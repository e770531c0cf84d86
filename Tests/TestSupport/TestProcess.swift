/// One of the built executables as a process of its own.
import Foundation
import Synchronization

/// A process, ended with the last reference to it.
package final class TestProcess: Sendable {
    /// What it has written to its standard output and error streams, line by line.
    package let lines = EventLog<String>()

    private let process: Mutex<Process>
    private let exit = EventLog<Int32>()

    /// Starts an executable that lies beside the tests.
    ///
    /// - Parameters:
    ///   - name: The executable's name.
    ///   - arguments: Its command line.
    ///   - environment: All its variables, but for those that tell a sanitizer where to report.
    ///   - folder: Where it runs; `nil` for the folder of the tests.
    ///   - descriptorLimit: How many files it may have open; `nil` for as many as the tests may.
    package init(
        _ name: String,
        arguments: [String],
        environment: [String: String] = [:],
        in folder: String? = nil,
        descriptorLimit: Int? = nil
    ) throws {
        let executable = try Self.executable(name)
        let process = Process()
        if let descriptorLimit {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments =
                ["-c", "ulimit -n \(descriptorLimit) && exec \"$0\" \"$@\"", executable.path()] + arguments
        } else {
            process.executableURL = executable
            process.arguments = arguments
        }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.environment = environment.merging(Self.sanitizerOptions) { given, _ in given }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        self.process = Mutex(process)
        let exit = self.exit
        process.terminationHandler = { exit.append($0.terminationStatus) }
        try process.run()
        Self.read(output.fileHandleForReading, into: self.lines)
    }

    deinit {
        self.process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } }
    }

    /// Sends a signal.
    package func send(_ signal: Int32) {
        self.process.withLock { _ = kill($0.processIdentifier, signal) }
    }

    /// Waits for the end.
    ///
    /// - Returns: The exit status.
    package func status(within patience: Duration = RawConnection.patience) async throws -> Int32 {
        try await self.exit.first("the end", within: patience) { _ in true }
    }

    /// The port that follows a text in one of the lines.
    package func port(behind text: String) async throws -> Int {
        let line = try await self.lines.first(text) { $0.contains(text) }
        let digits = line.split(separator: text).last?.prefix { $0.isNumber }
        guard let port = digits.flatMap({ Int($0) }) else { throw TestTimeout(description: "no port in \(line)") }
        return port
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

    /// What the tests were told, if they were built with a sanitizer: the executables beside them were too.
    private static var sanitizerOptions: [String: String] {
        ProcessInfo.processInfo.environment.filter { ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key) }
    }

    private static func executable(_ name: String) throws -> URL {
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = tests.deletingLastPathComponent()
        for _ in 0..<4 {
            let url = folder.appending(path: name)
            if FileManager.default.isExecutableFile(atPath: url.path()) { return url }
            folder = folder.deletingLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "\(name) beside \(tests.path())"])
    }
}
