/// Everything in the text of a packet before its payload.
struct PacketHeader: Hashable {
    var type: PacketType
    var attachments: Int
    var namespace: String
    var ackID: UInt64?
}

/// Reads the text of one packet from left to right: type, attachment count, namespace, id; then the payload.
struct PacketReader {
    private(set) var cursor: JSONCursor
    private let limits: PacketLimits

    init(_ text: UnsafeRawBufferPointer, limits: PacketLimits) {
        cursor = JSONCursor(text)
        self.limits = limits
    }

    private var rest: Slice<UnsafeRawBufferPointer> { cursor.bytes[cursor.position...] }

    mutating func readHeader() throws(PacketViolation) -> PacketHeader {
        let type = try readType()
        let attachments = type.isBinary ? try readAttachmentCount() : 0
        let namespace = try readNamespace()
        return PacketHeader(type: type, attachments: attachments, namespace: namespace, ackID: try readAckID())
    }

    private mutating func readType() throws(PacketViolation) -> PacketType {
        guard !cursor.isAtEnd, let type = PacketType(rawValue: cursor.current &- UInt8(ascii: "0")) else {
            throw .unexpected(rest, expected: "a packet type from 0 to 6")
        }
        cursor.position += 1
        return type
    }

    /// Reads `<n>-`.
    ///
    /// As in Node nothing before the hyphen means none; unlike there only decimal digits count.
    private mutating func readAttachmentCount() throws(PacketViolation) -> Int {
        var count = 0
        while cursor.current.isDigit {
            count = min(count * 10 + Int(cursor.current & 0xF), Int(UInt32.max))
            cursor.position += 1
        }
        guard cursor.skip(UInt8(ascii: "-")) else {
            throw .unexpected(rest, expected: "a number of attachments and a hyphen")
        }
        guard count <= limits.maximumAttachments else {
            throw .tooMany(
                "attachments",
                found: count,
                limit: limits.maximumAttachments,
                of: .attachmentsPerPacket
            )
        }
        return count
    }

    /// Reads `/name,`; the name ends at the first comma or with the text.
    ///
    /// Without a slash the namespace is `/`.
    private mutating func readNamespace() throws(PacketViolation) -> String {
        guard cursor.current == UInt8(ascii: "/") else { return "/" }
        let start = cursor.position
        while !cursor.isAtEnd, cursor.current != UInt8(ascii: ",") { cursor.position += 1 }
        let name = cursor.bytes[start..<cursor.position]
        _ = cursor.skip(UInt8(ascii: ","))
        guard name.count <= limits.maximumNamespaceLength || hasAdmissibleQuery(name) else {
            throw .tooMany(
                "bytes of namespace",
                found: name.count,
                limit: limits.maximumNamespaceLength,
                of: .namespaceBytes
            )
        }
        return name.count == 1 ? "/" : String(decoding: name, as: UTF8.self)
    }

    /// Whether a name is too long only for the query behind it, which has a bound of its own.
    private func hasAdmissibleQuery(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard limits.maximumQueryLength > 0, let start = name.firstIndex(of: UInt8(ascii: "?")) else { return false }
        return start - name.startIndex <= limits.maximumNamespaceLength
            && name.endIndex - start <= limits.maximumQueryLength
    }

    /// Reads the digits of an acknowledgement id, if there are any; leading zeros mean nothing.
    private mutating func readAckID() throws(PacketViolation) -> UInt64? {
        guard cursor.current.isDigit else { return nil }
        while cursor.current == UInt8(ascii: "0") { cursor.position += 1 }
        let start = cursor.position
        var id: UInt64 = 0
        var isTooLarge = false
        while cursor.current.isDigit {
            let (shifted, overflow) = id.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(UInt64(cursor.current & 0xF))
            id = sum
            isTooLarge = isTooLarge || overflow || carry
            cursor.position += 1
        }
        let digits = cursor.position - start
        guard digits <= limits.maximumAckIDDigits, !isTooLarge else {
            throw .tooMany(
                "digits of acknowledgement id",
                found: digits,
                limit: limits.maximumAckIDDigits,
                of: .acknowledgementDigits
            )
        }
        return id
    }

    /// Skips white space; returns whether a payload follows.
    mutating func hasPayload() -> Bool {
        cursor.skipWhitespace()
        return !cursor.isAtEnd
    }
}

// MARK: - Payload

extension PacketReader {
    /// What the array of an event begins with.
    enum EventName {
        case string(String)

