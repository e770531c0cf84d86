// Compares this JSON reader with Foundation's on random texts, whole and damaged.

import Foundation
import NIOCore
import Testing

@testable import SocketIO

@Suite struct JSONDifferentialTests {
    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    private func accepts(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { (try? JSONTape($0, maximumDepth: 512)) != nil }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random texts are accepted`(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        for _ in 0..<100 {
            let text = Array(random.text().utf8)
            #expect(accepts(text), "\(String(decoding: text, as: UTF8.self))")
            #expect(foundationAccepts(text))
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `damaged texts are judged as Foundation does`(seed: UInt64) {
        var random = RandomJSON(seed: seed)
        for _ in 0..<300 {
            let bytes = random.mutated(random.text())
            // Removing a byte may leave invalid UTF-8, which never gets here, or an exponent that Foundation refuses.
            guard let text = String(validating: bytes, as: UTF8.self), isComparable(text) else { continue }
            #expect(accepts(bytes) == foundationAccepts(bytes), "\(text.debugDescription)")
        }
    }

    /// Whether Foundation follows the standard here.
    ///
    /// It refuses large exponents and escaped halves of surrogate pairs; it accepts a comma before a closing bracket,
    /// and takes text with NUL for UTF-16.
    private func isComparable(_ text: String) -> Bool {
        text.firstMatch(of: /[eE][+-]?0*[1-9]\d{2,}|\d{300}|\\u[dD][89a-fA-F]|\0|,\s*[}\]]/) == nil
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random texts mean what Foundation reads in them`(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<50 {
            let text = random.text()
            let theirs = try JSONDecoder().decode(Value.self, from: Data(text.utf8))
            let ours = try EncodedValue(json: text.trimmingCharacters(in: .whitespacesAndNewlines)).value
            #expect(ours == theirs, "\(text)")
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `what is written reads back as the same, here and there`(seed: UInt64) throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<50 {
            let value = try EncodedValue(json: random.text()).value
            let written = value.description
            #expect(try EncodedValue(json: written).value == value, "\(written)")
            #expect(try JSONDecoder().decode(Value.self, from: Data(written.utf8)) == value, "\(written)")
            #expect(String(decoding: try JSONEncoder().encode(value), as: UTF8.self).isEmpty == false)
        }
    }
}
