/// The validator against the standard library's, whole and in pieces.
import Testing

@testable import EngineIO

@Suite struct UTF8ValidatorTests {
    /// The bytes at which the rules change.
    static let borders: [UInt8] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test func `each sequence of border bytes is judged as by the standard library`() {
        for first in Self.borders {
            for second in Self.borders {
                #expect(Self.isValid([first, second]) == Self.isValidForTheLibrary([first, second]))
                for third in Self.borders {
                    // ASCII behind it makes it whole where it stands in the middle of a text.
                    for tail in [[], [0x80], [0x61], [0x80, 0x61, 0x61, 0x61]] as [[UInt8]] {
                        let bytes = [first, second, third] + tail
                        #expect(Self.isValid(bytes) == Self.isValidForTheLibrary(bytes), "\(bytes)")
                    }
                }
            }
        }
    }

    @Test func `each scalar passes, in pieces too`() {
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 97) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(scalar).utf8)
            #expect(Self.isValid(bytes))
            #expect(Self.firstImpossible(in: bytes) == nil)
        }
    }

    @Test(
        arguments: [
            ([0x61, 0xC0, 0x80], 1), ([0xC1], 0), ([0xE0, 0x9F, 0xBF], 1), ([0xED, 0xA0, 0x80], 1),
            ([0xF0, 0x8F, 0xBF, 0xBF], 1),
            ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF5], 0), ([0xE2, 0x82, 0x28], 2), ([0xF0, 0x9F, 0x98, 0xC0], 3),
            ([0x80], 0),
            (Array("12345678ab".utf8) + [0xFF], 10),
        ] as [([UInt8], Int)]
    )
    func `the first impossible byte fails`(_ bytes: [UInt8], _ index: Int) {
        #expect(Self.firstImpossible(in: bytes) == index)
        #expect(!Self.isValid(bytes))
    }

    @Test(arguments: UInt64(1)...4)
    func `random mixtures are judged as by the standard library, however they are cut`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = Self.mixture(&generator)
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            var validator = UTF8Validator()
            let isViable = bytes[..<cut].withUnsafeBytes { validator.validate($0) }
            let isValid = isViable && bytes[cut...].withUnsafeBytes { validator.validate($0) } && validator.isComplete
            #expect(isValid == Self.isValidForTheLibrary(bytes), "\(bytes) cut at \(cut)")
        }
    }

    @Test func `text that ends inside a character is not complete`() {
        var validator = UTF8Validator()
        let start: [UInt8] = [0x61, 0xE2, 0x82]
        let isViable = start.withUnsafeBytes { validator.validate($0) }
        #expect(isViable)
        #expect(!validator.isComplete)
        let end: [UInt8] = [0xAC]
        let isValid = end.withUnsafeBytes { validator.validate($0) }
        #expect(isValid)
        #expect(validator.isComplete)
    }

    private static func mixture(_ generator: inout SeededGenerator) -> [UInt8] {
        let parts: [[UInt8]] = ["a", "abcdefgh", "0123456789abcdef", "ß", "€", "😀", "日本"].map { Array($0.utf8) }
        var bytes = (0..<Int.random(in: 0...8, using: &generator)).flatMap { _ in
            parts.randomElement(using: &generator)!
        }
        guard !bytes.isEmpty, Bool.random(using: &generator) else { return bytes }
        bytes[Int.random(in: bytes.indices, using: &generator)] = borders.randomElement(using: &generator)!
        return bytes
    }

    private static func isValid(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes(UTF8Validator.isValid) }

    private static func isValidForTheLibrary(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    private static func firstImpossible(in bytes: [UInt8]) -> Int? {
        var validator = UTF8Validator()
        return bytes.indices.first { index in !bytes[index...index].withUnsafeBytes { validator.validate($0) } }
    }
}
