/// Messages encoded once, ready for any number of sessions.
public import NIOCore

/// One or more messages that travel together and are never interleaved with others.
///
/// A unit is encoded once, whatever the number of receivers and their transports: it holds the WebSocket frames of its
/// packets back to back. A polling session derives its payload from the same bytes. A Socket.IO packet with its
/// attachments is one unit.
public struct MessageUnit: Sendable {
    /// The unmasked WebSocket frames, in order.
    ///
    /// Those that must not be compressed have a marked copy right behind them, in the same storage: a second buffer would
    /// cost everybody a count of references, also where nothing is compressed.
    package private(set) var frames: ByteBuffer

    /// The number of packets; less than 0 when they must not be compressed.
    ///
    /// Not two properties: a larger structure would be copied by calls.
    private var signedPacketCount: Int

    /// The number of Engine.IO packets, hence frames, in the unit.
    package var packetCount: Int { abs(self.signedPacketCount) }

    /// Whether the messages may be compressed on their way, where the server compresses any.
    public var isCompressible: Bool { self.signedPacketCount >= 0 }

    /// The frames for one who looks whether they bear ``WebSocketFrame/plainMark``.
    var markedFrames: ByteBuffer {
        guard !self.isCompressible else { return self.frames }
        var marked = self.frames
        let start = marked.writerIndex
        marked.moveWriterIndex(forwardBy: self.byteCount)
        marked.moveReaderIndex(to: start)
        return marked
    }

    /// Allows or forbids to compress the messages on their way: Node's option `compress`.
    ///
    /// A WebSocket with ``EngineIOConfiguration/perMessageDeflate`` sends those that are forbidden as they are; an answer
    /// to a poll is compressed when one of its messages allows it. For what is compressed already, such as images.
    ///
    /// - Parameter isAllowed: Whether they may be compressed.
    /// - Returns: The same messages with the setting. To forbid it copies them.
    public consuming func compress(_ isAllowed: Bool) -> MessageUnit {
        guard isAllowed != self.isCompressible else { return self }
        if !isAllowed {
            let size = self.byteCount
            var both = ByteBufferAllocator().buffer(capacity: 2 * size)
            both.writeImmutableBuffer(self.frames)
            both.writeImmutableBuffer(self.frames)
            WebSocketFrame.setMarks(plain: true, from: size, in: &both)
            both.moveWriterIndex(to: size)
            self.frames = both
        }
        self.signedPacketCount.negate()
        return self
    }

    /// The size of the unit in bytes, framing included.
    package var byteCount: Int { self.frames.readableBytes }

    /// Bytes that must be free before a text given to ``init(text:attachments:)``: the frame's header and the type.
    package static let headroom = WebSocketFrame.maximumHeaderSize + 1

    /// Creates a unit of one text message.
    ///
    /// - Parameter text: The message, without the packet type.
    public init(text: some StringProtocol) {
        var buffer = ByteBufferAllocator().buffer(capacity: Self.headroom + text.utf8.count)
        buffer.moveWriterIndex(forwardBy: Self.headroom)
        buffer.moveReaderIndex(forwardBy: Self.headroom)
        buffer.writeSubstring(Substring(text))
        // Given away: the header would be written into a copy while this still has it.
        self.init(text: consume buffer, attachments: [])
    }

    /// Creates a unit of one binary message.
    ///
    /// - Parameter binary: The message's bytes.
    public init(binary: ByteBuffer) {
        self.init(opcode: .binary, payload: binary)
    }

    /// Creates a unit of a text message and the binary messages that follow it.
    ///
    /// - Parameters:
    ///   - text: The text, with at least ``headroom`` bytes before its reader index, which are overwritten.
    ///   - attachments: Binary messages sent right after the text.
    package init(text: consuming ByteBuffer, attachments: [ByteBuffer]) {
        let typeIndex = text.readerIndex - 1
        text.setInteger(PacketType.message.rawValue, at: typeIndex)
        let length = text.readableBytes + 1
        text.moveReaderIndex(to: typeIndex)
        let frameStart = WebSocketFrame.setHeader(.text, length: length, endingAt: typeIndex, in: &text)
        text.moveReaderIndex(to: frameStart)
        for attachment in attachments {
            WebSocketFrame.writeHeader(.binary, length: attachment.readableBytes, into: &text)
            text.writeImmutableBuffer(attachment)
        }
        self.frames = text
        self.signedPacketCount = 1 + attachments.count
    }