        /// Legal, and nobody can listen for it.
        case number
    }

    /// Reads a payload that has to be an object.
    mutating func readObject() throws(PacketViolation) -> Arguments.Slice {
        try expect(UInt8(ascii: "{"), "an object")
        let slice = try readValue(maximumDepth: limits.maximumNestingDepth)
        try readEnd()
        return slice
    }

    /// Reads a payload that may be anything the reference accepts as the reason of a refusal.
    mutating func readStringOrObject() throws(PacketViolation) {
        if cursor.current != UInt8(ascii: "\"") { try expect(UInt8(ascii: "{"), "a string or an object") }
        _ = try readValue(maximumDepth: limits.maximumNestingDepth)
        try readEnd()
    }

    /// Reads the payload of an event: its name, then the arguments.
    mutating func readEvent(into arguments: inout Arguments) throws(PacketViolation) -> EventName {
        try readOpening()
        let name = try readEventName()
        cursor.skipWhitespace()
        if cursor.skip(UInt8(ascii: ",")) {
            try readArguments(into: &arguments)
        } else {
            try readClosing()
        }
        try readEnd()
        return name
    }

    /// Reads the payload of an acknowledgement: an array, possibly empty.
    mutating func readAck(into arguments: inout Arguments) throws(PacketViolation) {
        try readOpening()
        cursor.skipWhitespace()
        if !cursor.skip(UInt8(ascii: "]")) { try readArguments(into: &arguments) }
        try readEnd()
    }

    /// Refuses whatever follows.
    mutating func readEnd() throws(PacketViolation) {
        cursor.skipWhitespace()
        guard cursor.isAtEnd else { throw .unexpected(rest, expected: "the end of the packet") }
    }

    private func expect(_ byte: UInt8, _ expected: String) throws(PacketViolation) {
        guard cursor.current == byte else { throw .unexpected(rest, expected: expected) }
    }

    private mutating func readOpening() throws(PacketViolation) {
        try expect(UInt8(ascii: "["), "an array")
        cursor.position += 1
        guard limits.maximumNestingDepth > 0 else {
            throw .tooMany("levels of nesting", found: 1, limit: 0, of: .nestingDepth)
        }
    }

    private mutating func readClosing() throws(PacketViolation) {
        try expect(UInt8(ascii: "]"), "a comma or ]")
        cursor.position += 1
    }

    /// Reads values up to the closing bracket; at least one must come.
    private mutating func readArguments(into arguments: inout Arguments) throws(PacketViolation) {
        repeat {
            arguments.append(try readValue(maximumDepth: limits.maximumNestingDepth - 1))
            cursor.skipWhitespace()
        } while cursor.skip(UInt8(ascii: ","))
        try readClosing()
    }

    private mutating func readValue(maximumDepth: Int) throws(PacketViolation) -> Arguments.Slice {
        cursor.skipWhitespace()
        let start = cursor.position
        do {
            try JSONScanner.skipValue(cursor.bytes, from: &cursor.position, maximumDepth: maximumDepth)
        } catch {
            throw .invalidPayload(error)
        }
        return Arguments.Slice(start: UInt32(start), length: UInt32(cursor.position - start))
    }

    private mutating func readEventName() throws(PacketViolation) -> EventName {
        cursor.skipWhitespace()
        switch cursor.current {
        case UInt8(ascii: "\""): return .string(try readEventNameString())
        case UInt8(ascii: "-"), 0x30...0x39: _ = try readValue(maximumDepth: 0)
        default: throw .unexpected(rest, expected: "an event name")
        }
        return .number
    }

    private mutating func readEventNameString() throws(PacketViolation) -> String {
        let start = cursor.position
        let hasEscapes: Bool
        do {
            hasEscapes = try cursor.skipString()
        } catch {
            throw .invalidPayload(error)
        }
        let text = UnsafeRawBufferPointer(rebasing: cursor.bytes[start..<cursor.position])
        guard text.count - 2 <= limits.maximumEventNameLength else {
            throw .tooMany(
                "bytes of event name",
                found: text.count - 2,
                limit: limits.maximumEventNameLength,
                of: .eventNameBytes
            )
        }
        let name = JSONString.decode(text, hasEscapes: hasEscapes)
        guard !ReservedEventName.contains(name) else {
            throw .unexpected(text, expected: "an event name that is not reserved")
        }
        return name
    }
}
