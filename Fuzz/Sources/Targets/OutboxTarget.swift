/// What a session sends: units go in, and come out as frames or as payloads, complete and in order.
import NIOCore

@testable import EngineIO

extension FuzzTarget {
    static let outbox = FuzzTarget("outbox") { input in
        var source = ByteSource(input.bytes)
        var stage = OutboxStage(tracksUnits: source.bool())
        while !source.isAtEnd { try stage.step(&source) }
        try stage.finish()
    }
}

/// An outbox beside a plain list of the packets in it.
private struct OutboxStage {
    /// A packet, and whether it stands at the end of its unit.
    private struct Expected: Equatable {
        var packet: InboundPacket
        var isLast: Bool
    }

    private var outbox: Outbox
    private var expected: [Expected] = []
    private var tracksUnits: Bool

    init(tracksUnits: Bool) {
        self.outbox = Outbox(tracksUnits: tracksUnits)
        self.tracksUnits = tracksUnits
    }

    mutating func step(_ source: inout ByteSource) throws {
        switch source.number(below: 8) {
        case 0: self.append(text: Self.text(&source), attachments: [], isOwn: source.bool())
        case 1:
            let attachments = (0..<source.number(below: 20)).map { _ in Self.content(&source) }
            self.append(text: Self.text(&source), attachments: attachments, isOwn: source.bool())
        case 2: self.append(binary: Self.content(&source), isOwn: source.bool())
        case 3: try self.takePayload(maximumPackets: 2 + source.number(below: 18), last: nil)
        case 4: try self.takePayload(maximumPackets: 2 + source.number(below: 18), last: .close)
        case 5: try self.takeFrames()
        case 6:
            self.append(text: String(repeating: Self.text(&source), count: 40), attachments: [], isOwn: source.bool())
        default:
            self.outbox.stopTrackingUnits()
            self.tracksUnits = false
        }
        try expectSame(self.outbox.isEmpty, self.expected.isEmpty, "is it empty")
    }

    /// Text without what separates packets, as there is none in JSON.
    private static func text(_ source: inout ByteSource) -> String {
        String(source.text().unicodeScalars.filter { $0.value != UInt32(PayloadDecoder.separator) }.map(Character.init))
    }

    /// Bytes of any of the sizes that a frame's header tells apart.
    private static func content(_ source: inout ByteSource) -> ByteBuffer {
        let factor = source.choice([1, 1, 2, 20, 300])
        let bytes = source.bytes()
        return ByteBuffer(bytes: repeatElement(bytes, count: factor).joined())
    }

    // MARK: In

    private mutating func append(text: String, attachments: [ByteBuffer], isOwn: Bool) {
        var buffer = ByteBuffer(repeating: 0, count: MessageUnit.headroom)
        buffer.moveReaderIndex(forwardBy: MessageUnit.headroom)
        buffer.writeString(text)
        self.append(MessageUnit(text: buffer, attachments: attachments), isOwn: isOwn)
        self.expected.append(Expected(packet: .text(ByteBuffer(string: text)), isLast: attachments.isEmpty))
        for (index, attachment) in attachments.enumerated() {
            self.expected.append(Expected(packet: .binary(attachment), isLast: index == attachments.count - 1))
        }
    }

    private mutating func append(binary: ByteBuffer, isOwn: Bool) {
        self.append(MessageUnit(binary: binary), isOwn: isOwn)
        self.expected.append(Expected(packet: .binary(binary), isLast: true))
    }

    private mutating func append(_ unit: MessageUnit, isOwn: Bool) {
        if isOwn { self.outbox.append(own: unit) } else { self.outbox.append(unit) }
    }

    // MARK: Out

    mutating func finish() throws {
        while self.tracksUnits, !self.outbox.isEmpty { try self.takePayload(maximumPackets: 16, last: nil) }
        try self.takeFrames()
        try expect(self.expected.isEmpty, "\(self.expected.count) packets are lost")
        try expectSame(self.outbox.byteCount, 0, "bytes at the end")
    }

    private mutating func takeFrames() throws {
        var bytes = ByteBuffer()
        for buffer in self.outbox.takeFrames() { bytes.writeImmutableBuffer(buffer) }
        while bytes.readableBytes > 0 {
            let frame = WebSocketFrame.readUnmasked(from: &bytes)
            let packet = frame.opcode == .text ? try PacketDecoder.decode(frame.payload) : .binary(frame.payload)
            try self.received(packet)
        }
        try expect(self.expected.isEmpty, "\(self.expected.count) packets are not among the frames")
    }

    private mutating func takePayload(maximumPackets: Int, last: PacketType?) throws {
        // The session takes payloads only while its units are tracked.
        guard self.tracksUnits, let payload = self.outbox.takePayload(maximumPackets: maximumPackets, last: last)
        else {
            return try expect(
                !self.tracksUnits || self.expected.isEmpty && last == nil,
                "no payload, though there is one"
            )
        }
        var decoder = PayloadDecoder(payload.body, maximumPackets: maximumPackets)
        var endsUnit = true
        var count = 0
        while let packet = try decoder.next() {
            if packet == .close, last != nil { return try expect(self.expected.isEmpty, "closed before all was sent") }
            endsUnit = self.expected.first?.isLast ?? true
            try self.received(packet)
            count += 1
        }
        let isWholeUnits = endsUnit || count == maximumPackets || count == maximumPackets - 1
        try expect(isWholeUnits, "a unit is cut behind \(count) of \(maximumPackets) packets")
    }

    private mutating func received(_ packet: InboundPacket) throws {
        try expect(!self.expected.isEmpty, "a packet that nobody sent: \(packet)")
        try expectSame(packet, self.expected.removeFirst().packet, "packets in their order")
    }
}
