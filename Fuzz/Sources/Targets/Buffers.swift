/// Buffers as the network delivers them, and ways to cut bytes.
import NIOCore

extension ByteBuffer {
    /// The same bytes somewhere inside of a larger buffer, between others that must not be seen.
    func inside() -> ByteBuffer {
        var buffer = ByteBuffer(repeating: UInt8(ascii: "]"), count: 3)
        buffer.writeImmutableBuffer(self)
        buffer.writeRepeatingByte(UInt8(ascii: "0"), count: 5)
        return buffer.getSlice(at: 3, length: self.readableBytes) ?? ByteBuffer()
    }
}

/// What a piece of work made: a value or the error that is documented for it.
enum Outcome<Value: Equatable, Failure: Error & Equatable>: Equatable {
    case value(Value)
    case failure(Failure)

    init(_ work: () throws(Failure) -> Value) {
        do throws(Failure) {
            self = .value(try work())
        } catch {
            self = .failure(error)
        }
    }

    var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }
}

/// All ways to cut bytes that are worth a look: in two at every place, and byte by byte.
///
/// Of long input, some places only.
func cuts(of bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
    let step = max(1, bytes.count / 48)
    let inTwo = stride(from: 0, through: bytes.count, by: step).map { [bytes[..<$0], bytes[$0...]] }
    return inTwo + [bytes.indices.map { bytes[$0...$0] }]
}
