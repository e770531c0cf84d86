/// Identifiers: their text, their secrecy, their randomness.
import NIOCore
import Testing

@testable import EngineIO

@Suite struct SessionIDTests {
    @Test(arguments: [
        "2g7xoCwor8NLKxnUAAAA", "AAAAAAAAAAAAAAAAAAAA", "____________________", "--------------------",
        "abcdefghijABCDEFGHIJ", "KLMNOPQRSTUVWXYZklmn", "opqrstuvwxyz01234567", "89-_89-_89-_89-_89-_",
    ])
    func `text becomes an identifier and the same text again`(_ text: String) throws {
        let sid = try #require(SessionID(text))
        #expect(sid.description == text)
        var buffer = ByteBuffer()
        sid.write(into: &buffer)
        #expect(String(buffer: buffer) == text)
        #expect(SessionID(utf8: buffer.readableBytesView) == sid)
        #expect(SessionID("x\(text)".dropFirst()) == sid)
    }

    @Test(arguments: [
        "", "2g7xoCwor8NLKxnUAAA", "2g7xoCwor8NLKxnUAAAAA", "2g7xoCwor8NLKxnUAAA=", "2g7xoCwor8NLKxnUAA+A",
        "2g7xoCwor8NLKxnUAA/A", "2g7xoCwor8NLKxnUAA A", "__proto__", "constructor", "2g7xoCwor8NLKxnUAAÄ",
        "ÄÄÄÄÄÄÄÄÄÄ", "{g7xoCwor8NLKxnUAAAA", "@g7xoCwor8NLKxnUAAAA", "[g7xoCwor8NLKxnUAAAA", "`g7xoCwor8NLKxnUAAAA",
    ])
    func `other text is no identifier`(_ text: String) {
        #expect(SessionID(text) == nil)
        #expect(SessionID(utf8: ByteBuffer(string: text).readableBytesView) == nil)
    }

    @Test func `each character of the text counts`() throws {
        let text = "2g7xoCwor8NLKxnUAAAA"
        let sid = try #require(SessionID(text))
        for index in text.indices {
            let changed = text.replacingCharacters(at: index, with: "9")
            #expect(SessionID(changed) != sid)
        }
    }

    @Test func `new identifiers differ in every place`() {
        let texts = (0..<2000).map { _ in Array(SessionID().description) }
        #expect(Set(texts).count == texts.count)
        for place in 0..<SessionID.length {
            // 2000 draws of 64 characters leave one out with a probability of 10^-12.
            #expect(Set(texts.map { $0[place] }).count == 64)
        }
    }

    @Test func `a new identifier equals the one read from its text`() {
        for _ in 0..<100 {
            let sid = SessionID()
            #expect(SessionID(sid.description) == sid)
        }
    }

    @Test func `logs show the first four characters`() throws {
        let sid = try #require(SessionID("2g7xoCwor8NLKxnUAAAA"))
        #expect(sid.redacted == "2g7x…")
        #expect(String(reflecting: sid) == "2g7x…")
        #expect("\([sid])" == "[2g7x…]")
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with character: Character) -> String {
        String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
    }
}
