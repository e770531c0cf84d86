/// White space as Python sees it.
import Testing

@testable import ChatApp

@Suite struct PythonTextTests {
    /// Every character for which Python 3's `str.isspace()` holds.
    private static let pythonSpaces: Set<UInt32> = [
        0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x85, 0xA0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
        0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
    ]

    @Test func `exactly Python's white space is white space`() {
        let found = (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init).filter(PythonText.isSpace).map(\.value)
        #expect(Set(found) == Self.pythonSpaces)
    }

    @Test(arguments: [
        ("", ""), (" ", ""), ("\t\r\n", ""), ("a", "a"), (" a b ", "a b"), ("\u{2003}Zoë 🎉\u{A0}", "Zoë 🎉"),
        ("\u{1C}\u{1F}x\u{85}", "x"), ("\u{200B}x\u{FEFF}", "\u{200B}x\u{FEFF}"), ("\r\nx\r\n", "x"),
        (" \u{301}", "\u{301}"), ("x \u{301}", "x \u{301}"),
    ])
    func `white space is taken from both ends only`(text: String, expected: String) {
        #expect(PythonText.areEqual(PythonText.strip(text), expected))
    }

    @Test func `names are compared character by character`() {
        #expect(PythonText.areEqual("\u{E9}", "\u{E9}"))
        #expect(!PythonText.areEqual("\u{E9}", "e\u{301}"))
        #expect("\u{E9}" == "e\u{301}")
    }
}
