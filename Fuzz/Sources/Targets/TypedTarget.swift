/// Arguments decoded into types of the application: a value or a `DecodingError`, and what is encoded reads back.
import Foundation
import NIOCore

@testable import SocketIO

extension FuzzTarget {
    /// JSON, then attachments, each behind a byte 0xFF.
    static let typed = FuzzTarget("typed") { input in
        let parts = input.parts().map { ByteBuffer(bytes: $0) }
        let attachments = Array(parts.dropFirst().prefix(10))
        guard let value = encodedValue(parts[0], maximumDepth: 60, attachments: attachments) else { return }
        // A packet with others is refused: data that looks like the place of an attachment.
        var placeholders = Placeholders(attachments: attachments.count, limit: .max)
        guard attachments.isEmpty || (try? placeholders.check(value)) != nil else { return }
        for shape in shapes { try shape(value, input) }
    }

    private typealias Shape = @Sendable (EncodedValue, FuzzInput) throws -> Void

    private static let shapes: [Shape] = [
        shape(Bool.self), shape(String.self), shape(Int.self), shape(Int8.self), shape(UInt16.self), shape(UInt32.self),
        shape(UInt64.self), shape(Int128.self), shape(UInt128.self), shape(Double.self), shape(Float.self),
        shape(Date.self), shape(Data.self), shape(URL.self), shape(Decimal.self), shape(ByteBuffer.self),
        shape(Value.self), shape(EncodedValue.self), shape(UUID.self), shape([Int?].self), shape([String: Double].self),
        shape([Int: [Bool]].self), shape([[Float]].self), shape([Data].self), shape([Date].self), shape([Decimal].self),
        shape([URL].self), shape(Set<UInt8>.self), shape(Person.self), shape(Tree.self), shape(Move.self),
        shape(Color.self), shape(Hand.self), shape([Color: Int].self), shape([Hand].self), shape(Int??.self),
        shape(Range<Int>.self), shape([String: Value].self), shape([EncodedValue].self),
    ]

    /// Decodes one type, encodes it, and decodes it again.
    private static func shape<Type: Codable & Equatable & Sendable>(_ type: Type.Type) -> Shape {
        { value, input in
            let decoded: Type
            do {
                decoded = try input.bounded(perByte: 1000) { try value.decode(as: type) }
            } catch is DecodingError {
                return
            }
            let encoded: EncodedValue
            do {
                encoded = try EncodedValue(decoded)
            } catch is EncodingError {
                throw Finding("\(type) cannot be encoded again: \(decoded)")
            }
            // Numbers too large for a type become infinite, and leave as null.
            guard decoded == decoded, !(value.hasInfiniteNumber && encoded.json.contains("null")) else { return }
            let again = try encoded.decode(as: type)
            // A number may have become one of another kind that has the same text.
            let isSame = try again == decoded || EncodedValue(again).value.means(encoded.value)
            try expect(isSame, "\(type) there and back by \(encoded.json): \(again), was \(decoded)")
        }
    }
}

extension EncodedValue {
    /// Whether a number is too large for a `Double`, wherever it stands.
    fileprivate var hasInfiniteNumber: Bool {
        let document = JSONDocument(self)
        return (0..<document.rowCount).contains { row in
            document.kind(of: row) == .number
                && document.withText(of: row) { JSONNumber.double($0) }?.isInfinite == true
        }
    }
}

// MARK: - Types as applications have them

private struct Person: Codable, Equatable, Sendable {
    var name: String
    var age: UInt8?
    var picture: ByteBuffer?
    var tags: [String]?
    var friend: [Person]?
}

/// As deep as the limit on nesting lets it be.
private indirect enum Tree: Codable, Equatable, Sendable {
    case leaf(Int)
    case node(left: Tree, right: Tree?)
}

/// Reads and writes its containers by hand, as far as the protocols allow.
private struct Move: Codable, Equatable, Sendable {
    private enum Key: String, CodingKey {
        case from, to, pieces, comment
    }

    private var from: [Int]
    private var names: [String]
    private var comment: String?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var from = try container.nestedUnkeyedContainer(forKey: .from)
        self.from = []
        while !from.isAtEnd { self.from.append(try from.decodeNil() ? 0 : from.decode(Int.self)) }
        let pieces = try container.nestedContainer(keyedBy: Key.self, forKey: .pieces)
        self.names = try pieces.allKeys.map { try pieces.decode(String.self, forKey: $0) }
        self.comment = try container.contains(.comment) ? String(from: container.superDecoder(forKey: .comment)) : nil
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        var from = container.nestedUnkeyedContainer(forKey: .from)
        for number in self.from { try from.encode(number) }
        var pieces = container.nestedContainer(keyedBy: Key.self, forKey: .pieces)
        let keys: [Key] = [.from, .to, .pieces, .comment]
        for (key, name) in zip(keys, self.names) { try pieces.encode(name, forKey: key) }
        if let comment = self.comment { try comment.encode(to: container.superEncoder(forKey: .comment)) }
    }

    static func == (first: Self, second: Self) -> Bool {
        // Keys come in another order back.
        first.from == second.from && first.names.sorted() == second.names.sorted() && first.comment == second.comment
    }
}

private enum Color: String, Sendable, Codable, CodingKeyRepresentable, Equatable {
    case red, green, blue
}

/// Reads itself off an array, element by element.
private struct Hand: Codable, Equatable, Sendable {
    private var first: Color?
    private var count: Int64
    private var rest: [[UInt8]]

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        self.first = try container.decodeIfPresent(Color.self)
        self.count = try container.decode(Int64.self)
        self.rest = []
        while !container.isAtEnd {
            var nested = try container.nestedUnkeyedContainer()
            var bytes: [UInt8] = []
            while !nested.isAtEnd { bytes.append(try nested.decode(UInt8.self)) }
            self.rest.append(bytes)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        if let first = self.first { try container.encode(first) } else { try container.encodeNil() }
        try container.encode(self.count)
        for bytes in self.rest {
            var nested = container.nestedUnkeyedContainer()
            for byte in bytes { try nested.encode(byte) }
        }
    }
}
