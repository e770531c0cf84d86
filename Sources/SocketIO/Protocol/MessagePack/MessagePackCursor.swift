/// Reads the units of MessagePack one by one.
internal import NIOCore

/// One value's head, or the whole value when it has no members.
enum MessagePackToken: Equatable {
    case null
    /// JavaScript's `undefined`, which notepack writes as an empty extension.
    case undefined
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    /// The bytes of a text, not checked.
    case text(Range<Int>)
    case binary(Range<Int>)
    /// Milliseconds since 1970.
    case date(Double)
    case array(count: Int)
    case map(count: Int)
}

/// A place in MessagePack bytes.
struct MessagePackCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// Reads the next unit and moves behind it.
    mutating func next() throws(PacketViolation) -> MessagePackToken {
        let byte = try readInteger(UInt8.self)
        switch byte {
        case 0x00...0x7F: return .integer(Int64(byte))
        case 0xE0...0xFF: return .integer(Int64(Int8(bitPattern: byte)))
        case 0x80...0x8F: return .map(count: try checked(count: Int(byte & 0xF), bytesEach: 2))
        case 0x90...0x9F: return .array(count: try checked(count: Int(byte & 0xF), bytesEach: 1))
        case 0xA0...0xBF: return .text(try take(Int(byte & 0x1F)))
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool(byte == 0xC3)
        default: return try readLong(byte)
        }
    }

    private mutating func readLong(_ byte: UInt8) throws(PacketViolation) -> MessagePackToken {
        switch byte {
        case 0xC4...0xC6: .binary(try take(try readLength(byte - 0xC4)))
        case 0xC7...0xC9: try readExtension(length: try readLength(byte - 0xC7), isFixed: false)
        case 0xCA: .double(Double(Float(bitPattern: try readInteger(UInt32.self))))
        case 0xCB: .double(Double(bitPattern: try readInteger(UInt64.self)))
        case 0xCC...0xCE: .integer(Int64(try readLength(byte - 0xCC)))
        case 0xCF: .unsigned(try readInteger(UInt64.self))
        case 0xD0: .integer(Int64(try readInteger(Int8.self)))
        case 0xD1: .integer(Int64(try readInteger(Int16.self)))
        case 0xD2: .integer(Int64(try readInteger(Int32.self)))
        case 0xD3: .integer(try readInteger(Int64.self))
        case 0xD4...0xD8: try readExtension(length: 1 << Int(byte - 0xD4), isFixed: true)
        case 0xD9...0xDB: .text(try take(try readLength(byte - 0xD9)))
        case 0xDC, 0xDD: .array(count: try checked(count: try readLength(byte - 0xDC + 1), bytesEach: 1))
        case 0xDE, 0xDF: .map(count: try checked(count: try readLength(byte - 0xDE + 1), bytesEach: 2))
        default: throw .unexpected([byte], expected: "MessagePack")
        }
    }

    // MARK: Extensions

    /// Reads an extension: those of notepack, of type 0, and the timestamps of the format itself.
    private mutating func readExtension(length: Int, isFixed: Bool) throws(PacketViolation) -> MessagePackToken {
        let type = try readInteger(Int8.self)
        switch (type, length) {
        case (0, 1) where isFixed:
            _ = try take(1)
            return .undefined
        case (0, 8) where isFixed:
            return .date(Double(try readInteger(Int64.self)))
        case (0, _):
            return .binary(try take(length))
        case (-1, 4):
            return .date(Double(try readInteger(UInt32.self)) * 1000)
        case (-1, 8):
            let bits = try readInteger(UInt64.self)
            return .date(Double(bits & 0x3_FFFF_FFFF) * 1000 + Double(bits >> 34) / 1_000_000)
        case (-1, 12):
            let nanoseconds = try readInteger(UInt32.self)
            return .date(Double(try readInteger(Int64.self)) * 1000 + Double(nanoseconds) / 1_000_000)
        default:
            throw PacketViolation(message: "expected a date or bytes, found an extension of type \(type)")
        }
    }

    // MARK: Bytes

    private mutating func readInteger<Integer: FixedWidthInteger>(
        _ type: Integer.Type
    ) throws(PacketViolation) -> Integer {
        let range = try take(MemoryLayout<Integer>.size)
        return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Integer.self))
    }

    /// Reads a length of 1, 2 or 4 bytes, for 0, 1 and 2.
    private mutating func readLength(_ sizeClass: UInt8) throws(PacketViolation) -> Int {
        switch sizeClass {
        case 0: Int(try readInteger(UInt8.self))
        case 1: Int(try readInteger(UInt16.self))
        default: Int(try readInteger(UInt32.self))
        }
    }

    /// Refuses a container that announces more members than bytes are left for.
    private func checked(count: Int, bytesEach: Int) throws(PacketViolation) -> Int {
        guard count <= (bytes.count - position) / bytesEach else { throw .endOfMessagePack }
        return count
    }

    private mutating func take(_ count: Int) throws(PacketViolation) -> Range<Int> {
        guard count <= bytes.count - position else { throw .endOfMessagePack }
        defer { position += count }
        return position..<position + count
    }
}

extension PacketViolation {
    fileprivate static var endOfMessagePack: Self { Self(message: "expected more MessagePack, found the end") }
}
