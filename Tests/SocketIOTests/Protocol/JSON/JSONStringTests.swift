import NIOCore
import Testing

@testable import SocketIO

@Suite struct JSONStringTests {
    @Test(arguments: [
        (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""x\u0000y""#, "x\u{0}y"), (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00!""#, "😀!"), (#""é\n😀""#, "é\n😀"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
        (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), (#""\uffff\ufffe""#, "\u{FFFF}\u{FFFE}"),
    ])
    func `escapes are replaced by what they mean`(json: String, expected: String) throws {
        #expect(try EncodedValue(json: json).decode(as: String.self) == expected)
        #expect(try EncodedValue(json: "[\(json)]").decode(as: [String].self) == [expected])
        #expect(try EncodedValue(json: json).value == .string(expected))
    }

    @Test(arguments: [
        ("", #""""#), ("a", #""a""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#),
        ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#), ("\u{0}\u{1}\u{F}\u{10}\u{1F}", #""\u0000\u0001\u000f\u0010\u001f""#),
        ("\u{7F}é😀\u{2028}", "\"\u{7F}é😀\u{2028}\""), ("<script>", #""<script>""#),
        ("a long run of text\nand another long run", #""a long run of text\nand another long run""#),
    ])
    func `strings are written as JSON.stringify writes them`(string: String, expected: String) throws {
        var writer = JSONWriter()
        writer.write(string)
        #expect(String(buffer: writer.buffer) == expected)
        #expect(try EncodedValue(json: expected).decode(as: String.self) == string)
    }

    @Test func `every single character survives`() throws {
        for code in 0...0x3000 {
            guard let scalar = Unicode.Scalar(code) else { continue }
            let string = "ab\(Character(scalar))cd"
            #expect(
                try EncodedValue(string).decode(as: String.self).unicodeScalars.elementsEqual(string.unicodeScalars)
            )
        }
    }
}
