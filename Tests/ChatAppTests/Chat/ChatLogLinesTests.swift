/// What the chat leaves in the log.
import Logging
import TestSupport
import Testing

@testable import ChatApp

@Suite struct ChatLogLinesTests {
    @Test func `each join, rename, mistake and leave is one line of the log`() async throws {
        let console = TestConsole()
        let log = ChatLog(writers: [console.writer])
        var sids: [String] = []
        try await withChat(logger: log.logger(level: .info)) { stage in
            let (ann, bob) = try await stage.pair()
            sids = [ann.sid, bob.sid]
            try await ann.client.emit("update_username", #"{"username":"A\nnn"}"#)
            try await ann.client.emit("send_message", #"{"message":"not a line"}"#)
            try await ann.client.emit("send_message", "7", id: 1)
            try await ann.client.emit("update_username", "{}", id: 2)
            // The rename and the message.
            for _ in 0..<2 { _ = try await ann.client.receive() }
            try await ann.client.expect("32[]")
            try await bob.client.close()
            try await ann.client.expect(#"2["user_left",{"username":"User_2"}]"#)
        }
        log.flush()
        let found = console.lines
        #expect(found.count == 6)
        #expect(found[0] == "info joined id=\(sids[0]) name=User_1")
        #expect(found[1] == "info joined id=\(sids[1]) name=User_2")
        #expect(found[2] == #"info renamed from=User_1 id=\#(sids[0]) to="A\nnn""#)
        #expect(found[3].hasPrefix("warning not handled error="))
        #expect(found[3].contains(#"in="event \"send_message\"""#))
        #expect(found[4] == #"info left id=\#(sids[1]) name=User_2 reason="transport close""#)
        #expect(found[5].hasPrefix("info left id=\(sids[0]) name="))
    }

    @Test func `errors beyond a rate are counted instead`() async throws {
        let console = TestConsole()
        let log = ChatLog(writers: [console.writer])
        try await withChat(logger: log.logger(level: .warning)) { stage in
            let ann = try await stage.join()
            for _ in 0..<1000 { try await ann.client.emit("send_message", "7") }
            try await ann.client.emit("update_username", "{}", id: 1)
            try await ann.client.expect("31[]")
            stage.chat.tidy(at: .now)
        }
        log.flush()
        let lines = console.lines
        let counts = lines.flatMap { $0.matches(of: /(?:omitted|count)=(\d+)/).compactMap { Int($0.1) } }
        #expect(lines.count < 1000)
        #expect(lines.count { $0.hasPrefix("warning not handled error=") } + counts.reduce(0, +) == 1000)
    }
}
