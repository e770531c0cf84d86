/// The frames a server sends on a WebSocket, read as strictly as the standard allows.
import NIOCore

@testable import EngineIO

struct FrameChecker {
    let session: ClientSession?
    private var isClosed = false

    init(session: ClientSession?) {
        self.session = session
    }

    mutating func check(_ bytes: inout ByteBuffer) throws {
        while let frame = try Self.read(&bytes) {
            try expect(!self.isClosed, "a frame behind a close")
            switch frame.opcode {
            case .text: try self.receive(frame.payload)
            case .binary: try self.session?.receive(.binary(frame.payload))
            case .close: self.isClosed = true
            case .pong: try expect(frame.payload.readableBytes <= 125, "a pong that is too long")
            case .ping, .continuation: throw Finding("a frame this server never sends: \(frame.opcode)")
            }
        }
    }

    private func receive(_ text: ByteBuffer) throws {
        let isText = String(validating: text.readableBytesView, as: UTF8.self) != nil
        try expect(isText, "text that is no UTF-8: \(text)")
        if text.readableBytesView.first == UInt8(ascii: "0") {
            try self.session?.receive(open: String(buffer: text))
        } else {
            try self.session?.receive(try PacketDecoder.decode(text))
        }
    }

    private static func read(_ bytes: inout ByteBuffer) throws -> (opcode: WebSocketOpcode, payload: ByteBuffer)? {
        var rest = bytes
        guard let first = rest.readInteger(as: UInt8.self), let short = rest.readInteger(as: UInt8.self) else {
            return nil
        }
        guard first & 0xF0 == 0x80, let opcode = WebSocketOpcode(rawValue: first & 0xF), short < 0x80 else {
            throw Finding("a frame that begins with \(first), \(short)")
        }
        let length: Int?
        switch short {
        case 126: length = rest.readInteger(as: UInt16.self).map(Int.init)
        case 127: length = rest.readInteger(as: UInt64.self).map(Int.init)
        default: length = Int(short)
        }
        guard let length, let payload = rest.readSlice(length: length) else { return nil }
        bytes = rest
        return (opcode, payload)
    }
}
