/// The log as an operator finds it.
import Logging
import Testing

@testable import ChatApp

@Suite struct ChatLogTests {
    @Test func `lines go to the console and are appended to the file`() throws {
        let folder = try TemporaryFolder()
        let console = TestConsole()
        try folder.write("before\n", to: "app.log")
        let log = ChatLog(file: "\(folder.path)/app.log", console: console.writer)
        log.logger(level: .info).info("joined", metadata: ["name": "Zoë\n"])
        log.flush()
        let lines = try folder.text(of: "app.log").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0] == "before")
        #expect(lines[1].wholeMatch(of: /\S+Z info joined name="Zoë\\n"/) != nil)
        #expect(console.lines == [#"info joined name="Zoë\n""#])
    }

    @Test func `a file that cannot be opened is reported, and the console goes on`() {
        let console = TestConsole()
        let log = ChatLog(file: "/nonexistent/app.log", console: console.writer)
        log.logger(level: .info).info("joined")
        log.flush()
        #expect(console.lines == ["error cannot write /nonexistent/app.log: No such file or directory", "info joined"])
    }

    @Test func `a disk that is full is reported once, and the console goes on`() {
        let console = TestConsole()
        // Every write to this device fails as on a full disk.
        let log = ChatLog(file: "/dev/full", console: console.writer)
        let logger = log.logger(level: .info)
        for name in ["one", "two"] {
            logger.info("\(name)")
            log.flush()
        }
        log.flush()
        #expect(console.lines.filter { $0.hasPrefix("info") } == ["info one", "info two"])
        let reports = console.lines.filter { $0.hasPrefix("error") }
        #expect(reports == ["error cannot write /dev/full: No space left on device"])
    }

    @Test func `only the wanted levels are logged, with the logger's own values`() {
        let console = TestConsole()
        let log = ChatLog(writers: [console.writer])
        var logger = log.logger(level: .warning)
        logger[metadataKey: "own"] = "1"
        logger.info("no")
        logger.warning("yes", metadata: ["more": "2"])
        log.flush()
        #expect(console.lines == ["warning yes more=2 own=1"])
    }
}
