/// The tables of packets and payloads in `compat-fixtures/packets/engineio.json`.
import Foundation
import NIOCore
import Testing

@testable import EngineIO

struct EngineIOFixtures: Decodable {
    let packets: [PacketFixture]
    let payloads: [PayloadFixture]
    let base64: [Base64Fixture]
    let handshakes: [HandshakeFixture]

    /// The limit the payload table counts with.
    static let maximumPackets = 8

    static let all: EngineIOFixtures = {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let file = root.appending(path: "compat-fixtures/packets/engineio.json")
        return try! JSONDecoder().decode(EngineIOFixtures.self, from: Data(contentsOf: file))
    }()
}

struct PacketFixture: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let text: String?
    let hex: String?
    let packet: PacketValue?
    let isProbe: Bool?
    let error: String?

    var testDescription: String { self.name }
    var bytes: ByteBuffer { ByteBuffer(text: self.text, hex: self.hex) }
}

struct PayloadFixture: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let text: String?
    let hex: String?
    let packets: [PacketValue]
    let error: String?

    var testDescription: String { self.name }
    var bytes: ByteBuffer { ByteBuffer(text: self.text, hex: self.hex) }
}

struct Base64Fixture: Decodable, Sendable {
    let hex: String
    let text: String
}

struct HandshakeFixture: Decodable, Sendable {
    let sid: String
    let upgrades: [String]
    let pingInterval: Int
    let pingTimeout: Int
    let maxPayload: Int
    let text: String
}

struct PacketValue: Decodable, Sendable {
    let type: String
    let text: String?
    let hex: String?

    var packet: InboundPacket {
        let data = ByteBuffer(text: self.text, hex: self.hex)
        switch self.type {
        case "open": return .open
        case "close": return .close
        case "ping": return .ping(data)
        case "pong": return .pong(data)
        case "message": return self.hex == nil ? .text(data) : .binary(data)
        case "upgrade": return .upgrade
        case "noop": return .noop
        default: preconditionFailure("unknown packet type in the table: \(self.type)")
        }
    }
}

extension ByteBuffer {
    init(text: String?, hex: String?) {
        if let hex {
            try! self = ByteBuffer(plainHexEncodedBytes: hex)
        } else {
            self = ByteBuffer(string: text ?? "")
        }
    }
}
