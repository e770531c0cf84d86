/// The reader against random input with fixed seeds: it never traps, and how bytes are cut never matters.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct WebSocketReaderFuzzTests {
    @Test(arguments: UInt64(0)..<8)
    func `random bytes are read or refused, however they are cut`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            let count = Int.random(in: 0...60, using: &generator)
            self.checkCuts(of: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }, &generator)
        }
    }

    @Test(arguments: UInt64(100)..<108)
    func `damaged frames are read or refused, however they are cut`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            var bytes = (0..<Int.random(in: 1...6, using: &generator)).flatMap { _ in Self.frame(&generator).bytes }
            if Bool.random(using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            self.checkCuts(of: bytes, &generator)
        }
    }

    @Test(arguments: UInt64(200)..<204)
    func `messages come out as they went in`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let payload = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let bytes = Self.fragments(of: payload, &generator).flatMap(\.bytes)
            let outcome = ReaderOutcome(of: Self.pieces(of: bytes, &generator))
            #expect(outcome == .events([.binary(payload)]))
        }
    }

    private func checkCuts(of bytes: [UInt8], _ generator: inout SeededGenerator) {
        let whole = ReaderOutcome(of: bytes, limit: 200, fragments: 4)
        let bytewise = ReaderOutcome(of: bytes.bytewise, limit: 200, fragments: 4)
        let cut = ReaderOutcome(of: Self.pieces(of: bytes, &generator), limit: 200, fragments: 4)
        #expect(bytewise == whole, "\(bytes)")
        #expect(cut == whole, "\(bytes)")
    }

    private static func frame(_ generator: inout SeededGenerator) -> ClientFrame {
        let opcodes: [WebSocketOpcode] = [.text, .binary, .continuation, .ping, .pong, .text, .continuation, .close]
        let opcode = opcodes[Int.random(in: opcodes.indices, using: &generator)]
        let characters = ["a", "ü", "€", "😀", "\u{3}\u{E8}"]
        let text = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            characters.randomElement(using: &generator)!
        }
        let isFinal = opcode.isControl || Bool.random(using: &generator)
        let key = (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return ClientFrame(opcode, Array(text.joined().utf8.prefix(130)), isFinal: isFinal).with { $0.key = key }
    }

    private static func fragments(of payload: [UInt8], _ generator: inout SeededGenerator) -> [ClientFrame] {
        let pieces = Self.pieces(of: payload, &generator)
        return pieces.enumerated().map { index, piece in
            let key = (0..<4).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let opcode = index == 0 ? WebSocketOpcode.binary : .continuation
            return ClientFrame(opcode, Array(piece), isFinal: index == pieces.count - 1).with { $0.key = key }
        }
    }

    /// Cut at random places; one piece at least, some of them empty.
    private static func pieces(of bytes: [UInt8], _ generator: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        let cuts = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            Int.random(in: 0...bytes.count, using: &generator)
        }
        let bounds = [0] + cuts.sorted() + [bytes.count]
        return zip(bounds, bounds.dropFirst()).map { bytes[$0..<$1] }
    }
}
