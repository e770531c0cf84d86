public import NIOCore

/// Any value that an event can carry: JSON, with bytes in addition.
///
/// ```swift
/// let value: Value = ["name": "Ada", "tags": [1, true, nil]]
/// print(value["tags"]?[0]?.intValue as Any)  // 1
/// ```
public enum Value: Sendable {
    /// JSON `null`.
    case null

    /// `true` or `false`.
    case bool(Bool)

    /// A number without fraction that fits 64 bits.
    case int(Int64)

    /// Any other number. What is not finite is sent as `null`, as in JavaScript.
    case double(Double)

    /// Text.
    case string(String)

    /// Bytes; they travel as an attachment.
    case binary(ByteBuffer)

    /// Values in order.
    case array([Value])

    /// Values by name.
    case object(Object)
}

// MARK: - Reading

extension Value {
    /// Whether this is ``null``.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The Boolean, when this is one.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as an integer, when it is one exactly.
    public var intValue: Int? {
        switch self {
        case .int(let value): Int(exactly: value)
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, when this is one; integers beyond 2^53 are rounded.
    public var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The text, when this is a string.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The bytes, when this is an attachment.
    public var binaryValue: ByteBuffer? {
        if case .binary(let value) = self { value } else { nil }
    }

    /// The elements, when this is an array.
    public var arrayValue: [Value]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, when this is an object.
    public var objectValue: Object? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object; nothing when this is no object or has no such member.
    public subscript(key: String) -> Value? { objectValue?[key] }

    /// The element of an array; nothing when this is no array or too short.
    public subscript(index: Int) -> Value? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

// MARK: - Comparing

extension Value: Hashable {
    /// Whether both mean the same: `1` equals `1.0`, and the order of members does not matter.
    public static func == (first: Value, second: Value) -> Bool {
        switch (first, second) {
        case (.null, .null): true
        case (.bool(let first), .bool(let second)): first == second
        case (.int(let first), .int(let second)): first == second
        case (.double(let first), .double(let second)): first == second
        case (.int(let int), .double(let double)), (.double(let double), .int(let int)): Int64(exactly: double) == int
        case (.string(let first), .string(let second)): first == second
        case (.binary(let first), .binary(let second)): first == second
        case (.array(let first), .array(let second)): first == second
        case (.object(let first), .object(let second)): first == second
        default: false
        }
    }

    /// Feeds the value to a hasher; equal numbers hash alike.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .double(let value):
            if let int = Int64(exactly: value) { hasher.combine(int) } else { hasher.combine(value) }
        case .string(let value): hasher.combine(value)
        case .binary(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

// MARK: - Literals

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation
{
    /// Makes ``null``.
    public init(nilLiteral: ()) { self = .null }

    /// Makes a Boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// Makes an integer.
    public init(integerLiteral value: Int64) { self = .int(value) }

    /// Makes a number.
    public init(floatLiteral value: Double) { self = .double(value) }

    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension Value: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Makes an array.
    public init(arrayLiteral elements: Value...) { self = .array(elements) }

    /// Makes an object; of several members with the same name the last counts.
    public init(dictionaryLiteral members: (String, Value)...) { self = .object(Object(members)) }
}

extension Value: CustomStringConvertible {
    /// The value as JSON; bytes appear as their placeholders.
    public var description: String {
        var writer = JSONWriter()
        writer.write(self)
        return String(buffer: writer.buffer)
    }
}
