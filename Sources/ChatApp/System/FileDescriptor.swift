/// The little that the chat needs of files: append to one, read one whole, know one again.

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// An open file, to be closed by whoever opened it.
struct FileDescriptor: Sendable {
    let number: CInt

    static let standardError = Self(number: STDERR_FILENO)

    /// Opens a file to append to, without waiting for a pipe's other end; it is made when it is not there.
    init(appendingTo path: String) throws(FileError) {
        try self.init(path, flags: O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC)
    }

    /// Opens a file to read, without waiting for a pipe's other end.
    init(reading path: String) throws(FileError) {
        try self.init(path, flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    }

    /// Takes a descriptor that is open.
    init(number: CInt) {
        self.number = number
    }

    private init(_ path: String, flags: CInt) throws(FileError) {
        let number = open(path, flags, 0o644)
        guard number >= 0 else { throw FileError(code: errno) }
        self.number = number
    }

    func close() {
        #if canImport(Darwin)
        _ = Darwin.close(self.number)
        #elseif canImport(Glibc)
        _ = Glibc.close(self.number)
        #elseif canImport(Musl)
        _ = Musl.close(self.number)
        #endif
    }

    /// Writes all bytes.
    func writeAll(_ bytes: ArraySlice<UInt8>) throws(WriteFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(self.number, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            do throws(FileError) {
                try self.handleInterruption(of: .output)
            } catch {
                throw WriteFailure(error: error, byteCount: bytes.count - rest.count)
            }
        }
    }

    /// Reads up to so many bytes.
    ///
    /// - Returns: The bytes; fewer than asked for at the end of the file.
    func read(atMost limit: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(self.number, buffer.baseAddress?.advanced(by: count), limit - count, off_t(count))
            }
            if read == 0 { break }
            if read > 0 { count += read } else { try self.handleInterruption(of: .input) }
        }
        bytes.removeLast(limit - count)
        return bytes
    }

    /// Which way bytes go.
    enum Direction {
        case input
        case output
    }

    /// Goes on after a signal, and waits for a terminal or pipe that takes or has no more just now.
    private func handleInterruption(of direction: Direction) throws(FileError) {
        let code = errno
        if code == EINTR { return }
        guard code == EAGAIN else { throw FileError(code: code) }
        self.wait(for: direction, milliseconds: 1000)
    }

    /// Waits until bytes can go one way, whatever is possible the other way.
    ///
    /// - Returns: Whether they can, or never will.
    @discardableResult
    func wait(for direction: Direction, milliseconds: CInt) -> Bool {
        let event = direction == .input ? POLLIN : POLLOUT
        var request = pollfd(fd: self.number, events: Int16(event), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }
}

extension FileDescriptor {
    /// What is known about a file.
    struct Status: Sendable {
        var isRegularFile: Bool
        var byteCount: Int
        /// Changes when the file does.
        var version: String
    }

    func status() throws(FileError) -> Status {
        let status = try self.systemStatus()
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        let parts = [Int(time.tv_sec), Int(time.tv_nsec), Int(status.st_size)].map { String($0, radix: 36) }
        return Status(
            isRegularFile: status.st_mode & S_IFMT == S_IFREG,
            byteCount: Int(status.st_size),
            version: parts.joined(separator: "-")
        )
    }

    /// What is known about a file that can be read whole.
    ///
    /// - Parameter limit: The most bytes that it may have.
    func status(ofFileUpTo limit: Int) throws(FileError) -> Status {
        let status = try self.status()
        guard status.isRegularFile else { throw .notAFile }
        guard status.byteCount <= limit else { throw .tooLarge }
        return status
    }

    /// Which file this is, whatever it is called by now.
    func identity() throws(FileError) -> FileIdentity {
        FileIdentity(try self.systemStatus())
    }

    private func systemStatus() throws(FileError) -> stat {
        var status = stat()
        guard fstat(self.number, &status) == 0 else { throw FileError(code: errno) }
        return status
    }
}

/// Tells files from each other; two names of one file have the same.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let number: UInt64

    /// The file that a path names now.
    init(of path: String) throws(FileError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(code: errno) }
        self.init(status)
    }

    fileprivate init(_ status: stat) {
        self.device = UInt64(truncatingIfNeeded: status.st_dev)
        self.number = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// Not all bytes could be written.
struct WriteFailure: Error, Equatable {
    let error: FileError
    /// How many were.
    let byteCount: Int
}

/// The system's word on why something cannot be done with a file.
struct FileError: Error, CustomStringConvertible, Equatable {
    let code: CInt

    /// A folder, a pipe, or whatever else is not read.
    static let notAFile = Self(code: EISDIR)
    static let tooLarge = Self(code: EFBIG)

    var description: String { String(cString: strerror(self.code)) }
}
