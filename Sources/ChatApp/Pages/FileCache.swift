/// The static files in memory: each once, however many clients it is being sent to.
import Dispatch
import NIOCore
import Synchronization

/// Reads files, and keeps those that were asked for last.
///
/// An answer stays in memory until its client has read it, which a slow one may take a minute for. All answers with one
/// version of a file share its bytes; so a folder that is not larger than ``byteLimit`` never costs more than its size,
/// whoever asks for it how often. Of a larger folder, answers under way keep what has made room for other files.
///
/// Files are read one after the other on a queue of their own: a slow disk holds up pages, and neither the chat nor the
/// threads that Swift's tasks share.
final class FileCache: Sendable {
    /// The largest file that is served, since each is read whole.
    static let fileLimit = 16 << 20
    /// How many bytes of files are kept.
    static let byteLimit = 64 << 20

    /// A file as it is now.
    struct File: Sendable {
        /// Changes when the file does.
        let version: String
        /// Nothing when whoever asks knows the version.
        let content: ByteBuffer?
    }

    private struct Entry {
        let version: String
        let content: ByteBuffer
        var lastUse: Int

        /// What it counts: a small file is not for nothing, so that there are not too many of them.
        var cost: Int { max(self.content.readableBytes, 4096) }
    }

    private struct State {
        var entries: [FileIdentity: Entry] = [:]
        var byteCount = 0
        var uses = 0

        var oldest: FileIdentity? { self.entries.min { $0.value.lastUse < $1.value.lastUse }?.key }

        mutating func remove(_ identity: FileIdentity) {
            self.byteCount -= self.entries.removeValue(forKey: identity)?.cost ?? 0
        }
    }

    private let byteLimit: Int
    private let queue = DispatchQueue(label: "files")
    private let state = Mutex(State())

    /// Creates a cache that has nothing.
    init(byteLimit: Int = FileCache.byteLimit) {
        self.byteLimit = byteLimit
    }

    /// How many bytes are kept, a small file counted as a page of memory.
    var byteCount: Int { self.state.withLock { $0.byteCount } }

    /// Looks a file up, and reads it if it is not here as it is now.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - isKnown: Whether a version is one that whoever asks has, so that there is nothing to read.
    func file(
        at path: String,
        isKnown: @escaping @Sendable (_ version: String) -> Bool = { _ in false }
    ) async throws(FileError) -> File {
        let result: Result<File, FileError> = await withCheckedContinuation { continuation in
            self.queue.async { continuation.resume(returning: self.look(at: path, isKnown)) }
        }
        return try result.get()
    }

    // MARK: On the queue

    private func look(at path: String, _ isKnown: (String) -> Bool) -> Result<File, FileError> {
        do throws(FileError) {
            let file = try FileDescriptor(reading: path)
            defer { file.close() }
            let status = try file.status(ofFileUpTo: Self.fileLimit)
            let version = status.version
            if isKnown(version) { return .success(File(version: version, content: nil)) }
            // Whatever it is called: two names of one file are the same bytes.
            let identity = try file.identity()
            if let content = self.content(of: identity, version) {
                return .success(File(version: version, content: content))
            }
            let content = ByteBuffer(bytes: try file.read(atMost: status.byteCount))
            self.keep(content, of: identity, version)
            return .success(File(version: version, content: content))
        } catch {
            return .failure(error)
        }
    }

    private func content(of identity: FileIdentity, _ version: String) -> ByteBuffer? {
        self.state.withLock { state in
            guard let entry = state.entries[identity], entry.version == version else { return nil }
            state.uses += 1
            state.entries[identity]?.lastUse = state.uses
            return entry.content
        }
    }

    private func keep(_ content: ByteBuffer, of identity: FileIdentity, _ version: String) {
        self.state.withLock { state in
            state.remove(identity)
            state.uses += 1
            let entry = Entry(version: version, content: content, lastUse: state.uses)
            guard entry.cost <= self.byteLimit else { return }
            state.entries[identity] = entry
            state.byteCount += entry.cost
            while state.byteCount > self.byteLimit, let oldest = state.oldest {
                state.remove(oldest)
            }
        }
    }
}
