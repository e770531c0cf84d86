/// A table of contents of one JSON value: a row for each key and each value, in the order of the text.
///
/// Made in one pass; afterwards stepping over a value of any size is one look-up, so that reading all members of deeply
/// nested containers stays linear. A member of an object is two rows: its key, then its value.
struct JSONTape: Sendable {
    struct Row: Sendable {
        /// The first byte and the byte after the last; the quotation marks of a string are inside.
        var start: UInt32
        var end: UInt32

        /// The row after this value and everything in it.
        var next: UInt32

        /// For a container the number of its members, for a string 1 when it contains escapes.
        var detail: UInt32
    }

    private(set) var rows: [Row]

    /// Reads one value, white space around it included, which must fill all of `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = .max) throws(JSONSyntaxError) {
        var walk = JSONWalk(bytes, from: 0, maximumDepth: maximumDepth, visitor: Builder(byteCount: bytes.count))
        try walk.walkValue()
        var cursor = walk.cursor
        cursor.skipWhitespace()
        guard cursor.isAtEnd else { throw cursor.error(expected: "the end") }
        rows = walk.visitor.rows
    }

    /// Reads bytes that are known to be one valid value.
    init(validated bytes: UnsafeRawBufferPointer) {
        let tape = try? JSONTape(bytes)
        assert(tape != nil, "an encoded value must be valid JSON")
        rows = tape?.rows ?? [Row(start: 0, end: 0, next: 1, detail: 0)]
    }

    func range(of row: Int) -> Range<Int> { Int(rows[row].start)..<Int(rows[row].end) }
    func next(after row: Int) -> Int { Int(rows[row].next) }
    func memberCount(of row: Int) -> Int { Int(rows[row].detail) }
    func hasEscapes(_ row: Int) -> Bool { rows[row].detail != 0 }
}

extension JSONTape {
    /// Writes the rows while the text is walked.
    ///
    /// While a container is open, the `next` of its row holds the row of the container around it: a stack without
    /// memory of its own.
    private struct Builder: JSONVisitor {
        var rows: [Row] = []
        private var innermost = Self.none

        private static var none: UInt32 { .max }

        init(byteCount: Int) {
            rows.reserveCapacity(min(byteCount / 6 + 2, 64))
        }

        mutating func visitScalar(from start: Int, to end: Int, hasEscapes: Bool) {
            countMember()
            visitKey(from: start, to: end, hasEscapes: hasEscapes)
        }

        mutating func visitKey(from start: Int, to end: Int, hasEscapes: Bool) {
            let next = UInt32(truncatingIfNeeded: rows.count + 1)
            append(from: start, to: end, next: next, detail: hasEscapes ? 1 : 0)
        }

        mutating func visitOpening(at start: Int) {
            countMember()
            append(from: start, to: start, next: innermost, detail: 0)
            innermost = UInt32(truncatingIfNeeded: rows.count - 1)
        }

        mutating func visitClosing(before end: Int) {
            let row = Int(innermost)
            innermost = rows[row].next
            rows[row].end = UInt32(truncatingIfNeeded: end)
            rows[row].next = UInt32(truncatingIfNeeded: rows.count)
        }

        /// Offsets fit 32 bits, as those of a `ByteBuffer` do.
        private mutating func append(from start: Int, to end: Int, next: UInt32, detail: UInt32) {
            let start = UInt32(truncatingIfNeeded: start)
            rows.append(Row(start: start, end: UInt32(truncatingIfNeeded: end), next: next, detail: detail))
        }

        private mutating func countMember() {
            if innermost != Self.none { rows[Int(innermost)].detail &+= 1 }
        }
    }
}
