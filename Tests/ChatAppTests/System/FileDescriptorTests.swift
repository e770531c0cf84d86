/// Files as the chat reads and writes them.
import Foundation
import Testing

@testable import ChatApp

@Suite struct FileDescriptorTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { "\(self.folder.path)/\(name)" }

    @Test func `a file is read whole, up to a limit`() throws {
        try self.folder.write("12345", to: "file")
        #expect(try FileContent(of: self.path("file"), limit: 5).bytes == Array("12345".utf8))
        #expect(throws: FileError.tooLarge) { try FileContent(of: self.path("file"), limit: 4) }
        try self.folder.write("", to: "empty")
        #expect(try FileContent(of: self.path("empty"), limit: 5).bytes == [])
    }

    @Test func `what is no file is not read, and nobody waits for a pipe`() throws {
        try self.folder.makeFolder("folder")
        #expect(mkfifo(self.path("pipe"), 0o600) == 0)
        for name in ["folder", "pipe"] {
            #expect(throws: FileError.notAFile) { try FileContent(of: self.path(name), limit: 5) }
        }
        #expect(throws: FileError(code: ENOENT)) { try FileContent(of: self.path("nothing"), limit: 5) }
    }

    @Test func `the version changes with the content`() throws {
        try self.folder.write("one", to: "file")
        let first = try FileContent(of: self.path("file"), limit: 5).version
        #expect(try FileContent(of: self.path("file"), limit: 5).version == first)
        try self.folder.write("three", to: "file")
        #expect(try FileContent(of: self.path("file"), limit: 5).version != first)
    }

    @Test func `what is written goes behind what is there`() throws {
        try self.folder.write("before ", to: "file")
        let file = try FileDescriptor(appendingTo: self.path("file"))
        defer { file.close() }
        let large = String(repeating: "x", count: 1 << 20)
        try file.writeAll(Array(large.utf8)[...])
        #expect(try self.folder.text(of: "file") == "before " + large)
    }

    @Test func `a terminal that has input but takes no output is waited for`() throws {
        // As one that was stopped with Ctrl-S, and that somebody types at.
        var ends: [CInt] = [0, 0]
        #if canImport(Glibc)
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        #else
        #expect(socketpair(AF_UNIX, SOCK_STREAM, 0, &ends) == 0)
        #endif
        let (terminal, user) = (FileDescriptor(number: ends[0]), FileDescriptor(number: ends[1]))
        defer { for end in [terminal, user] { end.close() } }
        for end in ends { #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0) }
        #expect(terminal.wait(for: .output, milliseconds: 0))
        #expect(!terminal.wait(for: .input, milliseconds: 0))
        try user.writeAll([1])
        let block = [UInt8](repeating: 0, count: 4096)
        while send(terminal.number, block, block.count, 0) > 0 {}
        #expect(errno == EAGAIN)
        #expect(terminal.wait(for: .input, milliseconds: 0))
        // It would return at once if it waited for either.
        #expect(!terminal.wait(for: .output, milliseconds: 10))
    }

    @Test func `errors are told in the system's words`() {
        #expect(throws: FileError(code: ENOENT)) { try FileDescriptor(appendingTo: self.path("no/file")) }
        #expect("\(FileError(code: ENOENT))" == "No such file or directory")
    }
}
