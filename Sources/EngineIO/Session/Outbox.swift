/// What a session has to send: WebSocket frames, kept in as few buffers as possible.
import DequeModule
import NIOCore

/// The bytes waiting for a session's transport.
///
/// Everything is kept as WebSocket frames, since that is the hot path and the form in which units arrive. Small units
/// are copied into one growing buffer, so that many of them leave in one write and no reference count travels between
/// threads; a large one is shared by reference. While the transport is polling the boundaries of units are kept as well,
/// because a payload never cuts one.
struct Outbox {
    /// From this size on a unit is shared instead of copied.
    ///
    /// Copying 4 KiB costs about as much as an allocation.
    static let sharingThreshold = 4096

    /// The boundaries of one unit.
    private struct Boundary {
        var byteCount: Int
        var packetCount: Int
    }

    private var segments = FrameList()
    /// Whether the last segment is ours alone to append to.
    private var isLastSegmentOpen = false
    /// Boundaries of the queued units; `nil` once the session is on WebSocket for good.
    private var boundaries: Deque<Boundary>?

    /// The number of bytes waiting, framing included.
    private(set) var byteCount = 0

    init(tracksUnits: Bool) {
        self.boundaries = tracksUnits ? [] : nil
    }

    var isEmpty: Bool { self.byteCount == 0 }

    /// Appends a unit that other sessions receive too.
    mutating func append(_ unit: MessageUnit) {
        let size = unit.frames.readableBytes
        self.noteAppended(size: size, packetCount: unit.packetCount)
        guard size < Self.sharingThreshold else {
            self.segments.append(unit.frames)
            self.isLastSegmentOpen = false
            return
        }
        if self.isLastSegmentOpen {
            self.segments.appendToLast(unit.frames)
        } else {
            var copy = ByteBufferAllocator().buffer(capacity: max(size, 256))
            copy.writeImmutableBuffer(unit.frames)
            self.segments.append(copy)
            self.isLastSegmentOpen = true
        }
    }

    /// Appends a unit made for this session alone: when nothing waits its buffer is taken over without a copy.
    mutating func append(own unit: consuming MessageUnit) {
        guard self.segments.isEmpty else {
            self.append(unit)
            return
        }
        self.noteAppended(size: unit.frames.readableBytes, packetCount: unit.packetCount)
        self.segments.append(unit.frames)
        self.isLastSegmentOpen = true
    }

    private mutating func noteAppended(size: Int, packetCount: Int) {
        self.byteCount += size
        self.boundaries?.append(Boundary(byteCount: size, packetCount: packetCount))
    }

    /// Forgets the boundaries of units: the session is on WebSocket for good.
    mutating func stopTrackingUnits() {
        self.boundaries = nil
    }

    /// Takes everything as WebSocket frames.
    mutating func takeFrames() -> FrameList {
        defer { self.discard() }
        return self.segments
    }

    /// Throws everything away.
    mutating func discard() {
        self.segments = FrameList()
        self.isLastSegmentOpen = false
        self.byteCount = 0
        self.boundaries?.removeAll()
    }

    /// Takes one polling payload of whole units.
    ///
    /// - Parameters:
    ///   - maximumPackets: The most packets in the payload. Only a unit that alone has more is cut.
    ///   - last: A packet to end with when everything that waits fits before it.
    /// - Returns: The payload, or `nil` when there is nothing for it.
    mutating func takePayload(maximumPackets: Int, last: PacketType? = nil) -> ByteBuffer? {
        // What waits may be far more than goes into one payload.
        var encoder = PayloadEncoder(capacity: min(self.byteCount, Self.sharingThreshold))
        var room = last == nil ? maximumPackets : maximumPackets - 1
        while room > 0, let packets = self.nextPacketCount(room: room, isFirst: encoder.isEmpty) {
            for _ in 0..<packets { self.readFrame().map { encoder.append($0) } }
            room -= packets
        }
        if self.isEmpty, let last { encoder.append(last) }
        return encoder.isEmpty ? nil : encoder.payload
    }

    /// How many packets of the first unit go into a payload with room for `room` more; `nil` when it must wait.
    private mutating func nextPacketCount(room: Int, isFirst: Bool) -> Int? {
        guard let first = self.boundaries?.first else { return nil }
        if first.packetCount <= room {
            self.boundaries?.removeFirst()
            return first.packetCount
        }
        guard isFirst else { return nil }
        self.boundaries?[0].packetCount -= room
        return room
    }

    /// Reads the first frame, which is one packet.
    private mutating func readFrame() -> WebSocketFrame.Unmasked? {
        let frame = self.segments.withFirst { WebSocketFrame.readUnmasked(from: &$0) }
        self.byteCount -= frame?.byteCount ?? 0
        self.isLastSegmentOpen = self.isLastSegmentOpen && !self.segments.isEmpty
        return frame
    }
}
