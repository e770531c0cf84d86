/// Volatile messages that wait, and can still be dropped.
import DequeModule
import NIOCore

/// The volatile units of an outbox, each with its place among the units that must not be lost.
///
/// They are kept apart, so that dropping the oldest one moves nothing. A place is a number of bytes: how many of the
/// others were appended before, counted from when both were empty.
struct VolatileQueue: Sendable {
    private struct Entry: Sendable {
        var frames: ByteBuffer
        var packetCount: Int
        let place: Int
    }

    private var entries: Deque<Entry> = []
    /// The bytes of the others that have been taken since.
    private var taken = 0
    /// Whether a poll has taken the first packets of the first unit: it is not dropped any more.
    private var isFirstCut = false

    private(set) var byteCount = 0

    var isEmpty: Bool { self.entries.isEmpty }

    /// The bytes that can be dropped.
    private var droppableBytes: Int {
        self.byteCount - (self.isFirstCut ? self.entries.first?.frames.readableBytes ?? 0 : 0)
    }

    // MARK: Adding and dropping

    /// Appends a unit behind this many bytes of others that wait.
    mutating func append(_ frames: ByteBuffer, _ packetCount: Int, behind others: Int) {
        self.entries.append(Entry(frames: frames, packetCount: packetCount, place: self.taken + others))
        self.byteCount += frames.readableBytes
    }

    /// Removes the marks of frames that must not be compressed.
    mutating func removeMarks() {
        for index in self.entries.indices {
            self.entries[index].frames = WebSocketFrame.marking(self.entries[index].frames, plain: false)
        }
    }

    /// Whether dropping can make room for so many bytes.
    func canFree(_ bytes: Int) -> Bool { bytes <= self.droppableBytes }

    /// Drops units, the oldest first, until so many bytes are free or none is left.
    ///
    /// - Returns: The number of units dropped.
    mutating func free(_ bytes: Int) -> Int {
        var (freed, dropped) = (0, 0)
        while freed < bytes, self.entries.count > (self.isFirstCut ? 1 : 0) {
            let entry = self.entries.remove(at: self.isFirstCut ? 1 : 0)
            freed += entry.frames.readableBytes
            dropped += 1
        }
        self.byteCount -= freed
        return dropped
    }

    // MARK: Taking

    /// So many bytes of the others were taken.
    mutating func tookOthers(_ bytes: Int) {
        self.taken += bytes
    }

    /// The packets of the first unit, when it is its turn; nothing when others come before it.
    var packetsDue: Int? {
        guard let first = self.entries.first, first.place <= self.taken else { return nil }
        return first.packetCount
    }

    /// Takes packets of the first unit.
    mutating func take(_ packets: Int, _ body: (WebSocketFrame.Unmasked) -> Void) {
        guard !self.entries.isEmpty else { return }
        for _ in 0..<packets {
            let frame = WebSocketFrame.readUnmasked(from: &self.entries[0].frames)
            self.byteCount -= frame.byteCount
            body(frame)
        }
        self.entries[0].packetCount -= packets
        self.isFirstCut = self.entries[0].packetCount > 0
        if !self.isFirstCut { self.entries.removeFirst() }
    }

    /// Takes everything, in its place among the others.
    mutating func takeAll(among others: FrameList) -> FrameList {
        var (others, frames, place) = (others, GatheredFrames(), self.taken)
        for entry in self.entries {
            others.move(entry.place - place, into: &frames)
            place = max(place, entry.place)
            frames.append(entry.frames)
        }
        others.move(.max, into: &frames)
        self = Self()
        return frames.list
    }
}

/// Frames put together in few buffers.
struct GatheredFrames {
    private(set) var list = FrameList()
    private var isLastOpen = false

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes < Outbox.sharingThreshold else {
            self.list.append(buffer)
            self.isLastOpen = false
            return
        }
        if self.isLastOpen {
            self.list.appendToLast(buffer)
        } else {
            var copy = ByteBufferAllocator().buffer(capacity: max(buffer.readableBytes, 256))
            copy.writeImmutableBuffer(buffer)
            self.list.append(copy)
            self.isLastOpen = true
        }
    }
}

extension FrameList {
    /// Moves bytes from the front, as many as there are.
    fileprivate mutating func move(_ bytes: Int, into frames: inout GatheredFrames) {
        var rest = bytes
        while rest > 0, let first = self.first {
            let length = Swift.min(rest, first.readableBytes)
            if let part = self.withFirst({ $0.readSlice(length: length) }) ?? nil { frames.append(part) }
            rest -= length
        }
    }
}
