/// Makes choices of the fuzzer's bytes, for targets whose input is a sequence of steps.

/// Bytes that are taken one after the other; behind the end come zeros.
package struct ByteSource {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: some Sequence<UInt8>) {
        self.rest = ArraySlice(bytes)
    }

    package var isAtEnd: Bool { self.rest.isEmpty }

    package mutating func byte() -> UInt8 { self.rest.popFirst() ?? 0 }

    package mutating func bool() -> Bool { self.byte() & 1 == 1 }

    /// A number from 0 up to, and not including, `end`, which is at most 256.
    package mutating func number(below end: Int) -> Int { Int(self.byte()) % end }

    package mutating func choice<Element>(_ elements: [Element]) -> Element {
        elements[self.number(below: elements.count)]
    }

    package mutating func word() -> UInt64 { (0..<8).reduce(0) { word, _ in word << 8 | UInt64(self.byte()) } }

    /// Bytes as many as the next byte says, if there are.
    package mutating func bytes() -> [UInt8] {
        let count = Int(self.byte())
        defer { self.rest = self.rest.dropFirst(count) }
        return Array(self.rest.prefix(count))
    }

    package mutating func text() -> String { String(decoding: self.bytes(), as: UTF8.self) }
}
