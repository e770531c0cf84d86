@testable import SocketIO

/// Makes JSON of all kinds, white space and odd notations included.
struct RandomJSON {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func text(depth: Int = 4) -> String {
        let kinds = depth > 0 ? 8 : 6
        switch Int.random(in: 0..<kinds, using: &generator) {
        case 0: return ["null", "true", "false"].randomElement(using: &generator)!
        case 1, 2: return number()
        case 3, 4, 5: return string()
        case 6: return array(depth: depth - 1)
        default: return object(depth: depth - 1)
        }
    }

    mutating func number() -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: String(Int.random(in: -100...100, using: &generator))
        case 1: String(Int.random(in: .min ... .max, using: &generator))
        case 2: "\(Int.random(in: 0...999, using: &generator)).\(Int.random(in: 0...99999, using: &generator))"
        default: "-\(Int.random(in: 0...9, using: &generator)).5e\(Int.random(in: -300...300, using: &generator))"
        }
    }

    mutating func string() -> String {
        let pieces = [
            "a", "long enough to fill a word ", "é", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00e9"#, "{", "]",
        ]
        let count = Int.random(in: 0...4, using: &generator)
        return "\"" + (0..<count).map { _ in pieces.randomElement(using: &generator)! }.joined() + "\""
    }

    private mutating func array(depth: Int) -> String {
        let count = Int.random(in: 0...4, using: &generator)
        return "[" + (0..<count).map { _ in space() + text(depth: depth) + space() }.joined(separator: ",") + "]"
    }

    private mutating func object(depth: Int) -> String {
        let count = Int.random(in: 0...4, using: &generator)
        let members = (0..<count).map { index in
            "\(space())\"key\(index)\"\(space()):\(space())\(text(depth: depth))\(space())"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func space() -> String {
        ["", "", "", " ", "\n\t\r "].randomElement(using: &generator)!
    }

    /// Replaces, removes or doubles a byte.
    mutating func mutated(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        guard let index = bytes.indices.randomElement(using: &generator) else { return bytes }
        let replacements = Array(#"[]{},:"\ -+.eE019tfnax"#.utf8) + [0x00, 0x1F]
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = replacements.randomElement(using: &generator)!
        case 1: bytes.remove(at: index)
        default: bytes.insert(replacements.randomElement(using: &generator)!, at: index)
        }
        return bytes
    }
}
