/// Checks one JSON value in place: what `JSON.parse` accepts passes, anything else throws.
///
/// Nesting costs a bit per level, not a stack frame, so depth is limited by choice and never by the thread's stack.
enum JSONScanner {
    /// Moves `position` past the value that starts there, white space before it included.
    ///
    /// - Throws: ``JSONSyntaxError`` with the offset of the first fault; `position` is then unchanged.
    static func skipValue(
        _ bytes: UnsafeRawBufferPointer,
        from position: inout Int,
        maximumDepth: Int
    ) throws(JSONSyntaxError) {
        var walk = JSONWalk(bytes, from: position, maximumDepth: maximumDepth, visitor: NoVisitor())
        try walk.walkValue()
        position = walk.cursor.position
    }
}

/// Told about each token while a value is walked; the numbers are byte offsets, ends exclusive.
protocol JSONVisitor {
    mutating func visitScalar(from start: Int, to end: Int, hasEscapes: Bool)
    mutating func visitKey(from start: Int, to end: Int, hasEscapes: Bool)
    mutating func visitOpening(at start: Int)
    mutating func visitClosing(before end: Int)
}

/// Ignores every token: the walk then only checks.
private struct NoVisitor: JSONVisitor {
    mutating func visitScalar(from start: Int, to end: Int, hasEscapes: Bool) {}
    mutating func visitKey(from start: Int, to end: Int, hasEscapes: Bool) {}
    mutating func visitOpening(at start: Int) {}
    mutating func visitClosing(before end: Int) {}
}

/// One pass over one JSON value that reports its tokens to a visitor.
struct JSONWalk<Visitor: JSONVisitor> {
    private(set) var cursor: JSONCursor
    private(set) var visitor: Visitor
    private let maximumDepth: Int
    private var containers = ContainerStack()

    init(_ bytes: UnsafeRawBufferPointer, from position: Int, maximumDepth: Int, visitor: Visitor) {
        cursor = JSONCursor(bytes, at: position)
        self.maximumDepth = maximumDepth
        self.visitor = visitor
    }

    mutating func walkValue() throws(JSONSyntaxError) {
        while true {
            let isComplete = try walkStart()
            if isComplete, try !advance() { return }
        }
    }

    /// Walks a scalar or an opening bracket.
    ///
    /// - Returns: Whether a value is complete; otherwise the first member of a container follows.
    private mutating func walkStart() throws(JSONSyntaxError) -> Bool {
        cursor.skipWhitespace()
        switch cursor.current {
        case UInt8(ascii: "{"): return try !openObject()
        case UInt8(ascii: "["): return try !openArray()
        default: try walkScalar()
        }
        return true
    }

    private mutating func walkScalar() throws(JSONSyntaxError) {
        let start = cursor.position
        var hasEscapes = false
        switch cursor.current {
        case UInt8(ascii: "\""): hasEscapes = try cursor.skipString()
        case UInt8(ascii: "-"), 0x30...0x39: try cursor.skipNumber()
        case UInt8(ascii: "t"): try cursor.skipWord("true")
        case UInt8(ascii: "f"): try cursor.skipWord("false")
        case UInt8(ascii: "n"): try cursor.skipWord("null")
        default: throw cursor.error(expected: "a value")
        }
        visitor.visitScalar(from: start, to: cursor.position, hasEscapes: hasEscapes)
    }

    /// Walks `{` and the first key; returns false when the object is empty and complete.
    private mutating func openObject() throws(JSONSyntaxError) -> Bool {
        try open(isObject: true)
        if cursor.skip(UInt8(ascii: "}")) {
            close()
            return false
        }
        try walkKey()
        return true
    }

    /// Walks `[`; returns false when the array is empty and complete.
    private mutating func openArray() throws(JSONSyntaxError) -> Bool {
        try open(isObject: false)
        guard cursor.skip(UInt8(ascii: "]")) else { return true }
        close()
        return false
    }

    private mutating func open(isObject: Bool) throws(JSONSyntaxError) {
        guard containers.depth < maximumDepth else {
            var error = cursor.error(expected: "at most \(maximumDepth) levels of nesting")
            error.isTooDeep = true
            throw error
        }
        visitor.visitOpening(at: cursor.position)
        containers.push(isObject: isObject)
        cursor.position += 1
        cursor.skipWhitespace()
    }

    private mutating func close() {
        containers.pop()
        visitor.visitClosing(before: cursor.position)
    }

    private mutating func walkKey() throws(JSONSyntaxError) {
        cursor.skipWhitespace()
        guard cursor.current == UInt8(ascii: "\"") else { throw cursor.error(expected: "a key") }
        let start = cursor.position
        let hasEscapes = try cursor.skipString()
        visitor.visitKey(from: start, to: cursor.position, hasEscapes: hasEscapes)
        cursor.skipWhitespace()
        guard cursor.skip(UInt8(ascii: ":")) else { throw cursor.error(expected: "a colon") }
    }

    /// Walks the commas and closing brackets after a complete value; returns false when the whole value is complete.
    private mutating func advance() throws(JSONSyntaxError) -> Bool {
        while containers.depth > 0 {
            cursor.skipWhitespace()
            if cursor.skip(UInt8(ascii: ",")) {
                if containers.isObject { try walkKey() }
                return true
            }
            guard cursor.skip(containers.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw cursor.error(expected: containers.isObject ? "a comma or }" : "a comma or ]")
            }
            close()
        }
        return false
    }
}

/// The kinds of the containers around the cursor, one bit each; the lowest bit is the innermost.
private struct ContainerStack {
    private(set) var depth = 0
    private var recent: UInt64 = 0
    private var older: [UInt64] = []

    /// Whether the innermost container is an object.
    var isObject: Bool { recent & 1 == 1 }

    mutating func push(isObject: Bool) {
        if depth > 0, depth % 64 == 0 { older.append(recent) }
        recent = recent << 1 | (isObject ? 1 : 0)
        depth += 1
    }

    mutating func pop() {
        depth -= 1
        recent >>= 1
        if depth > 0, depth % 64 == 0, let word = older.popLast() { recent = word }
    }
}
