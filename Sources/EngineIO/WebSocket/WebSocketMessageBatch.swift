/// Short messages that arrived together, unmasked together into one piece of memory.
///
/// A busy client's messages come many to a read, and an allocation each would cost more than all else done to them.
/// Whoever keeps one message keeps its whole batch in memory, which is why batches are small.
import NIOCore

struct WebSocketMessageBatch {
    /// The bytes of frames that share one allocation.
    static let maximumSize = 4096

    /// The messages read ahead; their frames are still at the front of the caller's buffer.
    private var messages: [ShortMessage] = []
    private var taken = 0
    /// The payloads of the messages not taken yet, one behind the other.
    private var payloads: ByteBuffer?

    /// Takes the next message, and its frame from the front of `buffer`.
    mutating func next(from buffer: inout ByteBuffer) -> WebSocketEvent? {
        guard self.taken < self.messages.count else { return nil }
        let message = self.messages[self.taken]
        self.taken += 1
        buffer.moveReaderIndex(forwardBy: message.frameSize)
        let payload = self.takePayload(of: message.payloadSize)
        return message.isText ? .text(payload) : .binary(payload)
    }

    /// Reads ahead, consuming nothing, as far as `buffer` holds short messages of one frame each.
    ///
    /// Whatever else there is, violations included, is left to be read in its turn. A message alone gains nothing here
    /// and is left too.
    mutating func fill(from buffer: ByteBuffer, maximumMessageSize: Int) {
        buffer.withUnsafeReadableBytes { bytes in
            let size = self.findMessages(in: UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.maximumSize)))
            guard self.messages.count > 1 else { return self.messages.removeAll(keepingCapacity: true) }
            // Exactly as much as is needed: a message kept must not pin memory its sender did not pay for in bytes.
            var payloads = ByteBufferAllocator().buffer(capacity: size)
            payloads.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
                self.unmask(bytes, into: target, maximumMessageSize)
            }
            self.payloads = self.messages.isEmpty ? nil : payloads
        }
    }

    /// Lists the short messages at the front of `bytes` and adds up their payloads.
    private mutating func findMessages(in bytes: UnsafeRawBufferPointer) -> Int {
        var (index, size) = (0, 0)
        while let message = ShortMessage(UnsafeRawBufferPointer(rebasing: bytes[index...])) {
            self.messages.append(message)
            index += message.frameSize
            size += message.payloadSize
        }
        return size
    }

    /// Copies the payloads of `messages`, which end in front of the first that may not be delivered.
    private mutating func unmask(
        _ bytes: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        _ maximumMessageSize: Int
    ) -> Int {
        var (index, written) = (0, 0)
        for (position, message) in self.messages.enumerated() {
            let frame = UnsafeRawBufferPointer(rebasing: bytes[index..<(index + message.frameSize)])
            let place = UnsafeMutableRawBufferPointer(rebasing: target[written...])
            guard message.payloadSize <= maximumMessageSize, message.unmask(frame, into: place) else {
                self.messages.removeSubrange(position...)
                break
            }
            index += message.frameSize
            written += message.payloadSize
        }
        return written
    }

    private mutating func takePayload(of size: Int) -> ByteBuffer {
        if self.taken < self.messages.count { return self.payloads?.readSlice(length: size) ?? ByteBuffer() }
        // The last one leaves with the memory, of which nothing stays behind.
        self.messages.removeAll(keepingCapacity: true)
        self.taken = 0
        return self.payloads.take() ?? ByteBuffer()
    }
}

/// A message of one complete frame whose length takes seven bits, so that its header has six bytes.
private struct ShortMessage {
    private static let headerSize = 6

    let isText: Bool
    private let size: UInt8

    var payloadSize: Int { Int(self.size) }
    var frameSize: Int { Self.headerSize + self.payloadSize }

    /// Nil when `bytes` begin with anything else.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headerSize, bytes[0] == 0x81 || bytes[0] == 0x82 else { return nil }
        guard bytes[1] >= 0x80, bytes[1] & 0x7F <= 125 else { return nil }
        self.isText = bytes[0] == 0x81
        self.size = bytes[1] & 0x7F
        guard bytes.count >= self.frameSize else { return nil }
    }

    /// Copies the payload; false when it should be text and is not.
    func unmask(_ frame: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
        guard self.size > 0, let start = target.baseAddress else { return true }
        let key = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
        var mask = WebSocketMask(key: key)
        let masked = UnsafeRawBufferPointer(rebasing: frame[Self.headerSize..<self.frameSize])
        let isASCII = mask.unmask(masked, into: start)
        guard self.isText, !isASCII else { return true }
        return UTF8Validator.isValid(UnsafeRawBufferPointer(rebasing: target[..<self.payloadSize]))
    }
}
