/// Compresses the body of a response with zlib.
///
/// swift-nio-extras has a compressing channel handler; it prefers deflate when gzip and deflate are equally welcome, where
/// Node takes the client's order, and it would see every response although few are large enough.
import CEngineIOZlib
import NIOCore

/// Compresses whole bodies.
enum ResponseCompressor {
    /// Compresses a body.
    ///
    /// - Returns: The compressed body, or `nil` when zlib fails, which it does only for want of memory.
    static func compress(_ body: ByteBuffer, coding: ContentCoding) -> ByteBuffer? {
        var stream = z_stream()
        // 15 is the largest window; 16 more ask for gzip's header instead of zlib's.
        guard engineio_deflate_init(&stream, Z_DEFAULT_COMPRESSION, coding == .gzip ? 15 + 16 : 15, 8) == Z_OK else {
            return nil
        }
        defer { deflateEnd(&stream) }
        var output = ByteBuffer()
        let bound = Int(deflateBound(&stream, UInt(body.readableBytes)))
        let written = body.withUnsafeReadableBytes { source in
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
                // zlib's interface predates `const`; it does not write here.
                stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(target.count)
                _ = deflate(&stream, Z_FINISH)
                return target.count - Int(stream.avail_out)
            }
        }
        return written > 0 && stream.avail_in == 0 ? output : nil
    }
}
