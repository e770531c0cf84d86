/// Looking at bytes that were received: comparing, searching, reading numbers.
import Glibc

extension UnsafeRawBufferPointer {
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard self.count == other.count else { return false }
        guard let mine = self.baseAddress, let others = other.baseAddress else { return true }
        return memcmp(mine, others, self.count) == 0
    }

    func starts(with text: StaticString) -> Bool {
        self.contains(text, at: 0)
    }

    func contains(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, self.count - offset >= text.utf8CodeUnitCount, let base = self.baseAddress else {
            return false
        }
        return memcmp(base + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
        self.position(of: bytes) != nil
    }

    /// Everything from that offset on.
    func from(_ offset: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[Swift.min(offset, self.count)...])
    }

    /// Everything before that offset.
    func upTo(_ offset: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[..<Swift.min(offset, self.count)])
    }

    func position(of byte: UInt8, from offset: Int = 0) -> Int? {
        guard offset < self.count, let base = self.baseAddress else { return nil }
        guard let found = memchr(base + offset, Int32(byte), self.count - offset) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    func position(of text: StaticString, from offset: Int = 0) -> Int? {
        self.position(
            of: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount),
            from: offset
        )
    }

    func position(of bytes: UnsafeRawBufferPointer, from offset: Int = 0) -> Int? {
        guard let first = bytes.first, let base = self.baseAddress, let sought = bytes.baseAddress else { return nil }
        var offset = offset
        while let candidate = self.position(of: first, from: offset), self.count - candidate >= bytes.count {
            if memcmp(base + candidate, sought, bytes.count) == 0 {
                return candidate
            }
            offset = candidate + 1
        }
        return nil
    }

    /// Whether it starts with the text, which is in lower case, in any case.
    func startsIgnoringCase(with text: StaticString) -> Bool {
        guard self.count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            let byte = self[index]
            guard byte == text.utf8Start[index] || (65...90).contains(byte) && byte + 32 == text.utf8Start[index] else {
                return false
            }
        }
        return true
    }

    /// Without spaces at its ends.
    var trimmed: UnsafeRawBufferPointer {
        var (start, end) = (0, self.count)
        while start < end, self[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, self[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// Reads decimal digits; the number and the offset behind them.
    func decimal(at offset: Int) -> (value: Int, end: Int)? {
        var value = 0
        var end = offset
        while end < self.count, case let digit = self[end] &- UInt8(ascii: "0"), digit <= 9, end - offset < 18 {
            value = value &* 10 &+ Int(digit)
            end += 1
        }
        return end > offset ? (value, end) : nil
    }

    /// The bytes as text for a message, shortened, with what is not printable replaced.
    var excerpt: String {
        let printable = self.prefix(64).map { (32..<127).contains($0) ? $0 : UInt8(ascii: "?") }
        let text = String(decoding: printable, as: UTF8.self)
        return self.count > 64 ? "\(text)… (\(self.count) bytes)" : text
    }
}
