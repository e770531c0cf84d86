/// The frames a server sends on a WebSocket, read as strictly as the standard allows.
import NIOCore

@testable import EngineIO

struct FrameChecker {
    let session: ClientSession?
    /// Decompresses messages, when that was agreed on.
    var inflater: MessageInflater?
    private var isClosed = false

    init(session: ClientSession?) {
        self.session = session
    }

    mutating func check(_ bytes: inout ByteBuffer) throws {
        while let frame = try self.read(&bytes) {
            try expect(!self.isClosed, "a frame behind a close")
            switch frame.opcode {
            case .text: try self.receive(frame.payload)
            case .binary: try self.receive(binary: frame.payload)
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
            guard let session else { return }
            try session.receive(try session.wire.decode(text: text))
        }
    }

    private func receive(binary bytes: ByteBuffer) throws {
        guard let session else { return }
        try session.receive(session.wire.decode(binary: bytes))
    }

    private func read(_ bytes: inout ByteBuffer) throws -> (opcode: WebSocketOpcode, payload: ByteBuffer)? {
        var rest = bytes
        guard let first = rest.readInteger(as: UInt8.self), let short = rest.readInteger(as: UInt8.self) else {
            return nil
        }
        let isAgreed = first & 0x40 == 0 || self.inflater != nil
        guard first & 0xB0 == 0x80, isAgreed, let opcode = WebSocketOpcode(rawValue: first & 0xF), short < 0x80 else {
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
        guard first & 0x40 != 0, let inflater else { return (opcode, payload) }
        try expect(opcode == .text || opcode == .binary, "a compressed frame that is no message")
        var message = ByteBuffer()
        try inflater.inflate(payload, into: &message, limit: 100_000)
        try inflater.endMessage(into: &message, limit: 100_000)
        return (opcode, message)
    }
}
