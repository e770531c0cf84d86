/// Files in memory: each once, as it is now, and not more of them than there is room for.
import EngineIO
import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import ChatApp

@Suite struct FileCacheTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func path(_ name: String) -> String { "\(self.folder.path)/\(name)" }

    /// Where a buffer's bytes are.
    private func address(_ buffer: ByteBuffer?) -> UnsafeRawPointer? {
        buffer?.withUnsafeReadableBytes { $0.baseAddress }
    }

    @Test func `all who ask for a file share its bytes, whatever they call it`() async throws {
        try self.folder.write(String(repeating: "x", count: 100_000), to: "file")
        try FileManager.default.createSymbolicLink(atPath: self.path("link"), withDestinationPath: self.path("file"))
        let cache = FileCache()
        let first = try await cache.file(at: self.path("file"))
        #expect(first.content == ByteBuffer(repeating: UInt8(ascii: "x"), count: 100_000))
        await withTaskGroup(of: Void.self) { group in
            for name in ["file", "link", "file"] {
                group.addTask {
                    let again = try? await cache.file(at: self.path(name))
                    #expect(self.address(again?.content) == self.address(first.content))
                }
            }
        }
        #expect(cache.byteCount == 100_000)
    }

    @Test func `answers under way share a file's bytes, those to HEAD as well`() async throws {
        try self.folder.write("<p>chat", to: "templates/index.html")
        try self.folder.write(String(repeating: "x", count: 100_000), to: "static/site.css")
        let pages = try Pages(templates: self.path("templates"))
        var bodies: [ByteBuffer] = []
        for method in [HTTPRequest.Method.get, .head, .get] {
            let request = HTTPRequest(method: method, scheme: nil, authority: nil, path: "/static/site.css")
            bodies.append(await pages.respond(to: request, body: ByteBuffer()).body)
        }
        #expect(bodies[0].readableBytes == 100_000)
        #expect(Set(bodies.map(self.address)).count == 1)
    }

    @Test func `a file that changes is read again, and takes the place of what it was`() async throws {
        try self.folder.write(String(repeating: "x", count: 10_000), to: "file")
        let cache = FileCache()
        let first = try await cache.file(at: self.path("file"))
        // In its place, as an editor may do it: the same file to the system.
        let handle = try #require(FileHandle(forWritingAtPath: self.path("file")))
        try handle.truncate(atOffset: 5000)
        try handle.close()
        let second = try await cache.file(at: self.path("file"))
        #expect(second.version != first.version)
        #expect(second.content?.readableBytes == 5000)
        #expect(cache.byteCount == 5000)
    }

    @Test func `who knows the version gets nothing, and nothing is read for it`() async throws {
        try self.folder.write("text", to: "file")
        let cache = FileCache()
        let known = try await cache.file(at: self.path("file")) { _ in true }
        #expect(known.content == nil)
        #expect(cache.byteCount == 0)
        #expect(try await cache.file(at: self.path("file")).version == known.version)
    }

    @Test func `what was asked for longest ago makes room`() async throws {
        for name in ["a", "b", "c"] { try self.folder.write(String(repeating: name, count: 5000), to: name) }
        let cache = FileCache(byteLimit: 10_000)
        let first = try await cache.file(at: self.path("a"))
        let second = try await cache.file(at: self.path("b"))
        _ = try await cache.file(at: self.path("a"))
        _ = try await cache.file(at: self.path("c"))
        #expect(cache.byteCount == 10_000)
        let again = (
            try await cache.file(at: self.path("a")).content, try await cache.file(at: self.path("b")).content
        )
        #expect(self.address(again.0) == self.address(first.content))
        #expect(self.address(again.1) != self.address(second.content))
        // Larger than all the room there is: sent, and not kept.
        try self.folder.write(String(repeating: "d", count: 10_001), to: "d")
        #expect(try await cache.file(at: self.path("d")).content?.readableBytes == 10_001)
        #expect(cache.byteCount == 10_000)
    }

    @Test func `small files do not come for nothing`() async throws {
        for name in ["a", "b", "c"] { try self.folder.write(name, to: name) }
        let cache = FileCache(byteLimit: 10_000)
        for name in ["a", "b", "c"] { _ = try await cache.file(at: self.path(name)) }
        #expect(cache.byteCount == 8192)
    }

    @Test func `a file that is too large, or is none, is refused`() async throws {
        try self.folder.write("", to: "file")
        let handle = try #require(FileHandle(forWritingAtPath: self.path("file")))
        try handle.truncate(atOffset: UInt64(FileCache.fileLimit + 1))
        try handle.close()
        try self.folder.makeFolder("folder")
        let cache = FileCache()
        await #expect(throws: FileError.tooLarge) { try await cache.file(at: self.path("file")) }
        await #expect(throws: FileError.notAFile) { try await cache.file(at: self.path("folder")) }
        await #expect(throws: FileError(code: ENOENT)) { try await cache.file(at: self.path("nothing")) }
    }
}
