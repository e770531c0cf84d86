/// Compressed WebSocket messages: damaged ones, bombs, and those that the server's own compressor has made.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    /// The first byte chooses the limits, the second what was agreed on, the rest is what the client sends.
    static let deflate = FuzzTarget("deflate") { input in
        let limits = ReaderLimits(input.bytes.first ?? 0)
        let agreed = AgreedDeflate(input.bytes.dropFirst().first ?? 0)
        let bytes = Array(input.bytes.dropFirst(2))
        // However much comes out of them: nobody keeps the messages here.
        try input.bounded(perByte: 64) {
            _ = ReadStream([bytes[...]], limits, inflater: agreed.inflater, keepsEvents: false)
        }
        let whole = ReadStream([bytes[...]], limits, inflater: agreed.inflater)
        for pieces in cuts(of: bytes) {
            let stream = ReadStream(pieces, limits, inflater: agreed.inflater)
            if agreed.hasWholeWindow { try expectSame(stream, whole, "cut in \(pieces.map(\.count))") }
            try stream.check(limits)
        }
        try whole.check(limits)
        try checkThereAndBack(bytes, agreed)
    }

    /// Messages that the server compresses come out as they went in, however large each of them is.
    private static func checkThereAndBack(_ bytes: [UInt8], _ agreed: AgreedDeflate) throws {
        let agreement = try agreed.agreement()
        let compressor = FrameCompressor(agreement, options: agreed.options)
        var messages: [WebSocketEvent] = []
        var stream: [UInt8] = []
        var rest = bytes[...]
        while let size = rest.popFirst() {
            let payload = Array(rest.prefix(Int(size))) + [UInt8](repeating: size, count: Int(size & 7) * 100)
            rest = rest.dropFirst(Int(size))
            let isText = String(validating: payload, as: UTF8.self) != nil
            let message = ByteBuffer(bytes: payload)
            messages.append(isText ? .text(message) : .binary(message))
            var frames = GatheredFrames()
            frames.append(WebSocketFrame.message(isText ? .text : .binary, message))
            let compressed = compressor.compress(frames.list).flatMap { Self.asFromClient($0) }
            if size & 7 != 0, agreed.options.threshold == 0 {
                try expect(compressed.count < payload.count, "so many equal bytes are not compressed")
            }
            stream += compressed
        }
        let limits = ReaderLimits(size: 2000, fragments: 1)
        let inflater = MessageInflater(
            windowBits: agreement.serverWindowBits,
            keepsContext: !agreement.serverNoContextTakeover
        )
        let read = ReadStream([stream[...]], limits, inflater: inflater)
        try expect(read.violation == nil, "what was compressed cannot be read: \(read)")
        try expectSame(read.events, messages, "there and back")
    }

    /// The frames of a server with a mask that changes nothing.
    private static func asFromClient(_ frames: ByteBuffer) -> [UInt8] {
        var rest = Array(frames.readableBytesView)[...]
        var result: [UInt8] = []
        while rest.count >= 2 {
            let head = Array(rest.prefix(2))
            rest = rest.dropFirst(2)
            let longLength = rest.prefix(head[1] == 126 ? 2 : head[1] == 127 ? 8 : 0)
            rest = rest.dropFirst(longLength.count)
            let length = longLength.isEmpty ? Int(head[1]) : longLength.reduce(0) { $0 << 8 | Int($1) }
            result += [head[0], head[1] | 0x80] + longLength + [0, 0, 0, 0] + rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        return result
    }
}

/// What client and server have agreed on, by one byte.
private struct AgreedDeflate {
    let options: PerMessageDeflate

    init(_ choice: UInt8) {
        var options = PerMessageDeflate()
        options.serverMaxWindowBits = 9 + Int(choice & 7) % 7
        options.clientMaxWindowBits = choice & 7 == 0 ? 9 : 15
        options.level = choice & 8 == 0 ? 1 : 9
        options.memoryLevel = choice & 16 == 0 ? 1 : 8
        options.serverNoContextTakeover = choice & 32 != 0
        options.clientNoContextTakeover = choice & 64 != 0
        options.threshold = choice & 128 == 0 ? 0 : 100
        self.options = options
    }

    /// Whether what a client sends cannot refer to more than the window.
    ///
    /// If it can, and does, then it depends on the pieces whether zlib notices.
    var hasWholeWindow: Bool { self.options.clientMaxWindowBits == 15 }

    /// What decompresses the client's messages.
    var inflater: MessageInflater {
        MessageInflater(
            windowBits: self.options.clientMaxWindowBits,
            keepsContext: !self.options.clientNoContextTakeover
        )
    }

    func agreement() throws -> DeflateAgreement {
        let offers = try ExtensionOffer.parse(["permessage-deflate; client_max_window_bits"])
        guard let agreement = DeflateAgreement.negotiate(offers, options: self.options) else {
            throw Finding("the offer of every browser is declined with \(self.options)")
        }
        return agreement
    }
}
