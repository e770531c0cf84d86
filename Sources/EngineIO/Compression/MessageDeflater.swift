/// Compresses the messages of a WebSocket (RFC 7692 §7.2.1).
import CEngineIOZlib
import NIOCore

/// Deflates one message after the other.
///
/// Takes memory from the first message on. With the context taken over it keeps it until it goes, otherwise until the
/// message's end. Confined to its event loop.
final class MessageDeflater {
    private let level: Int
    private let windowBits: Int
    private let memoryLevel: Int
    /// Whether a message may refer to those before.
    let keepsContext: Bool
    private var stream: DeflateStream?

    /// - Parameters:
    ///   - level: 1 is fastest, 9 smallest.
    ///   - windowBits: The size of the window as a power of two, 9 to 15.
    ///   - memoryLevel: How much memory it takes beside the window, 1 to 9.
    ///   - keepsContext: Whether a message may refer to those before.
    init(level: Int, windowBits: Int, memoryLevel: Int, keepsContext: Bool) {
        self.level = level
        self.windowBits = windowBits
        self.memoryLevel = memoryLevel
        self.keepsContext = keepsContext
    }

    /// Appends a message, compressed; it must not be empty.
    ///
    /// - Returns: Whether it could be; not for want of memory, and then nothing is appended.
    func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool {
        if self.stream == nil {
            self.stream = DeflateStream(level: self.level, windowBits: self.windowBits, memoryLevel: self.memoryLevel)
        }
        guard let stream else { return false }
        defer { if !self.keepsContext { self.stream = nil } }
        stream.deflate(message, into: &output)
        // The end of an empty block without compression, which the receiver adds by itself.
        output.moveWriterIndex(to: output.writerIndex - 4)
        return true
    }
}

/// The state of zlib's deflate, which must not move.
private final class DeflateStream {
    private let stream: UnsafeMutablePointer<z_stream>

    init?(level: Int, windowBits: Int, memoryLevel: Int) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: z_stream())
        let status = engineio_deflate_init(self.stream, Int32(level), -Int32(windowBits), Int32(memoryLevel))
        guard status == Z_OK else {
            self.stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(self.stream)
        self.stream.deallocate()
    }

    func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) {
        message.withUnsafeReadableBytes { bytes in
            // zlib's interface predates `const`; it does not write here.
            self.stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            self.stream.pointee.avail_in = UInt32(bytes.count)
            // A flush is over when it leaves room. Text shrinks to a third or less.
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: max(256, bytes.count / 4)) { target in
                    self.stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    self.stream.pointee.avail_out = UInt32(target.count)
                    _ = CEngineIOZlib.deflate(self.stream, Z_SYNC_FLUSH)
                    return target.count - Int(self.stream.pointee.avail_out)
                }
            } while self.stream.pointee.avail_out == 0
        }
    }
}
