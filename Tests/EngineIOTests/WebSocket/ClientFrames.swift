/// What the WebSocket tests share: frames as a client writes them, and the reader run over bytes in pieces.
import NIOCore

@testable import EngineIO

/// One frame from a client, every bit of it free to be wrong.
struct ClientFrame {
    var first: UInt8
    var payload: [UInt8]
    var key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    /// The length field; nil writes the payload's length in its shortest form.
    var lengthField: [UInt8]?

    init(_ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true) {
        self.first = (isFinal ? 0x80 : 0) | opcode.rawValue
        self.payload = payload
    }

    init(_ opcode: WebSocketOpcode, _ text: String, isFinal: Bool = true) {
        self.init(opcode, Array(text.utf8), isFinal: isFinal)
    }

    func with(_ change: (inout ClientFrame) -> Void) -> ClientFrame {
        var copy = self
        change(&copy)
        return copy
    }

    var bytes: [UInt8] {
        var length = self.lengthField ?? Self.shortestLength(self.payload.count)
        if self.key != nil { length[0] |= 0x80 }
        let key = self.key ?? [0, 0, 0, 0]
        let masked = self.payload.enumerated().map { $1 ^ key[$0 % 4] }
        return [self.first] + length + (self.key ?? []) + masked
    }

    private static func shortestLength(_ length: Int) -> [UInt8] {
        switch length {
        case ...125: [UInt8(length)]
        case ...65_535: [126] + Self.bigEndian(length, count: 2)
        default: [127] + Self.bigEndian(length, count: 8)
        }
    }

    static func bigEndian(_ value: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ((count - 1 - $0) * 8)) }
    }
}

/// Everything a reader made of some bytes.
struct ReaderOutcome: Equatable {
    var events: [WebSocketEvent] = []
    var violation: WebSocketViolation?

    static func events(_ events: [WebSocketEvent]) -> ReaderOutcome { ReaderOutcome(events: events) }
}

extension ReaderOutcome {
    /// Feeds `pieces` one after the other, each as a slice of a larger buffer, as NIO's reads may be.
    init(
        of pieces: some Sequence<ArraySlice<UInt8>>,
        limit: Int = 1_000_000,
        fragments: Int = 131_072,
        inflater: MessageInflater? = nil
    ) {
        var reader = WebSocketReader(maximumMessageSize: limit, maximumFragments: fragments, inflater: inflater)
        for piece in pieces {
            var buffer = ByteBuffer(bytes: [0xAA, 0xBB] + piece)
            buffer.moveReaderIndex(forwardBy: 2)
            self.feed(&reader, &buffer)
        }
    }

    init(of bytes: [UInt8], limit: Int = 1_000_000, fragments: Int = 131_072) {
        self.init(of: [bytes[...]], limit: limit, fragments: fragments)
    }

    private mutating func feed(_ reader: inout WebSocketReader, _ buffer: inout ByteBuffer) {
        do throws(WebSocketViolation) {
            while let event = try reader.next(from: &buffer) { self.events.append(event) }
        } catch {
            self.violation = error
        }
    }
}

extension WebSocketEvent {
    static func text(_ text: String) -> WebSocketEvent { .text(ByteBuffer(string: text)) }
    static func binary(_ bytes: [UInt8]) -> WebSocketEvent { .binary(ByteBuffer(bytes: bytes)) }
    static func ping(_ text: String) -> WebSocketEvent { .ping(ByteBuffer(string: text)) }
    static func pong(_ text: String) -> WebSocketEvent { .pong(ByteBuffer(string: text)) }
    static func close(_ code: UInt16?, _ reason: String = "") -> WebSocketEvent {
        .close(code: code, reason: ByteBuffer(string: reason))
    }
}

extension Array where Element == UInt8 {
    /// Cut in two at every index, both ends included.
    var splits: [[ArraySlice<UInt8>]] { (0...self.count).map { [self[..<$0], self[$0...]] } }

    var bytewise: [ArraySlice<UInt8>] { self.indices.map { self[$0...$0] } }
}

/// A small generator with a fixed seed (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
