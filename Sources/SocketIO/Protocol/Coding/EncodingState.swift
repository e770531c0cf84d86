internal import NIOCore

/// What an encoding has written, and the values it has begun: everything about it that changes.
///
/// A value of its own, so that the session around it touches its storage once per member; Swift checks each touch of a
/// class's storage for conflicts, which costs more than writing a number.
struct EncodingState {
    /// What a value turned out to be.
    enum Kind {
        case nothing, scalar, array, object
    }

    /// A value whose `encode(to:)` is running.
    fileprivate struct OpenValue {
        /// Tells the containers of this value from those of an earlier one that were kept too long.
        let id: Int
        var kind = Kind.nothing
        var memberCount = 0
    }

    /// A place in the text for what another session writes.
    private struct Gap {
        let position: Int
        let content: EncodingSession
    }

    var writer: JSONWriter
    private var open: [OpenValue] = []
    private var lastID = 0
    private var gaps: [Gap] = []

    init(writer: JSONWriter) {
        self.writer = writer
        open.reserveCapacity(4)
    }

    /// Starts a value; the result is what its containers identify themselves with.
    mutating func openValue() -> Int {
        lastID += 1
        open.append(OpenValue(id: lastID))
        return lastID
    }

    /// Ends the innermost value.
    ///
    /// One that encoded nothing is an empty object.
    mutating func closeValue() {
        guard let value = open.popLast() else { return }
        switch value.kind {
        case .nothing: writer.buffer.writeStaticString("{}")
        case .scalar: break
        case .array: writer.write(punctuation: UInt8(ascii: "]"))
        case .object: writer.write(punctuation: UInt8(ascii: "}"))
        }
    }

    /// Ends all values and puts the deferred ones into their gaps.
    mutating func finish() throws {
        while !open.isEmpty { closeValue() }
        guard !gaps.isEmpty else { return }
        writer.fill(try gaps.map { ($0.position, try $0.content.finishedValue()) })
    }

    /// The number of members of a value, zero when it is no longer open.
    func memberCount(of id: Int) -> Int {
        open.last { $0.id == id }?.memberCount ?? 0
    }
}

// MARK: - Beginning

// Each method returns false when the caller is not the innermost open value, or not of the right kind.
extension EncodingState {
    /// Makes the innermost value an array or an object; asking again for the same goes on with it.
    mutating func begin(_ kind: Kind, _ id: Int) -> Bool {
        guard let last = open.indices.last, open[last].id == id else { return false }
        guard open[last].kind != kind else { return true }
        guard open[last].kind == .nothing else { return false }
        open[last].kind = kind
        writer.write(punctuation: kind == .array ? UInt8(ascii: "[") : UInt8(ascii: "{"))
        return true
    }

    /// Writes what comes before an element.
    mutating func beginElement(_ id: Int) -> Bool {
        guard let last = open.indices.last, open[last].id == id else { return false }
        if open[last].memberCount > 0 { writer.write(punctuation: UInt8(ascii: ",")) }
        open[last].memberCount += 1
        return true
    }

    /// Writes what comes before the value of a member, its name included.
    mutating func beginMember(_ key: String, _ id: Int) -> Bool {
        guard let last = open.indices.last, open[last].id == id else { return false }
        writer.write(key: key, isFirst: open[last].memberCount == 0)
        open[last].memberCount += 1
        return true
    }

    mutating func beginScalar(_ id: Int) -> Bool {
        guard let last = open.indices.last, open[last].id == id, open[last].kind == .nothing else { return false }
        open[last].kind = .scalar
        return true
    }

    /// Notes that something else belongs here.
    mutating func leaveGap(for content: EncodingSession) {
        gaps.append(Gap(position: writer.buffer.readableBytes, content: content))
    }
}

// MARK: - Undoing

extension EncodingState {
    /// Everything that a member may change before it fails.
    struct Mark {
        fileprivate let writer: JSONWriter.Mark
        fileprivate let open: Int
        fileprivate let last: OpenValue?
        fileprivate let gaps: Int
    }

    var mark: Mark { Mark(writer: writer.mark, open: open.count, last: open.last, gaps: gaps.count) }

    mutating func rollBack(to mark: Mark) {
        writer.rollBack(to: mark.writer)
        open.removeLast(open.count - mark.open)
        if let last = mark.last { open[open.count - 1] = last }
        gaps.removeLast(gaps.count - mark.gaps)
    }
}
