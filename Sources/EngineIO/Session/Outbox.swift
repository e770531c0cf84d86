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
    /// The volatile units that wait; `nil` where volatile units never wait.
    private var volatiles: VolatileQueue?
    /// The number of bytes waiting that are not volatile.
    private var lastingBytes = 0
    /// Whether frames that must not be compressed are marked: not on a WebSocket that would send the mark.
    private var marksPlain: Bool

    init(tracksUnits: Bool, keepsVolatile: Bool = false, marksPlain: Bool = false) {
        self.marksPlain = marksPlain
        self.boundaries = tracksUnits ? [] : nil
        self.volatiles = keepsVolatile ? VolatileQueue() : nil
    }

    /// The number of bytes waiting, framing included.
    var byteCount: Int { self.lastingBytes + (self.volatiles?.byteCount ?? 0) }

    var isEmpty: Bool { self.byteCount == 0 }

    /// Whether nothing waits but what may be dropped.
    var holdsOnlyVolatile: Bool { self.lastingBytes == 0 }

    /// Appends a unit that other sessions receive too.
    mutating func append(_ unit: MessageUnit) {
        guard unit.isCompressible || !self.marksPlain else { return self.appendMarked(unit) }
        self.append(unit.frames, packetCount: unit.packetCount)
    }

    // Not inlined, to keep the usual way short.
    @inline(never)
    private mutating func appendMarked(_ unit: MessageUnit) {
        self.append(unit.markedFrames, packetCount: unit.packetCount)
    }

    // Inlined: a broadcast does little else for each receiver.
    @inline(__always)
    private mutating func append(_ frames: ByteBuffer, packetCount: Int) {
        let size = frames.readableBytes
        self.noteAppended(size: size, packetCount: packetCount)
        guard size < Self.sharingThreshold else {
            self.segments.append(frames)
            self.isLastSegmentOpen = false
            return
        }
        if self.isLastSegmentOpen {
            self.segments.appendToLast(frames)
        } else {
            var copy = ByteBufferAllocator().buffer(capacity: max(size, 256))
            copy.writeImmutableBuffer(frames)
            self.segments.append(copy)
            self.isLastSegmentOpen = true
        }
    }

    /// Appends a unit made for this session alone: when nothing waits its buffer is taken over without a copy.
    mutating func append(own unit: consuming MessageUnit) {
        guard self.segments.isEmpty, unit.isCompressible || !self.marksPlain else {
            self.append(unit)
            return
        }
        self.noteAppended(size: unit.frames.readableBytes, packetCount: unit.packetCount)
        self.segments.append(unit.frames)
        self.isLastSegmentOpen = true
    }

    private mutating func noteAppended(size: Int, packetCount: Int) {
        self.lastingBytes += size
        self.boundaries?.append(Boundary(byteCount: size, packetCount: packetCount))
    }

    // MARK: Volatile units

    /// Appends a unit that may be dropped again, if there is room for it: older ones of its kind make room.
    ///
    /// Only where volatile units are kept.
    ///
    /// - Parameter limit: The most bytes that may wait; a single unit may be larger.
    /// - Returns: Whether it was appended, and how many others were dropped.
    mutating func append(volatile unit: MessageUnit, limit: Int) -> (isAppended: Bool, dropped: Int) {
        let excess = self.isEmpty ? 0 : max(0, self.byteCount + unit.frames.readableBytes - limit)
        // None is dropped in vain.
        guard self.volatiles?.canFree(excess) == true else { return (false, 0) }
        let dropped = self.volatiles?.free(excess) ?? 0
        let frames = self.marksPlain ? unit.markedFrames : unit.frames
        self.volatiles?.append(frames, unit.packetCount, behind: self.lastingBytes)
        return (true, dropped)
    }

    /// Drops volatile units, the oldest first, until no more than this waits or none is left.
    ///
    /// - Returns: The number of units dropped.
    mutating func dropVolatile(downTo limit: Int) -> Int {
        let excess = self.byteCount - limit
        return self.volatiles?.free(excess) ?? 0
    }

    // MARK: Taking

    /// Forgets the boundaries of units: the session is on WebSocket for good.
    ///
    /// - Parameter marksPlain: Whether the WebSocket looks at the marks of frames that must not be compressed.
    mutating func stopTrackingUnits(marksPlain: Bool = false) {
        self.boundaries = nil
        if self.marksPlain, !marksPlain { self.removeMarks() }
        self.marksPlain = marksPlain
    }

    private mutating func removeMarks() {
        var segments = FrameList()
        for frames in self.segments { segments.append(WebSocketFrame.marking(frames, plain: false)) }
        self.segments = segments
        self.isLastSegmentOpen = false
        self.volatiles?.removeMarks()
    }

    /// Takes everything as WebSocket frames.
    mutating func takeFrames() -> FrameList {
        defer { self.discard() }
        guard self.volatiles?.isEmpty == false else { return self.segments }
        return self.volatiles?.takeAll(among: self.segments) ?? self.segments
    }

    /// Throws everything away.
    mutating func discard() {
        self.segments = FrameList()
        self.isLastSegmentOpen = false
        self.lastingBytes = 0
        self.boundaries?.removeAll()
        if self.volatiles != nil { self.volatiles = VolatileQueue() }
    }

    /// Takes one polling payload of whole units.
    ///
    /// - Parameters:
    ///   - maximumPackets: The most packets in the payload. Only a unit that alone has more is cut.
    ///   - last: A packet to end with when everything that waits fits before it.
    /// - Returns: The payload, or `nil` when there is nothing for it.
    mutating func takePayload(maximumPackets: Int, last: PacketType? = nil) -> PollPayload? {
        // What waits may be far more than goes into one payload.
        var encoder = PayloadEncoder(capacity: min(self.byteCount, Self.sharingThreshold))
        self.takePackets(maximumPackets: maximumPackets, last: last, into: &encoder)
        return encoder.isEmpty ? nil : PollPayload(body: encoder.payload, isCompressible: encoder.isCompressible)
    }

    /// Takes what a session answers a poll with: whole units, or a noop when there are none.
    mutating func takePayload(maximumPackets: Int, last: PacketType?, as wire: WireFormat) -> PollPayload {
        switch wire {
        case .revision4, .revision4Base64:
            return self.takePayload(maximumPackets: maximumPackets, last: last) ?? .noop
        case .revision3(let options):
            var encoder = Revision3PayloadEncoder()
            self.takePackets(maximumPackets: maximumPackets, last: last, into: &encoder)
            if encoder.isEmpty { encoder.append(.noop) }
            return encoder.payload(options)
        }
    }

    private mutating func takePackets(
        maximumPackets: Int,
        last: PacketType?,
        into encoder: inout some PayloadBuilder
    ) {
        var room = last == nil ? maximumPackets : maximumPackets - 1
        while room > 0, let packets = self.readUnit(into: &encoder, room: room) { room -= packets }
        if self.isEmpty, let last { encoder.append(last) }
    }

    /// Reads a unit, whose turn it is, if there is room for it.
    ///
    /// - Returns: How many packets it had; nothing when it must wait.
    private mutating func readUnit(into encoder: inout some PayloadBuilder, room: Int) -> Int? {
        let isFirst = encoder.isEmpty
        if let due = self.volatiles?.packetsDue {
            guard due <= room || isFirst else { return nil }
            self.volatiles?.take(min(due, room)) { encoder.append($0) }
            return min(due, room)
        }
        guard let packets = self.nextPacketCount(room: room, isFirst: isFirst) else { return nil }
        for _ in 0..<packets { self.readFrame().map { encoder.append($0) } }
        return packets
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
        let size = frame?.byteCount ?? 0
        self.lastingBytes -= size
        self.volatiles?.tookOthers(size)
        self.isLastSegmentOpen = self.isLastSegmentOpen && !self.segments.isEmpty
        return frame
    }
}