    /// Creates a unit of any messages.
    ///
    /// - Parameter messages: The messages, in order.
    package init(_ messages: [(isText: Bool, payload: ByteBuffer)]) {
        let size = messages.reduce(0) { $0 + WebSocketFrame.maximumHeaderSize + 1 + $1.payload.readableBytes }
        var frames = ByteBufferAllocator().buffer(capacity: size)
        for (isText, payload) in messages {
            let length = payload.readableBytes + (isText ? 1 : 0)
            WebSocketFrame.writeHeader(isText ? .text : .binary, length: length, into: &frames)
            if isText { frames.writeInteger(PacketType.message.rawValue) }
            frames.writeImmutableBuffer(payload)
        }
        self.frames = frames
        self.signedPacketCount = messages.count
    }

    /// The messages, read back from their frames.
    package func readMessages() -> [(isText: Bool, payload: ByteBuffer)] {
        var frames = self.frames
        var messages: [(isText: Bool, payload: ByteBuffer)] = []
        while frames.readableBytes > 0 {
            var frame = WebSocketFrame.readUnmasked(from: &frames)
            let isText = frame.opcode == .text
            // The packet's type.
            if isText { frame.payload.moveReaderIndex(forwardBy: min(1, frame.payload.readableBytes)) }
            messages.append((isText, frame.payload))
        }
        return messages
    }

    /// Creates a unit of one control packet, such as a ping.
    init(packet: PacketType) {
        self.init(opcode: .text, payload: ByteBuffer(integer: packet.rawValue))
    }

    /// Creates a unit of one packet that is already encoded, type included.
    init(encodedPacket: ByteBuffer) {
        self.init(opcode: .text, payload: encodedPacket)
    }

    private init(opcode: WebSocketOpcode, payload: ByteBuffer) {
        self.frames = WebSocketFrame.message(opcode, payload)
        self.signedPacketCount = 1
    }
}

extension MessageUnit {
    /// A heartbeat.
    static let ping = MessageUnit(packet: .ping)
    /// The answer to a heartbeat of revision 3.
    static let pong = MessageUnit(packet: .pong)
}

extension WebSocketFrame {
    /// Marks the frame that begins there.
    static func mark(plainAt start: Int, in frames: inout ByteBuffer) {
        let first: UInt8 = frames.getInteger(at: start) ?? 0
        frames.setInteger(first | Self.plainMark, at: start)
    }

    /// A copy of frames of our own making, with or without the mark of those that must not be compressed.
    static func marking(_ frames: ByteBuffer, plain: Bool) -> ByteBuffer {
        var copy = frames
        Self.setMarks(plain: plain, from: frames.readerIndex, in: &copy)
        return copy
    }

    /// Marks the frames that begin there and behind, or removes their marks.
    static func setMarks(plain: Bool, from start: Int, in frames: inout ByteBuffer) {
        // Found first: whoever reads them has a reference, and each change would copy them.
        for (index, opcode) in Self.beginnings(of: frames, from: start) {
            frames.setInteger(0x80 | opcode.rawValue | (plain ? Self.plainMark : 0), at: index)
        }
    }

    private static func beginnings(of frames: ByteBuffer, from start: Int) -> [(index: Int, opcode: WebSocketOpcode)] {
        var rest = frames
        rest.moveReaderIndex(to: start)
        var beginnings: [(Int, WebSocketOpcode)] = []
        while rest.readableBytes > 0 {
            let index = rest.readerIndex
            beginnings.append((index, Self.readUnmasked(from: &rest).opcode))
        }
        return beginnings
    }
}
