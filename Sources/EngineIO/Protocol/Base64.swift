/// Base64 between byte buffers, for binary messages in text packets (RFC 4648 §4).
package import NIOCore

package enum Base64 {
    /// The number of characters that `count` bytes become, padding included.
    static func encodedLength(of count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends `bytes` in the standard alphabet, padded.
    package static func encode(_ bytes: ByteBuffer, into target: inout ByteBuffer) {
        let length = Self.encodedLength(of: bytes.readableBytes)
        guard length > 0 else { return }
        target.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { output in
            bytes.withUnsafeReadableBytes { input in Self.encode(input, into: output) }
            return length
        }
    }

    /// Decodes either alphabet, padded or not, as Node does; unlike Node, nothing else is skipped.
    package static func decode(_ text: ByteBuffer) throws(ProtocolViolation) -> ByteBuffer {
        let count = Self.lengthWithoutPadding(of: text)
        guard count % 4 != 1 else { throw ProtocolViolation(.invalidBase64, "base64 of \(count) characters") }
        let length = count / 4 * 3 + max(count % 4 - 1, 0)
        guard length > 0 else { return ByteBuffer() }
        var result = ByteBufferAllocator().buffer(capacity: length)
        var isValid = false
        result.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { output in
            isValid = text.withUnsafeReadableBytes { input in
                Self.decode(UnsafeRawBufferPointer(rebasing: input[..<count]), into: output)
            }
            return length
        }
        guard isValid else { throw ProtocolViolation(.invalidBase64, "character outside the base64 alphabets") }
        return result
    }
}

// MARK: - Encoding

extension Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The two characters of each 12-bit value, the first in the low byte: half as many look-ups as one by one.
    private static let pairs: [UInt16] = (0..<4096).map { value in
        UInt16(Self.alphabet[value >> 6]) | UInt16(Self.alphabet[value & 0x3F]) << 8
    }

    private static func encode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        Self.pairs.withUnsafeBufferPointer { pairs in
            var written = 0
            var index = 0
            while input.count &- index >= 3 {
                let group = Int(input[index]) << 16 | Int(input[index &+ 1]) << 8 | Int(input[index &+ 2])
                output.storeBytes(of: pairs[group >> 12].littleEndian, toByteOffset: written, as: UInt16.self)
                output.storeBytes(of: pairs[group & 0xFFF].littleEndian, toByteOffset: written &+ 2, as: UInt16.self)
                index &+= 3
                written &+= 4
            }
            Self.encodeTail(input[index...], into: output, at: written)
        }
    }

    private static func encodeTail(
        _ tail: Slice<UnsafeRawBufferPointer>,
        into output: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) {
        guard let first = tail.first else { return }
        let second = tail.count > 1 ? tail[tail.startIndex + 1] : 0
        let padding = UInt8(ascii: "=")
        output[offset] = Self.alphabet[Int(first >> 2)]
        output[offset + 1] = Self.alphabet[Int(first & 0x03) << 4 | Int(second >> 4)]
        output[offset + 2] = tail.count > 1 ? Self.alphabet[Int(second & 0x0F) << 2] : padding
        output[offset + 3] = padding
    }
}

// MARK: - Decoding

extension Base64 {
    /// The value of each character; 0xFF marks what belongs to neither alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in Self.alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    private static func lengthWithoutPadding(of text: ByteBuffer) -> Int {
        let padding = text.readableBytesView.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }
        return text.readableBytes - padding.count
    }

    /// Decodes to exactly as many bytes as `input` holds; false when it holds anything foreign.
    private static func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        Self.values.withUnsafeBufferPointer { values in
            var seen: UInt8 = 0
            var written = 0
            var index = 0
            while input.count &- index >= 4 {
                let (a, b) = (values[Int(input[index])], values[Int(input[index &+ 1])])
                let (c, d) = (values[Int(input[index &+ 2])], values[Int(input[index &+ 3])])
                seen |= a | b | c | d
                output[written] = a << 2 | b >> 4
                output[written &+ 1] = b << 4 | c >> 2
                output[written &+ 2] = c << 6 | d
                index &+= 4
                written &+= 3
            }
            // Values are below 64, so that the two bits on top tell of a foreign character.
            return seen < 64 && Self.decodeTail(input[index...], into: output, at: written)
        }
    }

    private static func decodeTail(
        _ tail: Slice<UnsafeRawBufferPointer>,
        into output: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) -> Bool {
        let tailValues = tail.map { Self.values[Int($0)] }
        guard tailValues.allSatisfy({ $0 < 64 }) else { return false }
        if tailValues.count >= 2 { output[offset] = tailValues[0] << 2 | tailValues[1] >> 4 }
        if tailValues.count == 3 { output[offset + 1] = tailValues[1] << 4 | tailValues[2] >> 2 }
        return true
    }
}
