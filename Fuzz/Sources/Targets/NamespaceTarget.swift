/// Patterns of dynamic namespaces, against names that clients ask for.
@testable import SocketIO

extension FuzzTarget {
    /// A name, then patterns, each behind a byte 0xFF.
    static let namespace = FuzzTarget("namespace") { input in
        let parts = input.parts().map { String(decoding: $0, as: UTF8.self) }
        let name = parts[0]
        let own = ["/{name}", "/game-{id}", "/{a}/{b}", "/a{x}b/c{y}", "/"]
        for text in own + parts.dropFirst() {
            let pattern = NamespacePattern(text)
            guard pattern.fault == nil else { continue }
            let found = try input.bounded(perByte: 100) { pattern.match(name) }
            if let found { try check(found, of: text, name) }
        }
        let number = NamespaceParameter<Int>("number")
        let pattern: NamespacePattern = "/room-\(number)"
        if let found = pattern.match(name) {
            try expectSame("/room-\(try found.value(of: number))", name, "a number in a name")
        }
    }

    /// The parameters, put into the pattern, make the name; none of them is empty, or goes across a slash.
    private static func check(_ parameters: NamespaceParameters, of pattern: String, _ name: String) throws {
        var rebuilt = pattern.utf8.first == UInt8(ascii: "/") ? pattern : "/" + pattern
        for parameter in parameters.names {
            let text = parameters[parameter] ?? ""
            try expect(!text.isEmpty && !text.utf8.contains(UInt8(ascii: "/")), "\(parameter) is \(text)")
            try expect(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "control characters in \(parameter)")
            rebuilt = replace("{\(parameter)}", in: rebuilt, by: text)
        }
        try expect(rebuilt.utf8.elementsEqual(name.utf8), "\(pattern) with its parameters is \(rebuilt), not \(name)")
    }

    private static func replace(_ text: String, in whole: String, by other: String) -> String {
        let (text, whole) = (Array(text.utf8), Array(whole.utf8))
        for start in whole.indices where whole[start...].starts(with: text) {
            return String(decoding: whole[..<start] + other.utf8 + whole[(start + text.count)...], as: UTF8.self)
        }
        return String(decoding: whole, as: UTF8.self)
    }
}
