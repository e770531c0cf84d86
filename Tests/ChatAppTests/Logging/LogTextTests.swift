/// Nothing of a peer's input can forge a line, or reach the terminal unescaped.
import Logging
import Testing

@testable import ChatApp

@Suite struct LogTextTests {
    @Test(arguments: [
        ("Ann", "Ann"), ("User_1234", "User_1234"), ("", #""""#), ("two words", #""two words""#), ("Zoë", #""Zoë""#),
        (#"a"b\c"#, #""a\"b\\c""#), ("line\nline\r\ttab", #""line\nline\r\ttab""#), ("\u{1B}[31m", #""\u{1B}[31m""#),
        ("\u{0}\u{7F}\u{85}\u{9B}", #""\u{0}\u{7F}\u{85}\u{9B}""#), ("a=b", #""a=b""#),
        ("\u{2028}\u{2029}\u{202E}\u{FEFF}", #""\u{2028}\u{2029}\u{202E}\u{FEFF}""#), ("🎉", #""🎉""#),
    ])
    func `values are plain words or quoted`(text: String, expected: String) {
        #expect(LogText.value(text) == expected)
    }

    @Test func `no character breaks a line or is obeyed by a terminal`() {
        for scalar in (UInt32(0)...0x10FFFF).compactMap(Unicode.Scalar.init) where scalar.properties.isDangerous {
            let text = "a\(scalar)b"
            #expect(!LogText.value(text).unicodeScalars.contains(scalar))
            #expect(!LogText.plain(text).unicodeScalars.contains(scalar))
        }
    }

    @Test func `long values and messages are cut`() {
        let long = String(repeating: "x", count: 5000)
        #expect(LogText.value(long) == "\"" + String(repeating: "x", count: LogText.valueLimit) + "…\"")
        #expect(LogText.plain(long).count == LogText.messageLimit + 1)
        let escapes = LogText.value(String(repeating: "\u{1B}", count: 5000))
        #expect(escapes.count < 7 * LogText.valueLimit)
    }

    @Test func `a line has time, level, message and values in the order of their keys`() {
        let line = LogLine.format(.info, "joined", ["name": "Ann", "id": "x y"], at: "T")
        #expect(line == #"T info joined id="x y" name=Ann"#)
    }

    @Test func `a name cannot forge a line or another value`() {
        let name: Logger.MetadataValue = "Ann\" id=\"root\"\nT info joined name=Bob"
        let line = LogLine.format(.info, "joined", ["name": name], at: "T")
        #expect(line == #"T info joined name="Ann\" id=\"root\"\nT info joined name=Bob""#)
    }

    @Test func `a line is bounded however much there is to say`() {
        let long: Logger.MetadataValue = "\(String(repeating: "x", count: 5000))"
        let metadata = Dictionary(uniqueKeysWithValues: (0..<1000).map { ("key\($0)", long) })
        #expect(LogLine.format(.info, String(repeating: "m", count: 5000), metadata, at: "T").utf8.count < 10_000)
    }
}

extension Unicode.Scalar.Properties {
    /// Control characters, and those that start lines or turn text around.
    fileprivate var isDangerous: Bool {
        switch self.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: self.isBidiControl
        }
    }
}
