/// A growable run of bytes, written at its end and read from its start.
import Glibc

struct ByteBuffer: ~Copyable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    init(capacity: Int = 0) {
        self.capacity = capacity
        self.memory = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit {
        self.memory.deallocate()
    }

    var count: Int { self.end - self.start }

    var isEmpty: Bool { self.end == self.start }

    /// The bytes, valid until the next change.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: self.memory + self.start, count: self.count)
    }

    mutating func clear() {
        self.start = 0
        self.end = 0
    }

    /// Removes bytes at the start.
    mutating func consume(_ count: Int) {
        self.start += count
        if self.start == self.end {
            self.clear()
        }
    }

    /// Makes room for that many bytes at the end and takes them as written; the caller fills them.
    mutating func extend(by count: Int) -> UnsafeMutableRawPointer {
        if self.capacity - self.end < count {
            self.makeRoom(for: count)
        }
        let room = self.memory + self.end
        self.end += count
        return room
    }

    private mutating func makeRoom(for count: Int) {
        let used = self.count
        var target = self.memory
        if self.capacity < used + count {
            self.capacity = max(used + count, 2 * self.capacity, 256)
            target = .allocate(byteCount: self.capacity, alignment: 8)
        }
        memmove(target, self.memory + self.start, used)
        if target != self.memory {
            self.memory.deallocate()
            self.memory = target
        }
        self.start = 0
        self.end = used
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        memcpy(self.extend(by: bytes.count), base, bytes.count)
    }

    mutating func append(_ text: StaticString) {
        memcpy(self.extend(by: text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
    }

    mutating func append(text: String) {
        var text = text
        text.withUTF8 { self.append(UnsafeRawBufferPointer($0)) }
    }

    mutating func append(byte: UInt8) {
        self.extend(by: 1).storeBytes(of: byte, as: UInt8.self)
    }

    mutating func append(decimal number: Int) {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        let room = self.extend(by: digits)
        rest = number
        for position in stride(from: digits - 1, through: 0, by: -1) {
            room.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
    }
}
