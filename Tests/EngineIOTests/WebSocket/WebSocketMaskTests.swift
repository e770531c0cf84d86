/// Unmasking against a byte-by-byte reference, for each length, alignment and cut.
import Testing

@testable import EngineIO

@Suite struct WebSocketMaskTests {
    private static let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    @Test(arguments: 0...40)
    func `each length and cut gives the masked bytes back`(_ length: Int) {
        let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        let masked = plain.enumerated().map { $1 ^ Self.key[$0 % 4] }
        for cut in 0...length {
            var mask = WebSocketMask(key: 0x3D21_FA37)
            let first = Self.unmask(masked[..<cut], &mask)
            let second = Self.unmask(masked[cut...], &mask)
            #expect(first.bytes + second.bytes == plain)
            #expect(first.isASCII == plain[..<cut].allSatisfy { $0 < 0x80 })
            #expect(second.isASCII == plain[cut...].allSatisfy { $0 < 0x80 })
        }
    }

    @Test(arguments: 0..<20)
    func `one byte beyond ASCII is noticed wherever it stands`(_ index: Int) {
        var plain = [UInt8](repeating: 0x7F, count: 20)
        plain[index] = 0x80
        var mask = WebSocketMask(key: 0)
        #expect(!Self.unmask(plain[...], &mask).isASCII)
    }

    private static func unmask(
        _ masked: ArraySlice<UInt8>,
        _ mask: inout WebSocketMask
    ) -> (bytes: [UInt8], isASCII: Bool) {
        // One byte of room more, which must stay untouched, and a target that is not aligned.
        var target = [UInt8](repeating: 0xEE, count: masked.count + 2)
        let isASCII = target.withUnsafeMutableBytes { target in
            masked.withUnsafeBytes { mask.unmask($0, into: target.baseAddress! + 1) }
        }
        #expect(target.first == 0xEE && target.last == 0xEE)
        return (Array(target[1..<(target.count - 1)]), isASCII)
    }
}
