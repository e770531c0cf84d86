/// How long temporary messages are kept, and how many.
import NIOCore
import SocketIO
import Testing

@testable import ChatApp

@Suite struct TemporaryMessagesTests {
    private let start = ContinuousClock.now

    private func texts(_ messages: TemporaryMessages) -> [String] { messages.messages.map(\.json) }

    @Test func `a message is kept for its lifetime`() throws {
        var messages = TemporaryMessages(lifetime: .seconds(10))
        messages.append(try EncodedValue(1), at: self.start)
        messages.append(try EncodedValue(2), at: self.start + .seconds(3))
        messages.purge(at: self.start + .milliseconds(9999))
        #expect(self.texts(messages) == ["1", "2"])
        messages.purge(at: self.start + .seconds(10))
        #expect(self.texts(messages) == ["2"])
        messages.purge(at: self.start + .seconds(100))
        #expect(self.texts(messages) == [])
        #expect(messages.byteCount == 0)
    }

    @Test func `the oldest go when there are too many`() throws {
        var messages = TemporaryMessages(lifetime: .seconds(10), countLimit: 3)
        for number in 0..<10 { messages.append(try EncodedValue(number), at: self.start) }
        #expect(self.texts(messages) == ["7", "8", "9"])
        #expect(messages.byteCount == 3)
    }

    @Test func `the oldest go when they are too large`() throws {
        var messages = TemporaryMessages(lifetime: .seconds(10), byteLimit: 20)
        for text in ["aaaaaa", "bbbbbb", "cccccc"] { messages.append(try EncodedValue(text), at: self.start) }
        #expect(self.texts(messages) == [#""bbbbbb""#, #""cccccc""#])
        #expect(messages.byteCount == 16)
    }

    @Test func `attachments count`() throws {
        var messages = TemporaryMessages(lifetime: .seconds(10), byteLimit: 1000)
        for byte in UInt8(0)..<3 {
            messages.append(try EncodedValue([ByteBuffer(repeating: byte, count: 400)]), at: self.start)
        }
        let expected = [UInt8(1), 2].map { Value.array([.binary(ByteBuffer(repeating: $0, count: 400))]) }
        #expect(try messages.messages.map { try $0.value } == expected)
        #expect(messages.byteCount > 800 && messages.byteCount < 1000)
    }

    @Test func `a message that is too large for all of them is not kept, and displaces none`() throws {
        var messages = TemporaryMessages(lifetime: .seconds(10), byteLimit: 20)
        messages.append(try EncodedValue("small"), at: self.start)
        messages.append(try EncodedValue(String(repeating: "x", count: 19)), at: self.start)
        #expect(self.texts(messages) == [#""small""#])
    }
}
