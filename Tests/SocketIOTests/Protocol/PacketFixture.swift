// The table of packets in compat-fixtures/packets/socketio.json, as Swift values.

import Foundation
import NIOCore
import Testing

@testable import SocketIO

/// One row of the table: what arrives, and what has to come of it.
struct PacketFixture: Decodable, CustomTestStringConvertible {
    /// One message of the transport.
    enum Message {
        case text(String)
        case binary([UInt8])
    }

    let name: String
    let valid: Bool
    let expected: Value?
    let violation: String?
    let steps: [Message]

    var testDescription: String { name }

    enum CodingKeys: CodingKey { case name, text, steps, valid, expected, violation }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        valid = try container.decode(Bool.self, forKey: .valid)
        expected = try container.decodeIfPresent(Value.self, forKey: .expected)
        violation = try container.decodeIfPresent(String.self, forKey: .violation)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            steps = [.text(text)]
        } else {
            steps = try container.decode([Message].self, forKey: .steps)
        }
    }

    static let all: [PacketFixture] = {
        let url = URL(filePath: #filePath).appending(path: "../../../../compat-fixtures/packets/socketio.json")
        return try! JSONDecoder().decode([PacketFixture].self, from: Data(contentsOf: url.standardized))
    }()
}

extension PacketFixture.Message: Decodable {
    enum CodingKeys: CodingKey { case text, binary }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            self = .text(text)
        } else {
            self = .binary(try bytes(hexadecimal: container.decode(String.self, forKey: .binary)))
        }
    }
}

private func bytes(hexadecimal text: String) throws -> [UInt8] {
    try stride(from: 0, to: text.utf8.count, by: 2).map { offset in
        let start = text.index(text.startIndex, offsetBy: offset)
        guard let byte = UInt8(text[start...].prefix(2), radix: 16) else { throw CocoaError(.formatting) }
        return byte
    }
}

extension PacketDecoder {
    mutating func decode(_ message: PacketFixture.Message) throws(PacketViolation) -> DecodedPacket? {
        switch message {
        case .text(let text): try decodeText(ByteBuffer(string: text))
        case .binary(let bytes): try decodeBinary(ByteBuffer(bytes: bytes))
        }
    }
}

// MARK: - Packets in the words of the table

extension DecodedPacket {
    /// The packet in the form of the table's `expected`.
    func summary() throws -> Value {
        var summary: Value.Object = ["packet": .string(kind), "namespace": .string(namespace)]
        switch self {
        case .connect(_, let auth):
            summary["auth"] = try auth?.value
        case .event(_, let event):
            summary["name"] = .string(event.name)
            summary["arguments"] = try event.arguments.summary()
            summary["id"] = event.ackID.map { .string(String($0)) }
        case .ack(_, let id, let arguments):
            summary["id"] = .string(String(id))
            summary["arguments"] = try arguments.summary()
        case .disconnect, .connectError, .ignored:
            break
        }
        return .object(summary)
    }

    private var kind: String {
        switch self {
        case .connect: "connect"
        case .disconnect: "disconnect"
        case .event: "event"
        case .ack: "ack"
        case .connectError: "connectError"
        case .ignored: "ignored"
        }
    }
}

extension Arguments {
    fileprivate func summary() throws -> Value { .array(try map { try $0.value.withBinaryAsText() }) }
}

extension Value {
    /// Bytes as the table writes them: `{"$binary":"0aff"}`.
    fileprivate func withBinaryAsText() -> Value {
        switch self {
        case .binary(let bytes): ["$binary": .string(bytes.readableBytesView.map { hexadecimal($0) }.joined())]
        case .array(let elements): .array(elements.map { $0.withBinaryAsText() })
        case .object(let members): .object(Object(members.map { ($0.key, $0.value.withBinaryAsText()) }))
        default: self
        }
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
