/// Base64, as attachments come in over polling.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let base64 = FuzzTarget("base64") { input in
        let text = ByteBuffer(bytes: input.bytes)
        let result = try input.bounded(perByte: 2) {
            Outcome { () throws(ProtocolViolation) in try Base64.decode(text) }
        }
        try expectSame(
            Outcome { () throws(ProtocolViolation) in try Base64.decode(text.inside()) },
            result,
            "cut out of a larger buffer"
        )
        try expectSame(
            result.value.map { Array($0.readableBytesView) },
            referenceBase64(input.bytes),
            "and the reference"
        )

        var encoded = ByteBuffer()
        Base64.encode(text, into: &encoded)
        try expect(encoded.readableBytes == Base64.encodedLength(of: text.readableBytes), "length of what is encoded")
        try expectSame(
            Outcome { () throws(ProtocolViolation) in try Base64.decode(encoded) },
            .value(text),
            "there and back"
        )
    }
}

/// Base64 in the simplest form: either alphabet, with all, some or no padding; nothing when it is none.
private func referenceBase64(_ text: [UInt8]) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    var text = text[...]
    for _ in 0..<2 where text.last == UInt8(ascii: "=") { text.removeLast() }
    var bits: UInt32 = 0
    var bitCount = 0
    var bytes: [UInt8] = []
    guard text.count % 4 != 1 else { return nil }
    for character in text {
        let value: Int? =
            switch character {
            case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
            default: alphabet.firstIndex(of: character)
            }
        guard let value else { return nil }
        bits = bits << 6 | UInt32(value)
        bitCount += 6
        guard bitCount >= 8 else { continue }
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
    }
    return bytes
}
