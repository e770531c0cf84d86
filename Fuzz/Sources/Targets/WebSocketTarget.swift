/// WebSocket frames from a client: damaged ones, and whole messages in fragments.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    /// The first byte chooses the limits, the rest is what the client sends.
    static let webSocket = FuzzTarget("websocket") { input in
        let limits = ReaderLimits(input.bytes.first ?? 0)
        let bytes = Array(input.bytes.dropFirst())
        let whole = try input.bounded(perByte: 64) { ReadStream([bytes[...]], limits) }
        for pieces in cuts(of: bytes) {
            try expectSame(ReadStream(pieces, limits), whole, "cut in \(pieces.map(\.count))")
        }
        try whole.check(limits)
        try checkMessage(bytes, fragment: 1 + Int(input.bytes.first ?? 0) % 64)
        try checkUTF8(bytes)
    }

    /// A message in fragments of some size comes out as it went in, with a ping between any two of them.
    private static func checkMessage(_ payload: [UInt8], fragment: Int) throws {
        let count = max(1, (payload.count + fragment - 1) / fragment)
        let isText = String(validating: payload, as: UTF8.self) != nil
        var stream: [UInt8] = []
        for number in 0..<count {
            let part = payload[min(number * fragment, payload.count)..<min((number + 1) * fragment, payload.count)]
            let opcode: WebSocketOpcode = number > 0 ? .continuation : isText ? .text : .binary
            stream += maskedFrame(
                opcode.rawValue,
                part,
                isFinal: number == count - 1,
                key: [1, 0x80, UInt8(number & 0xFF), 0xFF]
            )
            if number < count - 1 {
                stream += maskedFrame(WebSocketOpcode.ping.rawValue, part.prefix(125), key: [0, 0, 0, 0])
            }
        }
        let events = ReadStream([stream[...]], ReaderLimits(size: payload.count, fragments: count)).events
        let message = ByteBuffer(bytes: payload)
        try expectSame(events.last, isText ? .text(message) : .binary(message), "a message of \(count) fragments")
        try expectSame(events.count, count, "its events")
    }

    /// The validator says what the standard library says, whole and cut.
    private static func checkUTF8(_ bytes: [UInt8]) throws {
        let isValid = String(validating: bytes, as: UTF8.self) != nil
        try expectSame(bytes.withUnsafeBytes(UTF8Validator.isValid), isValid, "UTF-8")
        for pieces in cuts(of: bytes) {
            var validator = UTF8Validator()
            let isAccepted = pieces.allSatisfy { $0.withUnsafeBytes { validator.validate($0) } } && validator.isComplete
            try expectSame(isAccepted, isValid, "UTF-8 cut in \(pieces.map(\.count))")
        }
    }
}

/// One frame as a client writes it.
package func maskedFrame(
    _ opcode: UInt8,
    _ payload: some Collection<UInt8>,
    isFinal: Bool = true,
    key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
) -> [UInt8] {
    var frame = ByteBuffer()
    WebSocketFrame.writeHeader(.text, length: payload.count, into: &frame)
    var bytes = Array(frame.readableBytesView)
    bytes[0] = (isFinal ? 0x80 : 0) | opcode
    bytes[1] |= 0x80
    return bytes + key + zip(payload, 0...).map { $0 ^ key[$1 & 3] }
}
