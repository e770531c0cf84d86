import Foundation
import NIOCore
import Testing

@testable import SocketIO

/// Scans one value; returns where it ended.
func scan(_ text: String, maximumDepth: Int = 512) throws(JSONSyntaxError) -> Int {
    try scan(Array(text.utf8), maximumDepth: maximumDepth)
}

func scan(_ bytes: [UInt8], maximumDepth: Int = 512) throws(JSONSyntaxError) -> Int {
    let result = bytes.withUnsafeBytes { bytes in
        Result { () throws(JSONSyntaxError) in
            var position = 0
            try JSONScanner.skipValue(bytes, from: &position, maximumDepth: maximumDepth)
            return position
        }
    }
    return try result.get()
}

@Suite struct JSONScannerTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-0.0", "1e5", "1E+5", "1e-5", "0e0", "1.25e300",
        "1e999", "-1e999", "123456789012345678901234567890", "\"\"", "\"a\"", "\"é😀\"", "\"\u{7F}\"",
        #""\"\\\/\b\f\n\r\t""#, #""\u0000\uD83D\uDE00""#, #""\ud800""#, #""\udc00\ud800""#, "[]", "[ ]", "{}", "{ }",
        "[1]", "[1,2]", " [ 1 , 2 ]", "[[],{}]", #"{"a":1}"#, #"{ "a" : 1 , "b" : [ ] }"#, #"{"a":1,"a":2}"#,
        #"{"":{"":{}}}"#, "\t\n\r 1", "[[[[[[[[[[]]]]]]]]]]",
    ])
    func `whatever JSON.parse accepts is passed to its end`(text: String) throws {
        #expect(try scan(text) == text.utf8.count)
        #expect(try scan(text + " ,]x") == text.utf8.count)
    }

    @Test(arguments: [
        ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("tru", 3), ("falsy", 4), ("undefined", 0), ("NaN", 0), ("-", 1),
        ("+1", 0), (".5", 0), ("5.", 2), ("5.e1", 2), ("1e", 2), ("1e+", 3), ("-a", 1), ("--1", 1), ("'a'", 0),
        ("\"", 1), ("\"a", 2), ("\"a\n\"", 2), ("\"\u{0}\"", 1), ("\"\u{1F}\"", 1), (#""\x""#, 2), (#""\u12g4""#, 5),
        (#""\u12"#, 5), (#""\"#, 2), ("[", 1), ("[1", 2), ("[1,", 3), ("[,1]", 1), ("[1,]", 3), ("[1 2]", 3),
        ("[1}", 2), ("{", 1), ("{1:2}", 1), ("{a:1}", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7),
        (#"{"a":1"#, 6), (#"{"a":1]"#, 6), (#"{,}"#, 1), ("]", 0), ("}", 0), (",", 0), ("\u{FEFF}1", 0), ("//x\n1", 0),
        ("[1\u{A0}]", 2), ("\u{B}1", 0),
    ])
    func `anything else is refused where it goes wrong`(text: String, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try scan(text) }
        #expect(error?.offset == offset)
        #expect(error?.expected.isEmpty == false)
        #expect((error?.found == nil) == (offset == text.utf8.count))
    }

    @Test func `a leading zero ends the number`() throws {
        #expect(try scan("01") == 1)
        #expect(try scan("-00") == 2)
    }

    @Test(arguments: ["[", #"{"a":"#, #"[{"a":"#])
    func `nesting a hundred thousand deep is refused at the limit`(opening: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try scan(String(repeating: opening, count: 100_000)) }
        #expect(error?.expected == "at most 512 levels of nesting")
    }

    @Test func `nesting a hundred thousand deep needs no stack`() throws {
        let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(try scan(text, maximumDepth: .max) == 200_000)
    }

    @Test(arguments: [0, 1, 2, 511, 512])
    func `the limit counts arrays and objects alike`(depth: Int) throws {
        let text = nested(depth)
        #expect(try scan(text, maximumDepth: depth) == text.utf8.count)
        if depth > 0 { #expect(throws: JSONSyntaxError.self) { try scan(text, maximumDepth: depth - 1) } }
    }

    @Test(arguments: [1, 2, 3, 63, 64, 65, 66, 127, 128, 129, 130, 200])
    func `every level remembers its own kind of bracket`(depth: Int) throws {
        let text = nested(depth)
        #expect(try scan(text) == text.utf8.count)
        let bytes = Array(text.utf8)
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
            var wrong = bytes
            wrong[offset] = byte == UInt8(ascii: "]") ? UInt8(ascii: "}") : UInt8(ascii: "]")
            #expect(throws: JSONSyntaxError.self) { try scan(wrong) }
        }
    }

    /// Arrays and objects in an irregular order, one in the other.
    private func nested(_ depth: Int) -> String {
        let isObject = (0..<depth).map { $0 % 3 == 1 || $0 % 7 == 2 }
        let opening = isObject.map { $0 ? #"{"k":"# : "[" }.joined()
        return opening + "1" + isObject.reversed().map { $0 ? "}" : "]" }.joined()
    }

    @Test func `every byte is recognised at every offset of a long string`() throws {
        for offset in 0..<24 {
            for byte in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 24)
                bytes[offset] = byte
                let special = bytes.withUnsafeBytes { $0.firstSpecialCharacter(from: 0) }
                #expect(special == (byte < 0x20 || byte == 0x22 || byte == 0x5C ? offset : 24))
            }
        }
    }

    @Test func `the first of several special bytes is found`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let start = Int.random(in: 0...20, using: &generator)
            let expected = bytes[start...].firstIndex { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C } ?? 20
            #expect(bytes.withUnsafeBytes { $0.firstSpecialCharacter(from: start) } == expected)
        }
    }

    @Test func `an error describes itself in one line`() {
        let error = JSONSyntaxError(offset: 3, expected: "a value", found: 0x1F)
        #expect(error.description == #"expected a value at byte 3, found "\x1f""#)
        let end = JSONSyntaxError(offset: 3, expected: "a value", found: nil)
        #expect(end.description == "expected a value at byte 3, found the end")
    }
}

@Suite struct ExcerptTests {
    @Test func `what is not printable is escaped`() {
        #expect(Excerpt.quoted("a\"\\\n\u{7F}é".utf8) == #""a\"\\\x0a\x7f\xc3\xa9""#)
    }

    @Test(arguments: [UInt8(ascii: "a"), UInt8(ascii: "\""), 0x00, 0xFF])
    func `no more than 64 characters are repeated`(byte: UInt8) {
        let quoted = Excerpt.quoted(repeatElement(byte, count: 1000))
        #expect(quoted.hasSuffix("\"…"))
        #expect(quoted.dropFirst().dropLast(2).count == 64)
        #expect(!Excerpt.quoted(repeatElement(byte, count: 16)).hasSuffix("…"))
    }
}
