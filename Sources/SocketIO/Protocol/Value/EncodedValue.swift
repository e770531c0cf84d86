internal import NIOCore

/// One JSON value exactly as it was received or will be sent, decoded only when somebody asks.
///
/// It shares the bytes of the packet it came in, and its attachments. Sent on, also as a property of a `Codable` type,
/// it is written byte for byte as it came: key order, number formats and escapes survive.
public struct EncodedValue: Sendable, Hashable {
    /// Valid JSON, without white space around it.
    let bytes: ByteBuffer

    /// Absent when there are none: copying an absent array is free, while copying an empty one counts a reference.
    private let attached: [ByteBuffer]?

    /// What the placeholders in ``bytes`` name; without attachments an object that looks like a placeholder is just
    /// that object.
    var attachments: [ByteBuffer] { attached ?? [] }

    /// Whether the value has attachments.
    var hasAttachments: Bool { attached != nil }

    /// Takes JSON that has already been checked.
    init(validated bytes: ByteBuffer, attachments: [ByteBuffer] = []) {
        self.bytes = bytes
        self.attached = attachments.isEmpty ? nil : attachments
    }

    /// Encodes a value now.
    ///
    /// `Data` and `ByteBuffer` anywhere inside become attachments; `[UInt8]` stays an array of numbers.
    /// - Throws: What the value's `encode(to:)` throws.
    public init(_ value: some Encodable) throws {
        var writer = JSONWriter()
        try writer.encode(value)
        self.init(validated: writer.buffer, attachments: writer.attachments)
    }

    /// Takes JSON as text.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when `json` is not one valid JSON value.
    public init(json: String) throws {
        let bytes = ByteBuffer(string: json)
        do {
            let range = try bytes.withUnsafeReadableBytes { text throws(JSONSyntaxError) in
                try JSONTape(text, maximumDepth: Self.maximumDepth).range(of: 0)
            }
            self.init(validated: bytes.getSlice(at: range.lowerBound, length: range.count) ?? bytes)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "\(error)", underlyingError: error)
            )
        }
    }

    private static var maximumDepth: Int { 512 }

    /// JSON `null`.
    public static let null = EncodedValue(validated: ByteBuffer(staticString: "null"))
}

extension EncodedValue {
    /// The kinds of value that a packet can carry.
    public enum Kind: Sendable, Hashable {
        /// JSON `null`.
        case null

        /// `true` or `false`.
        case bool

        /// A number of any size and format.
        case number

        /// A string.
        case string

        /// An array.
        case array

        /// An object that does not stand for an attachment.
        case object

        /// Bytes, which travel as an attachment.
        case binary

        /// The kind that the first byte of valid JSON announces.
        init(firstByte: UInt8) {
            switch firstByte {
            case UInt8(ascii: "n"): self = .null
            case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .bool
            case UInt8(ascii: "\""): self = .string
            case UInt8(ascii: "["): self = .array
            case UInt8(ascii: "{"): self = .object
            default: self = .number
            }
        }
    }

    /// What kind of value this is.
    ///
    /// Looks at the first byte only, unless the packet has attachments.
    public var kind: Kind {
        let kind = Kind(firstByte: bytes.getInteger(at: bytes.readerIndex) ?? 0)
        return kind == .object && hasAttachments ? JSONDocument(self).kind(of: 0) : kind
    }

    /// The value as a tree.
    ///
    /// - Throws: Never for values that came from a packet.
    public var value: Value {
        get throws { try decode() }
    }

    /// Decodes the value.
    ///
    /// - Throws: `DecodingError` with the path of what did not fit, or what the type's `init(from:)` throws.
    public func decode<T: Decodable>(as type: T.Type = T.self) throws -> T {
        try ValueDecoder.decode(type, from: self)
    }

    /// The size of the JSON and of the packet's attachments.
    public var byteCount: Int { attachments.reduce(bytes.readableBytes) { $0 + $1.readableBytes } }

    /// The JSON as it was received; attachments appear as their placeholders.
    public var json: String { String(buffer: bytes) }
}

extension EncodedValue: CustomStringConvertible {
    /// The same text as ``json``.
    public var description: String { json }
}

// MARK: - Scalars

// What handlers take most often, read without a table of contents; nothing when the value is of another kind.
extension EncodedValue {
    var string: String? {
        bytes.withUnsafeReadableBytes { text in
            guard text.first == UInt8(ascii: "\"") else { return nil }
            return JSONString.decode(text, hasEscapes: text.contains(UInt8(ascii: "\\")))
        }
    }

    var int: Int? { bytes.withUnsafeReadableBytes { JSONNumber.integer($0, as: Int.self) } }
    var double: Double? { bytes.withUnsafeReadableBytes { JSONNumber.double($0) } }

    var bool: Bool? {
        switch bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }
}
