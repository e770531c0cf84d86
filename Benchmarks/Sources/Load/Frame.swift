/// WebSocket frames (RFC 6455, 5.2): writing masked ones, reading a server's.
import Glibc

enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { self.rawValue >= 0x8 }
}

/// A frame of a server, whose payload is only valid as long as the bytes it was read from.
struct Frame {
    let opcode: Opcode
    let isFinal: Bool
    let payload: UnsafeRawBufferPointer
    /// The number of bytes of the whole frame.
    let length: Int

    /// Reads the frame at the start of the bytes; nothing when it is not complete.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> Self? {
        guard bytes.count >= 2 else { return nil }
        let (first, second) = (bytes[0], bytes[1])
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0F) else {
            throw Problem(.violation, "reserved bits or opcode in the frame header \(first) \(second)")
        }
        guard second & 0x80 == 0 else {
            throw Problem(.violation, "the server's frame is masked")
        }
        guard !opcode.isControl || (first & 0x80 != 0 && second <= 125) else {
            throw Problem(.violation, "a control frame in fragments or longer than 125 bytes")
        }
        var header = 2
        var size = Int(second)
        if second >= 126 {
            header = second == 126 ? 4 : 10
            guard bytes.count >= header else { return nil }
            size = bytes[2..<header].reduce(0) { $0 << 8 | Int($1) }
            guard size >= 0, size <= 1 << 30 else {
                throw Problem(.violation, "a frame of \(size) bytes")
            }
        }
        guard bytes.count >= header + size else { return nil }
        return Self(
            opcode: opcode,
            isFinal: first & 0x80 != 0,
            payload: UnsafeRawBufferPointer(rebasing: bytes[header..<header + size]),
            length: header + size
        )
    }

    /// Writes a final frame masked with the key.
    static func write(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer, key: UInt32, to out: inout ByteBuffer) {
        let size = payload.count
        out.append(byte: 0x80 | opcode.rawValue)
        switch size {
        case ..<126:
            out.append(byte: 0x80 | UInt8(size))
        case ..<65_536:
            out.append(byte: 0x80 | 126)
            out.append(byte: UInt8(size >> 8))
            out.append(byte: UInt8(size & 0xFF))
        default:
            out.append(byte: 0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                out.append(byte: UInt8(truncatingIfNeeded: size >> shift))
            }
        }
        let room = out.extend(by: 4 + size)
        room.storeBytes(of: key, as: UInt32.self)
        self.mask(payload, key: key, to: room + 4)
    }

    /// Copies the payload combined with the key, whose bytes are taken as they lie in memory, eight at a time.
    private static func mask(_ payload: UnsafeRawBufferPointer, key: UInt32, to target: UnsafeMutableRawPointer) {
        let wide = UInt64(key) << 32 | UInt64(key)
        var offset = 0
        while offset + 8 <= payload.count {
            let word = payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            target.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        while offset < payload.count {
            let part = UInt8(truncatingIfNeeded: key >> UInt32(8 * (offset & 3)))
            target.storeBytes(of: payload[offset] ^ part, toByteOffset: offset, as: UInt8.self)
            offset += 1
        }
    }
}
