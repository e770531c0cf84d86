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
        // One after the other from the front: a text may look like a parameter itself.
        var rest = Array(pattern.utf8)[...]
        var rebuilt: [UInt8] = rest.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        for parameter in parameters.names {
            let text = parameters[parameter] ?? ""
            try expect(!text.isEmpty && !text.utf8.contains(UInt8(ascii: "/")), "\(parameter) is \(text)")
            try expect(!text.utf8.contains { $0 < 0x20 || $0 == 0x7F }, "control characters in \(parameter)")
            let fixed = rest.prefix { $0 != UInt8(ascii: "{") }
            rest = rest.dropFirst(fixed.count)
            try expect(rest.starts(with: "{\(parameter)}".utf8), "\(pattern) has no \(parameter) at its place")
            rest = rest.dropFirst(parameter.utf8.count + 2)
            rebuilt += fixed + text.utf8
        }
        rebuilt += rest
        let text = String(decoding: rebuilt, as: UTF8.self)
        try expect(rebuilt.elementsEqual(name.utf8), "\(pattern) with its parameters is \(text), not \(name)")
    }
}
