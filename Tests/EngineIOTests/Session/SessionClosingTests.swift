/// The ends of a session that the server wants.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

@Suite struct SessionClosingTests {
    /// The JavaScript client sees a lost connection in an answer that ends with a close packet, whatever came before.
    @Test func `a waiting poll gets what was sent, the next one the close packet`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.send("a")
        fixture.session.close()
        fixture.run()
        #expect(poll.answers == ["4a"])
        #expect(fixture.closeReasons == [.forcedClose])
        #expect(fixture.isRegistered)
        #expect(fixture.poll().answers == ["1"])
        #expect(!fixture.isRegistered)
    }

    @Test func `a waiting poll gets the close packet when there is nothing else`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.session.close()
        fixture.run()
        #expect(poll.answers == ["1"])
        #expect(!fixture.isRegistered)
    }

    @Test func `what a shutdown says last and the close packet have answers of their own`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.send("a")
        fixture.session.close(reason: .serverShuttingDown, mode: .drain)
        fixture.run()
        #expect(poll.answers == ["4a"])
        #expect(fixture.closeReasons == [.serverShuttingDown])
        #expect(fixture.isRegistered)
        #expect(fixture.poll().answers == ["1"])
        #expect(!fixture.isRegistered)
    }

    @Test func `without a poll the rest waits for the next one`() {
        let fixture = SessionFixture()
        fixture.send("a")
        fixture.session.close()
        #expect(fixture.closeReasons == [.forcedServerClose])
        fixture.send("too late")
        #expect(fixture.isRegistered)
        #expect(fixture.poll().answers == ["4a"])
        #expect(fixture.poll().answers == ["1"])
        #expect(!fixture.isRegistered)
        #expect(fixture.closeReasons == [.forcedServerClose])
    }

    @Test func `more than a poll holds is fetched by several, the close packet by one more`() {
        let fixture = SessionFixture()
        for index in 0..<20 { fixture.send("\(index)") }
        fixture.session.close()
        let first = fixture.poll()
        #expect(first.answers == [(0..<16).map { "4\($0)" }.joined(separator: "\u{1E}")])
        let second = fixture.poll()
        #expect(second.answers == [(16..<20).map { "4\($0)" }.joined(separator: "\u{1E}")])
        #expect(fixture.isRegistered)
        #expect(fixture.poll().answers == ["1"])
        #expect(!fixture.isRegistered)
    }

    @Test func `what nobody fetches is given up after the closing timeout`() {
        let fixture = SessionFixture()
        fixture.send("a")
        fixture.session.close()
        fixture.pass(.seconds(29))
        #expect(fixture.isRegistered)
        fixture.pass(.seconds(31))
        #expect(!fixture.isRegistered)
        #expect(fixture.session.outboxBytes == 0)
        #expect(fixture.closeReasons == [.forcedServerClose])
    }

    @Test func `messages of the client are no longer delivered while the rest waits`() {
        let fixture = SessionFixture()
        fixture.session.close()
        let post = fixture.post("4late")
        #expect(post.answers == ["ok"])
        #expect(fixture.received == [])
    }

    @Test func `a client that leaves while the rest waits ends it`() {
        let fixture = SessionFixture()
        fixture.session.close()
        fixture.post("1")
        #expect(!fixture.isRegistered)
        #expect(fixture.closeReasons == [.forcedServerClose])
    }

    @Test func `a WebSocket gets what was sent, then the close frame`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.send("a")
        fixture.session.close()
        fixture.send("too late")
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4a"]), .close])
        #expect(fixture.closeReasons == [.forcedClose])
        #expect(!fixture.isRegistered)
    }

    @Test func `a close that discards drops what was sent`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.send("a")
        fixture.session.close(reason: .serverShuttingDown, mode: .discard)
        fixture.run()
        #expect(fixture.webSocket?.commands == [.close])
        #expect(fixture.closeReasons == [.serverShuttingDown])
    }

    @Test(arguments: [false, true])
    func `the handler hears of the end once, whatever happens then`(onWebSocket: Bool) {
        let fixture = SessionFixture(onWebSocket: onWebSocket)
        fixture.session.close()
        fixture.session.close()
        fixture.session.receive(.close)
        fixture.session.reject(ProtocolViolation(.emptyPacket, ""))
        fixture.session.lostTransport(reason: .transportClose)
        fixture.pass(.hours(1))
        #expect(fixture.closeReasons.count == 1)
    }

    @Test func `a WebSocket that is lost ends the session and drops what waits`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.sinkWritabilityChanged(false)
        fixture.send("a")
        fixture.session.lostTransport(reason: .transportClose)
        fixture.run()
        #expect(fixture.webSocket?.commands == [])
        #expect(fixture.session.outboxBytes == 0)
        #expect(fixture.closeReasons == [.transportClose])
        #expect(!fixture.isRegistered)
    }

    @Test func `a handler may close and send from inside its own callbacks`() {
        let fixture = SessionFixture(reaction: { event in
            event.session.send(MessageUnit(text: "answer"))
            if event.text != nil { event.session.close() }
            event.session.send(MessageUnit(text: "ignored"))
        })
        let poll = fixture.poll()
        #expect(poll.answers == ["4answer\u{1E}4ignored"])
        let second = fixture.poll()
        fixture.post("4a")
        #expect(second.answers == ["4answer"])
        #expect(fixture.poll().answers == ["1"])
        #expect(fixture.closeReasons == [.forcedClose])
    }
}
