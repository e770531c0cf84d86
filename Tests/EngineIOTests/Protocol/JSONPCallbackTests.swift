/// Polling by script elements: scripts, forms and the parameters that ask for them.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct JSONPCallbackTests {
    @Test(
        arguments: [
            ("0", 0), ("12", 12), ("007", 7), ("1a2;alert()", 12), ("", nil), ("abc", nil), ("4294967295", .max),
            ("4294967296", nil), ("[0](x)", 0), ("٣", nil),
        ] as [(String, UInt32?)]
    )
    func `only the digits of a parameter count`(parameter: String, index: UInt32?) {
        #expect(JSONPCallback(parameter: parameter)?.index == index)
    }

    @Test func `a payload is a string of the script`() {
        let text = "a\"b\\c\n\r\t\u{8}\u{C}\u{1}\u{1F}\u{2028}\u{2029}\u{202A}é€😀</script>"
        let script = JSONPCallback(index: 2).call(with: ByteBuffer(string: text))
        #expect(
            String(buffer: script)
                == #"___eio[2]("a\"b\\c\n\r\t\b\f\u0001\u001f\u2028\u2029"# + "\u{202A}é€😀</script>\");"
        )
    }

    @Test(
        arguments: [
            ("d=2%3A4a", "2:4a"), ("d=", ""), ("x=1&d=5:4a+b%20c", "5:4a b c"), ("d=%C3%A9", "é"), ("d=100%", "100%"),
            ("d=%zz%4", "%zz%4"), ("", nil), ("e=4", nil), ("dd=4", nil), ("d=1&d=2", nil), ("d", nil),
            // Line breaks come as a backslash with an n, and that as two backslashes with an n.
            (#"d=4a\nb"#, "4a\nb"), (#"d=4a\\nb"#, #"4a\nb"#), (#"d=4a\\\nb"#, #"4a\\nb"#), (#"d=\"#, #"\"#),
            (#"d=\\"#, #"\\"#),
            ("d=%5Cn", "\n"), ("d=%5C%5Cn", #"\n"#),
        ] as [(String, String?)]
    )
    func `a form gives its field d`(form: String, payload: String?) {
        #expect(JSONPCallback.payload(ofForm: ByteBuffer(string: form)).map { String(buffer: $0) } == payload)
    }

    @Test(
        arguments: [
            ("b64=1", true, nil), ("b64=", false, nil), ("b64=1&b64=", false, nil), ("j=0", true, 0),
            ("b64=&j=5", true, 5),
            ("EIO=3", false, nil),
        ] as [(String, Bool, UInt32?)]
    )
    func `a query says what the client can read`(query: String, usesBase64: Bool, index: UInt32?) throws {
        let options = try Revision3Options(Query(target: "/?\(query)"))
        #expect(options.usesBase64 == usesBase64)
        #expect(options.callback?.index == index)
    }

    @Test func `a callback without a number is a bad request`() throws {
        let query = try Query(target: "/?j=")
        #expect(throws: RequestRejection.badRequest) { try Revision3Options(query) }
    }
}
