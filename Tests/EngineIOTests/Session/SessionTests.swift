/// A session between its handler and its connections.
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

@Suite struct SessionTests {
    // MARK: Sending

    @Test func `what is sent in one turn of the loop leaves in one answer`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.send("a", "b", "c")
        #expect(poll.answers.isEmpty)
        fixture.run()
        #expect(poll.answers == ["4a\u{1E}4b\u{1E}4c"])
    }

    @Test func `what is sent in one turn of the loop leaves in one write`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.send("a", "b", "c")
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4a", "4b", "4c"])])
    }

    @Test func `what is sent without a poll waits for the next one`() {
        let fixture = SessionFixture()
        fixture.send("a", "b")
        fixture.run()
        #expect(fixture.session.outboxBytes > 0)
        #expect(fixture.poll().answers == ["4a\u{1E}4b"])
        #expect(fixture.session.outboxBytes == 0)
    }

    @Test func `a poll without anything to send waits`() {
        let fixture = SessionFixture()
        #expect(fixture.poll().answers.isEmpty)
    }

    @Test func `a poll on another connection and loop is answered there`() {
        let fixture = SessionFixture()
        _ = fixture.poll(on: 0)
        fixture.send("a")
        fixture.run()
        let poll = fixture.poll(on: 1)
        fixture.send("b")
        fixture.loops[1].run()
        #expect(poll.answers == ["4b"])
    }

    @Test func `one unit sent to many sessions reaches those that are open, on all loops`() {
        let fixtures = [SessionFixture(), SessionFixture(onWebSocket: true), SessionFixture(onWebSocket: true)]
        let poll = fixtures[0].poll(on: 1)
        fixtures[2].session.close()
        fixtures[2].run()
        Session.send(MessageUnit(text: "all"), to: fixtures.count) { fixtures[$0].session }
        for fixture in fixtures { fixture.run() }
        #expect(poll.answers == ["4all"])
        #expect(fixtures[1].webSocket?.commands == [.write(["4all"])])
        #expect(fixtures[2].webSocket?.commands == [.close])
    }

    @Test func `while the connection takes no more, what is sent waits and is counted`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.sinkWritabilityChanged(false)
        fixture.send("a", "b")
        fixture.run()
        #expect(fixture.webSocket?.commands == [])
        #expect(fixture.session.outboxBytes == 8)
        fixture.session.sinkWritabilityChanged(true)
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4a", "4b"])])
    }

    // MARK: A full outbox

    @Test(arguments: [false, true])
    func `a full outbox ends the session`(onWebSocket: Bool) {
        let fixture = SessionFixture(onWebSocket: onWebSocket, configure: { $0.limits.outboxBytes = 100 })
        fixture.session.sinkWritabilityChanged(false)
        let text = String(repeating: "x", count: 50)
        fixture.send(text)
        #expect(fixture.closeReasons == [])
        fixture.send(text, text)
        fixture.run()
        #expect(fixture.closeReasons == [.outboxOverflow])
        #expect(fixture.webSocket?.commands ?? [.abort] == [.abort])
        #expect(fixture.session.outboxBytes == 0)
        #expect(!fixture.isRegistered)
    }

    @Test func `a unit alone may be larger than the outbox`() {
        let fixture = SessionFixture(configure: { $0.limits.outboxBytes = 100 })
        fixture.send(String(repeating: "x", count: 1000))
        #expect(fixture.closeReasons == [])
        #expect(fixture.poll().answers.first?.utf8.count == 1001)
    }

    // MARK: Receiving

    @Test func `a post delivers its packets in order, then is answered`() {
        let fixture = SessionFixture()
        let post = fixture.post("4a\u{1E}bAQI=\u{1E}6\u{1E}4c")
        #expect(post.answers == ["ok"])
        #expect(fixture.received == ["a", "c"])
        #expect(fixture.events.all.count == 4)
    }

    /// What becomes of the session when a packet arrives on it.
    @Test(arguments: [
        ("0", CloseReason?.none), ("1", .transportClose), ("2", .transportError), ("2probe", .transportError),
        ("3", nil), ("3probe", nil), ("4", nil), ("5", nil), ("6", nil), ("7", .parseError), ("x", .parseError),
        ("", .parseError), ("b", nil), ("b!", .parseError), ("\u{7F}", .parseError), ("é", .parseError),
    ])
    func `each packet has its effect`(packet: String, reason: CloseReason?) {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        let post = fixture.post("4before\u{1E}\(packet)\u{1E}4after")
        #expect(post.answers == ["ok"])
        #expect(fixture.closeReasons == (reason.map { [$0] } ?? []))
        #expect(fixture.received.first == "before")
        #expect(fixture.received.contains("after") == (reason == nil))
        let farewell = reason == .transportClose ? "6" : "1"
        #expect(poll.answers == (reason == nil ? [] : [farewell]))
        #expect(fixture.isRegistered == (reason == nil))
    }

    @Test func `one packet more than allowed in a payload is a parse error`() {
        let fixture = SessionFixture(configure: { $0.limits.packetsPerPayload = 3 })
        fixture.post("4\u{1E}4\u{1E}4")
        #expect(fixture.closeReasons == [])
        fixture.post("4\u{1E}4\u{1E}4\u{1E}4")
        #expect(fixture.closeReasons == [.parseError])
        #expect(fixture.received.count == 6)
    }

    @Test func `nothing is delivered after the handler has closed the session`() {
        let fixture = SessionFixture(reaction: { event in
            if event.text == "bye" { event.session.close() }
        })
        fixture.post("4a\u{1E}4bye\u{1E}4b")
        #expect(fixture.received == ["a", "bye"])
    }

    // MARK: Overlaps and lost requests

    @Test func `a second poll closes the session and answers the first`() {
        let fixture = SessionFixture()
        let first = fixture.poll()
        let second = FakeRequest(context: fixture.contexts[1])
        #expect(fixture.session.receivedPoll(second) == .overlap)
        fixture.run()
        #expect(first.answers == ["1"])
        #expect(second.answers == [])
        #expect(fixture.closeReasons == [.transportError])
        #expect(!fixture.isRegistered)
        #expect(fixture.session.receivedPoll(second) == .closed)
    }

    @Test func `a second post closes the session`() {
        let fixture = SessionFixture()
        #expect(fixture.session.beganPost() == .accepted)
        #expect(fixture.session.beganPost() == .overlap)
        #expect(fixture.closeReasons == [.transportError])
        #expect(fixture.session.beganPost() == .closed)
    }

    @Test func `a poll whose connection is lost closes the session`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.session.lostPoll(poll)
        #expect(fixture.closeReasons == [.transportError])
        #expect(!fixture.isRegistered)
    }

    @Test func `a connection that is lost after its poll was answered costs nothing`() {
        let fixture = SessionFixture()
        let poll = fixture.poll()
        fixture.send("a")
        fixture.run()
        let next = fixture.poll()
        fixture.session.lostPoll(poll)
        #expect(fixture.closeReasons == [])
        fixture.send("b")
        fixture.run()
        #expect(next.answers == ["4b"])
    }

    @Test func `a post given up makes room for the next, one lost closes the session`() {
        let fixture = SessionFixture()
        _ = fixture.session.beganPost()
        fixture.session.rejectedPost()
        #expect(fixture.session.beganPost() == .accepted)
        fixture.session.lostPost()
        #expect(fixture.closeReasons == [.transportError])
    }

    // MARK: Heartbeat

    @Test func `a ping is sent after the interval, and again after the pong`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.pass(.seconds(26))
        #expect(fixture.webSocket?.commands == [.write(["2"])])
        fixture.session.receive(.pong(ByteBuffer()))
        fixture.pass(.seconds(26))
        #expect(fixture.webSocket?.commands == [.write(["2"]), .write(["2"])])
        #expect(fixture.closeReasons == [])
    }

    @Test func `the next ping is due an interval after the pong, also when the timeout is longer`() throws {
        let fixture = SessionFixture(
            onWebSocket: true,
            configure: {
                $0.pingInterval = .seconds(5)
                $0.pingTimeout = .seconds(20)
            }
        )
        fixture.pass(.seconds(6))
        #expect(fixture.webSocket?.commands == [.write(["2"])])
        fixture.session.receive(.pong(ByteBuffer()))
        let wakeUp = try #require(fixture.session.state.withLock { $0.timer?.deadline })
        #expect(wakeUp <= .now() + .seconds(5))
    }

    @Test func `a ping that nobody fetches times out all the same`() {
        let fixture = SessionFixture()
        fixture.pass(.seconds(26))
        fixture.pass(.seconds(47))
        #expect(fixture.closeReasons == [.pingTimeout])
        #expect(!fixture.isRegistered)
    }

    @Test func `a poll that waits hears of the timeout`() {
        let fixture = SessionFixture()
        let first = fixture.poll()
        fixture.pass(.seconds(26))
        #expect(first.answers == ["2"])
        let second = fixture.poll()
        fixture.post("4still talking")
        fixture.pass(.seconds(47))
        #expect(second.answers == ["1"])
        #expect(fixture.closeReasons == [.pingTimeout])
    }

    // MARK: Holding input back

    @Test func `a post is answered when the last hold is released`() {
        let fixture = SessionFixture()
        fixture.session.holdInput()
        fixture.session.holdInput()
        let post = fixture.post("4a")
        #expect(fixture.received == ["a"])
        fixture.session.releaseInput()
        fixture.run()
        #expect(post.answers == [])
        #expect(fixture.session.beganPost() == .overlap)
        fixture.session.releaseInput()
        fixture.run()
        #expect(post.answers == ["ok"])
    }

    @Test func `a WebSocket is not read while input is held back`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.holdInput()
        fixture.run()
        fixture.session.releaseInput()
        fixture.run()
        #expect(fixture.webSocket?.commands == [.reading(false), .reading(true)])
    }

    @Test(arguments: [false, true])
    func `while input is held back no ping times out, and after it the timeout counts again`(onWebSocket: Bool) {
        let fixture = SessionFixture(onWebSocket: onWebSocket)
        fixture.session.holdInput()
        // Each 25 s after the last sign of life there is a ping, which may take 20 s: 25, 45; 70, 90; 115, 135.
        for seconds in [26, 47, 73, 94] as [Int64] { fixture.pass(.seconds(seconds)) }
        #expect(fixture.closeReasons == [])
        #expect(fixture.session.isOpen)
        fixture.session.releaseInput()
        fixture.pass(.seconds(120))
        #expect(fixture.closeReasons == [])
        fixture.pass(.seconds(141))
        #expect(fixture.closeReasons == [.pingTimeout])
    }

    @Test func `pings go on while input is held back`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.holdInput()
        for seconds in [26, 47, 73] as [Int64] { fixture.pass(.seconds(seconds)) }
        #expect(fixture.webSocket?.commands == [.reading(false), .write(["2"]), .write(["2"])])
    }

    @Test func `a ping sent while input was held back times out when it is not answered after that`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.holdInput()
        fixture.pass(.seconds(26))
        fixture.session.releaseInput()
        fixture.pass(.seconds(47))
        #expect(fixture.closeReasons == [.pingTimeout])
    }

    @Test func `one release of two does not make the timeout count`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.holdInput()
        fixture.session.holdInput()
        fixture.pass(.seconds(26))
        fixture.session.releaseInput()
        fixture.pass(.seconds(47))
        #expect(fixture.closeReasons == [])
    }

    @Test func `a session that closes answers the post it has held back`() {
        let fixture = SessionFixture()
        fixture.session.holdInput()
        let post = fixture.post("4a")
        fixture.session.close()
        fixture.run()
        #expect(post.answers == ["ok"])
    }
}
