/// The JavaScript client's files, read from a folder that the application names.
internal import EngineIO
internal import NIOCore

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads the files that Node's server serves below its path.
enum ClientFiles {
    /// The bundles; each may have a source map beside it.
    static let bundles = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"]

    private static let maximumBytes = 64 << 20

    /// Reads the files that there are.
    ///
    /// - Throws: ``SocketIOError`` with the code ``SocketIOError/Code/invalidConfiguration`` when there is none.
    static func load(folder: String) throws(SocketIOError) -> [String: ServedFile] {
        var files: [String: ServedFile] = [:]
        for bundle in self.bundles {
            for (name, type) in [(bundle, "application/javascript"), ("\(bundle).map", "application/json")] {
                guard let contents = self.read("\(folder)/\(name)") else { continue }
                files[name] = ServedFile(contents: contents, contentType: "\(type); charset=utf-8")
            }
        }
        guard self.bundles.contains(where: { files[$0] != nil }) else {
            throw SocketIOError(
                .invalidConfiguration,
                "clientFolder is \(folder.debugDescription), expected a folder with \(self.bundles.joined(separator: " or "))"
            )
        }
        return files
    }

    private static func read(_ path: String) -> ByteBuffer? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var contents = ByteBuffer()
        while contents.readableBytes <= Self.maximumBytes {
            let count = contents.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 16) { bytes in
                bytes.baseAddress.map { fread($0, 1, bytes.count, file) } ?? 0
            }
            // A folder can be opened, too, and not be read.
            if count == 0 { return ferror(file) == 0 && feof(file) != 0 ? contents : nil }
        }
        return nil
    }
}
