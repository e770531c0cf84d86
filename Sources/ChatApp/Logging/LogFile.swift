/// The log's file, found again by its name when somebody has renamed or removed it.
import Synchronization

/// Appends to whatever file a path names.
///
/// A file that was renamed, as log rotation does, or removed is noticed by the next write a second later or more; the
/// path is opened anew then. ``reopen()`` does it at once.
final class LogFile: Sendable {
    private struct State {
        var file: FileDescriptor?
        /// When the name is compared with the file again.
        var nextCheck: ContinuousClock.Instant?
    }

    /// How often the name is looked up at most.
    static let checkInterval: Duration = .seconds(1)

    private let path: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    /// Creates a log file; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - path: The file's name.
    ///   - now: Tells the time.
    init(_ path: String, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.path = path
        self.now = now
    }

    deinit {
        self.state.withLock { $0.file }?.close()
    }

    /// Opens the file that the path names now; the one before is closed.
    func reopen() throws(FileError) {
        _ = try self.state.withLock { state throws(FileError) in try self.open(&state) }
    }

    /// Appends bytes; may block.
    func write(_ bytes: ArraySlice<UInt8>) throws(WriteFailure) {
        let file: FileDescriptor
        do throws(FileError) {
            file = try self.state.withLock { state throws(FileError) in try self.currentFile(&state) }
        } catch {
            throw WriteFailure(error: error, byteCount: 0)
        }
        do throws(WriteFailure) {
            // Without the lock: writing may take its time. Only the one who writes opens and closes files.
            try file.writeAll(bytes)
        } catch {
            // The next attempt may find another file under the name, on a disk with room.
            self.state.withLock { $0.nextCheck = nil }
            throw error
        }
    }

    private func currentFile(_ state: inout State) throws(FileError) -> FileDescriptor {
        if let file = state.file, !self.isCheckDue(&state) || self.isNamed(file) { return file }
        return try self.open(&state)
    }

    private func isCheckDue(_ state: inout State) -> Bool {
        let now = self.now()
        if let nextCheck = state.nextCheck, now < nextCheck { return false }
        state.nextCheck = now + Self.checkInterval
        return true
    }

    /// Whether the path still names a file.
    private func isNamed(_ file: FileDescriptor) -> Bool {
        guard let named = try? FileIdentity(of: self.path), let open = try? file.identity() else { return false }
        return named == open
    }

    private func open(_ state: inout State) throws(FileError) -> FileDescriptor {
        // What was open is no use any more: whoever renamed it may be waiting for it to be closed.
        state.file?.close()
        state.file = nil
        let file = try FileDescriptor(appendingTo: self.path)
        state.file = file
        state.nextCheck = self.now() + Self.checkInterval
        return file
    }
}
