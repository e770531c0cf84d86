/// Turns the bytes a WebSocket client sends into messages and control frames (RFC 6455 §5, server side).
import NIOCore

/// What a client sent; every payload is unmasked, and text is valid UTF-8.
enum WebSocketEvent: Equatable {
    case text(ByteBuffer)
    case binary(ByteBuffer)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    /// The last event: whatever follows a close frame is dropped.
    case close(code: UInt16?, reason: ByteBuffer)
}

/// The reader keeps what it needs of unfinished frames, so a caller never has to keep bytes for it.
///
/// Received buffers are never changed in place: they may be shared with the pool they came from.
/// After a violation or a close frame, everything is dropped.
struct WebSocketReader {
    /// ws gives up at the same number; without a bound, empty fragments would keep a message open for ever.
    static let defaultMaximumFragments = 131_072

    private let maximumMessageSize: Int
    private let maximumFragments: Int
    /// Decompresses messages; `nil` when the client may not send compressed ones.
    private let inflater: MessageInflater?
    /// Whether messages are read past, and not decompressed: nobody takes any more.
    var discardsMessages = false
    private var phase = Phase.header
    /// The start of a header whose end has not arrived; empty most of the time.
    private var partialHeader = ByteBuffer()
    private var message: PartialMessage?
    private var controlPayload = ByteBuffer()
    /// What was read ahead of the next event, but not taken from the caller's buffer.
    private var batch = WebSocketMessageBatch()

    private enum Phase {
        case header
        case payload(WebSocketFrameHeader, mask: WebSocketMask, missing: Int)
        case finished
    }

    init(
        maximumMessageSize: Int,
        maximumFragments: Int = Self.defaultMaximumFragments,
        inflater: MessageInflater? = nil
    ) {
        self.maximumMessageSize = maximumMessageSize
        self.maximumFragments = maximumFragments
        self.inflater = inflater
    }

    /// Takes bytes from `buffer` up to the end of the next event; nil when it needs more, `buffer` then being empty.
    ///
    /// A caller that stops before nil must come back with what is left, to which it may have appended.
    mutating func next(from buffer: inout ByteBuffer) throws(WebSocketViolation) -> WebSocketEvent? {
        do {
            return try self.readEvent(from: &buffer)
        } catch {
            self.finish()
            throw error
        }
    }

    private mutating func readEvent(from buffer: inout ByteBuffer) throws(WebSocketViolation) -> WebSocketEvent? {
        while true {
            switch self.phase {
            case .header:
                if let event = self.readBatched(from: &buffer) { return event }
                guard let header = try self.readHeader(from: &buffer) else { return nil }
                try self.begin(header, available: buffer.readableBytes)
                self.phase = .payload(header, mask: header.mask, missing: header.payloadLength)
            case .payload(let header, let mask, let missing):
                guard try self.readPayload(of: header, mask, missing, from: &buffer) else { return nil }
                self.phase = .header
                if let event = try self.end(header) { return event }
            case .finished:
                buffer.moveReaderIndex(to: buffer.writerIndex)
                return nil
            }
        }
    }

    private mutating func finish() {
        self.phase = .finished
        self.message = nil
        self.controlPayload = ByteBuffer()
    }
}

// MARK: - Headers

extension WebSocketReader {
    private mutating func readBatched(from buffer: inout ByteBuffer) -> WebSocketEvent? {
        if let event = self.batch.next(from: &buffer) { return event }
        guard self.message == nil, self.partialHeader.readableBytes == 0 else { return nil }
        self.batch.fill(from: buffer, maximumMessageSize: self.maximumMessageSize)
        return self.batch.next(from: &buffer)
    }

    private mutating func readHeader(
        from buffer: inout ByteBuffer
    ) throws(WebSocketViolation) -> WebSocketFrameHeader? {
        let mayCompress = self.inflater != nil
        if self.partialHeader.readableBytes == 0,
            let header = try WebSocketFrameHeader.read(from: &buffer, mayCompress: mayCompress)
        {
            return header
        }
        // Byte by byte, so that not one byte of the payload behind the header is taken. At most 14 rounds.
        while let byte = buffer.readInteger(as: UInt8.self) {
            self.partialHeader.writeInteger(byte)
            guard let header = try WebSocketFrameHeader.read(from: &self.partialHeader, mayCompress: mayCompress)
            else { continue }
            self.partialHeader.clear()
            return header
        }
        return nil
    }

