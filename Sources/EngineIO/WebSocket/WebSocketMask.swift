/// Removes a client's mask from payload bytes while they are copied (RFC 6455 §5.3).
struct WebSocketMask {
    /// The key, its next byte to use lowest.
    private var key: UInt32

    /// - Parameter key: the four key bytes of the header, read as a little-endian integer.
    init(key: UInt32) { self.key = key }

    /// Copies `source` to `target` without its mask; the next call goes on where this one stopped.
    ///
    /// - Returns: whether every byte written is ASCII, which costs nothing to find out here.
    mutating func unmask(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) -> Bool {
        guard let start = source.baseAddress else { return true }
        let wideKey = UInt64(self.key) << 32 | UInt64(self.key)
        var seen: UInt64 = 0
        var offset = 0
        while source.count &- offset >= 8 {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ wideKey
            target.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
            seen |= word
            offset &+= 8
        }
        var tailKey = wideKey
        while offset < source.count {
            let byte = start.load(fromByteOffset: offset, as: UInt8.self) ^ UInt8(truncatingIfNeeded: tailKey)
            target.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            seen |= UInt64(byte)
            tailKey >>= 8
            offset &+= 1
        }
        self.advance(by: source.count)
        return seen & 0x8080_8080_8080_8080 == 0
    }

    private mutating func advance(by count: Int) {
        let bits = UInt32(truncatingIfNeeded: (count & 3) * 8)
        self.key = bits == 0 ? self.key : self.key >> bits | self.key << (32 - bits)
    }
}
