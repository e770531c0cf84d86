/// The log file is found by its name, whatever becomes of the file that had it.
import Foundation
import Synchronization
import Testing

@testable import ChatApp

@Suite struct LogFileTests {
    private let folder: TemporaryFolder
    private let time = TestTime()

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { "\(self.folder.path)/\(name)" }

    private func file(_ name: String = "app.log") -> LogFile {
        let time = self.time
        return LogFile(self.path(name), now: { time.now })
    }

    private func write(_ text: String, to file: LogFile) throws {
        try file.write(Array(text.utf8)[...])
    }

    private func rename(_ from: String, to: String) throws {
        try FileManager.default.moveItem(atPath: self.path(from), toPath: self.path(to))
    }

    @Test func `what is written goes behind what is there`() throws {
        try self.folder.write("before ", to: "app.log")
        let file = self.file()
        try self.write("one ", to: file)
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "before one two")
    }

    @Test func `a renamed file is left alone from a second later on`() throws {
        let file = self.file()
        try self.write("one ", to: file)
        try self.rename("app.log", to: "app.log.1")
        // The name is not looked up with every line.
        self.time.pass(.milliseconds(999))
        try self.write("two ", to: file)
        #expect(!FileManager.default.fileExists(atPath: self.path("app.log")))
        self.time.pass(.milliseconds(1))
        try self.write("three ", to: file)
        try self.write("four", to: file)
        #expect(try self.folder.text(of: "app.log.1") == "one two ")
        #expect(try self.folder.text(of: "app.log") == "three four")
    }

    @Test func `a file that somebody else has made in its place is appended to`() throws {
        let file = self.file()
        try self.write("one", to: file)
        try self.rename("app.log", to: "app.log.1")
        try self.folder.write("new ", to: "app.log")
        self.time.pass(.seconds(1))
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "new two")
    }

    @Test func `a removed file is made again`() throws {
        let file = self.file()
        try self.write("one", to: file)
        try FileManager.default.removeItem(atPath: self.path("app.log"))
        self.time.pass(.seconds(1))
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "two")
    }

    @Test func `a file that was emptied where it is goes on at its beginning`() throws {
        let file = self.file()
        try self.write("one", to: file)
        #expect(truncate(self.path("app.log"), 0) == 0)
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "two")
    }

    @Test func `it can be opened anew at once`() throws {
        let file = self.file()
        try self.write("one", to: file)
        try self.rename("app.log", to: "app.log.1")
        try file.reopen()
        #expect(try self.folder.text(of: "app.log") == "")
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "two")
    }

    @Test func `a folder that vanishes is an error until it is back`() throws {
        let file = self.file("logs/app.log")
        #expect(throws: FileError(code: ENOENT)) { try file.reopen() }
        try self.folder.makeFolder("logs")
        try self.write("one", to: file)
        try self.rename("logs", to: "old")
        self.time.pass(.seconds(1))
        for _ in 1...2 {
            #expect(throws: WriteFailure(error: FileError(code: ENOENT), byteCount: 0)) {
                try self.write("two", to: file)
            }
        }
        try self.folder.makeFolder("logs")
        // After a failure no time has to pass.
        try self.write("three", to: file)
        #expect(try self.folder.text(of: "logs/app.log") == "three")
        #expect(try self.folder.text(of: "old/app.log") == "one")
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/full")))
    func `a full disk is an error until there is room`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: self.path("app.log"),
            withDestinationPath: "/dev/full"
        )
        let file = self.file()
        #expect(throws: WriteFailure(error: FileError(code: ENOSPC), byteCount: 0)) { try self.write("one", to: file) }
        try FileManager.default.removeItem(atPath: self.path("app.log"))
        try self.write("two", to: file)
        #expect(try self.folder.text(of: "app.log") == "two")
    }

    // The system's own folders take no files, not even from the administrator.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
    func `a folder that takes no files is an error`() {
        let file = LogFile("/proc/self/app.log")
        let failure = #expect(throws: WriteFailure.self) { try file.write([1]) }
        #expect(failure?.byteCount == 0)
    }

    @Test func `a pipe that nobody reads holds nobody up`() {
        #expect(mkfifo(self.path("pipe"), 0o600) == 0)
        #expect(throws: WriteFailure(error: FileError(code: ENXIO), byteCount: 0)) {
            try self.write("one", to: self.file("pipe"))
        }
    }
}

/// A time that passes when a test says so.
private final class TestTime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { self.instant.withLock { $0 } }

    func pass(_ duration: Duration) { self.instant.withLock { $0 += duration } }
}