    /// Checks a header against the message it belongs to, before anything of its payload is stored.
    private mutating func begin(_ header: WebSocketFrameHeader, available: Int) throws(WebSocketViolation) {
        // The length is the peer's claim: room is made for what has arrived, not for what is announced.
        let arrived = min(header.payloadLength, available)
        switch header.opcode {
        case .text, .binary:
            guard self.message == nil else {
                throw WebSocketViolation(.protocolError, "new message inside a fragmented one")
            }
            try self.checkSize(header.payloadLength, behind: 0, isCompressed: header.isCompressed)
            self.message = PartialMessage(
                isText: header.opcode == .text && !self.discardsMessages,
                // A compressed one has room made for what comes out.
                capacity: header.isCompressed ? 0 : arrived,
                inflater: header.isCompressed && !self.discardsMessages ? self.inflater : nil,
                compressedSize: header.isCompressed ? header.payloadLength : 0
            )
        case .continuation:
            try self.continueMessage(header)
        case .close, .ping, .pong:
            self.controlPayload = ByteBufferAllocator().buffer(capacity: arrived)
        }
    }

    private mutating func continueMessage(_ header: WebSocketFrameHeader) throws(WebSocketViolation) {
        guard let message = self.message else {
            throw WebSocketViolation(.protocolError, "continuation without a message")
        }
        guard message.fragments < self.maximumFragments else {
            throw WebSocketViolation(.policyViolation, "message of more than \(self.maximumFragments) fragments")
        }
        let isCompressed = message.inflater != nil
        let received = isCompressed ? message.compressedSize : message.payload.readableBytes
        try self.checkSize(header.payloadLength, behind: received, isCompressed: isCompressed)
        self.message?.fragments += 1
        if isCompressed { self.message?.compressedSize += header.payloadLength }
    }

    /// A compressed message is counted again when it is decompressed.
    private func checkSize(
        _ length: Int,
        behind received: Int,
        isCompressed: Bool
    ) throws(WebSocketViolation) {
        let limit =
            isCompressed
            ? MessageInflater.largestCompressedSize(of: self.maximumMessageSize) : self.maximumMessageSize
        guard length <= limit - received else {
            throw WebSocketViolation(
                .messageTooBig,
                "message of at least \(length) bytes exceeds the limit of \(limit)"
            )
        }
    }
}

// MARK: - Payloads

extension WebSocketReader {
    /// Takes what has arrived of the payload; true when that completes it.
    private mutating func readPayload(
        of header: WebSocketFrameHeader,
        _ mask: WebSocketMask,
        _ missing: Int,
        from buffer: inout ByteBuffer
    ) throws(WebSocketViolation) -> Bool {
        var mask = mask
        let count = min(missing, buffer.readableBytes)
        if header.opcode.isControl {
            _ = self.controlPayload.writeUnmasked(from: &buffer, count: count, mask: &mask)
        } else {
            try self.message?.append(from: &buffer, count: count, mask: &mask, limit: self.maximumMessageSize)
        }
        guard count < missing else { return true }
        self.phase = .payload(header, mask: mask, missing: missing - count)
        return false
    }

    /// The event a completed frame makes; none when it is a fragment with others to come.
    private mutating func end(_ header: WebSocketFrameHeader) throws(WebSocketViolation) -> WebSocketEvent? {
        switch header.opcode {
        case .continuation, .text, .binary: header.isFinal ? try self.takeMessage() : nil
        case .ping: .ping(self.takeControlPayload())
        case .pong: .pong(self.takeControlPayload())
        case .close: try self.endClose()
        }
    }

    private mutating func takeMessage() throws(WebSocketViolation) -> WebSocketEvent? {
        guard var message = self.message.take() else { return nil }
        try message.end(limit: self.maximumMessageSize)
        guard message.validator.isComplete else {
            throw WebSocketViolation(.invalidPayload, "text ends inside a character")
        }
        return message.isText ? .text(message.payload) : .binary(message.payload)
    }

