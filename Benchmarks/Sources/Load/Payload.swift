/// The text that a message carries: different for every number, printable, and known again by it.
import Glibc

final class Payload {
    /// The smallest size: a number in hexadecimal.
    static let minimum = 16
    private static let variety = 4096

    let size: Int
    private let pool: [UInt8]

    init(size: Int) {
        self.size = size
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;-+".utf8)
        var random = Random(seed: 0x5EED)
        self.pool = (0..<size + Self.variety).map { _ in alphabet[Int(random.next() >> 33) % alphabet.count] }
    }

    func write(_ number: UInt64, to out: inout ByteBuffer) {
        let room = out.extend(by: self.size)
        for position in 0..<Self.minimum {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * position)) & 0xF
            room.storeBytes(of: digit + (digit < 10 ? 48 : 87), toByteOffset: position, as: UInt8.self)
        }
        self.pool.withUnsafeBytes { pool in
            guard let base = pool.baseAddress else { return }
            memcpy(room + Self.minimum, base + Self.offset(number), self.size - Self.minimum)
        }
    }

    /// Where the filler of a number begins in the pool.
    private static func offset(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> 52) % self.variety
    }
}