    private mutating func takeControlPayload() -> ByteBuffer {
        let payload = self.controlPayload
        self.controlPayload = ByteBuffer()
        return payload
    }

    /// RFC 6455 §5.5.1: empty, or a code and a reason in UTF-8.
    private mutating func endClose() throws(WebSocketViolation) -> WebSocketEvent {
        var reason = self.takeControlPayload()
        self.finish()
        guard reason.readableBytes > 0 else { return .close(code: nil, reason: reason) }
        guard let code = reason.readInteger(as: UInt16.self) else {
            throw WebSocketViolation(.protocolError, "close frame with half a code")
        }
        guard WebSocketFrame.isValidCloseCode(code) else {
            throw WebSocketViolation(.protocolError, "close code \(code) may not be sent")
        }
        guard reason.withUnsafeReadableBytes(UTF8Validator.isValid) else {
            throw WebSocketViolation(.invalidPayload, "close reason is not valid UTF-8")
        }
        return .close(code: code, reason: reason)
    }
}

/// A data message as far as it has arrived.
private struct PartialMessage {
    let isText: Bool
    var payload: ByteBuffer
    var fragments = 1
    /// What decompresses it; `nil` when it is not compressed.
    let inflater: MessageInflater?
    /// The length of its fragments, when it is compressed.
    var compressedSize: Int
    private(set) var validator = UTF8Validator()

    init(isText: Bool, capacity: Int, inflater: MessageInflater?, compressedSize: Int) {
        self.isText = isText
        self.payload = ByteBufferAllocator().buffer(capacity: capacity)
        self.inflater = inflater
        self.compressedSize = compressedSize
    }

    mutating func append(
        from buffer: inout ByteBuffer,
        count: Int,
        mask: inout WebSocketMask,
        limit: Int
    ) throws(WebSocketViolation) {
        if self.inflater != nil {
            var piece = ByteBufferAllocator().buffer(capacity: count)
            _ = piece.writeUnmasked(from: &buffer, count: count, mask: &mask)
            return try self.inflate { inflater, payload throws(WebSocketViolation) in
                try inflater.inflate(piece, into: &payload, limit: limit)
            }
        }
        let start = self.payload.writerIndex
        let isASCII = self.payload.writeUnmasked(from: &buffer, count: count, mask: &mask)
        guard self.isText, !(isASCII && self.validator.isComplete) else { return }
        try self.validate(from: start)
    }

    /// The last fragment is there.
    mutating func end(limit: Int) throws(WebSocketViolation) {
        guard self.inflater != nil else { return }
        try self.inflate { inflater, payload throws(WebSocketViolation) in
            try inflater.endMessage(into: &payload, limit: limit)
        }
    }

    private mutating func inflate(
        _ step: (MessageInflater, inout ByteBuffer) throws(WebSocketViolation) -> Void
    ) throws(WebSocketViolation) {
        guard let inflater else { return }
        let start = self.payload.writerIndex
        do throws(WebSocketViolation) {
            try step(inflater, &self.payload)
        } catch {
            // What came out before decides first, so that it does not matter how the bytes arrive.
            try self.validate(from: start)
            throw error
        }
        try self.validate(from: start)
    }

    private mutating func validate(from start: Int) throws(WebSocketViolation) {
        guard self.isText, start < self.payload.writerIndex else { return }
        let isValid = self.payload.withUnsafeReadableBytes { bytes in
            // The payload's reader index is 0, so that indices are offsets.
            self.validator.validate(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        guard isValid else { throw WebSocketViolation(.invalidPayload, "text is not valid UTF-8") }
    }
}

extension ByteBuffer {
    /// Moves `count` bytes from `source`, without their mask; true when they are all ASCII.
    fileprivate mutating func writeUnmasked(
        from source: inout ByteBuffer,
        count: Int,
        mask: inout WebSocketMask
    ) -> Bool {
        guard count > 0 else { return true }
        var isASCII = true
        source.readWithUnsafeReadableBytes { masked in
            self.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                guard let start = target.baseAddress else { return 0 }
                isASCII = mask.unmask(UnsafeRawBufferPointer(rebasing: masked[..<count]), into: start)
                return count
            }
        }
        return isASCII
    }
}
