/// Messages that are dropped unless they can leave at once.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

@Suite struct SessionVolatileTests {
    private func sendVolatile(_ text: String, on fixture: SessionFixture) -> Bool {
        fixture.session.sendVolatile(MessageUnit(text: text))
    }

    @Test func `an idle WebSocket takes it`() {
        let fixture = SessionFixture(onWebSocket: true)
        #expect(self.sendVolatile("a", on: fixture))
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4a"])])
    }

    @Test func `a WebSocket for which bytes wait does not`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.send("a")
        #expect(!self.sendVolatile("b", on: fixture))
        fixture.run()
        #expect(self.sendVolatile("c", on: fixture))
        #expect(!self.sendVolatile("d", on: fixture))
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4a"]), .write(["4c"])])
    }

    @Test func `a congested WebSocket does not, until it takes bytes again`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.sinkWritabilityChanged(false)
        #expect(!self.sendVolatile("a", on: fixture))
        fixture.session.sinkWritabilityChanged(true)
        #expect(self.sendVolatile("b", on: fixture))
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4b"])])
    }

    @Test func `polling takes it while a request waits`() {
        let fixture = SessionFixture()
        #expect(!self.sendVolatile("a", on: fixture))
        let poll = fixture.poll()
        #expect(poll.answers == [])
        #expect(self.sendVolatile("b", on: fixture))
        #expect(!self.sendVolatile("c", on: fixture))
        fixture.run()
        #expect(poll.answers == ["4b"])
    }

    @Test func `a packet with attachments is taken or dropped as a whole`() {
        let fixture = SessionFixture(onWebSocket: true)
        var text = ByteBuffer(repeating: 0, count: MessageUnit.headroom)
        text.moveReaderIndex(forwardBy: MessageUnit.headroom)
        text.writeString("text")
        let unit = MessageUnit(text: text, attachments: [ByteBuffer(string: "x"), ByteBuffer(string: "y")])
        fixture.session.sinkWritabilityChanged(false)
        #expect(!fixture.session.sendVolatile(unit))
        #expect(fixture.session.outboxBytes == 0)
        fixture.session.sinkWritabilityChanged(true)
        #expect(fixture.session.sendVolatile(unit))
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4text", "x", "y"])])
    }

    @Test func `during an upgrade polling decides, and after it the WebSocket`() {
        let fixture = SessionFixture()
        let candidate = fixture.openCandidate(on: 1)
        fixture.probe(candidate)
        #expect(!self.sendVolatile("a", on: fixture))
        let poll = fixture.poll()
        #expect(self.sendVolatile("b", on: fixture))
        fixture.run()
        #expect(poll.answers == ["4b"])
        #expect(!self.sendVolatile("c", on: fixture))
        fixture.upgrade(candidate)
        fixture.run()
        #expect(self.sendVolatile("d", on: fixture))
        fixture.run()
        #expect(candidate.commands == [.becameTransport, .write(["4d"])])
    }

    @Test func `a closed session takes nothing`() {
        let fixture = SessionFixture(onWebSocket: true)
        fixture.session.close()
        fixture.run()
        #expect(!self.sendVolatile("a", on: fixture))
        fixture.run()
        #expect(fixture.webSocket?.commands == [.close])
    }

    @Test func `of many sessions those that can take it get it`() {
        let fixtures = [SessionFixture(onWebSocket: true), SessionFixture(onWebSocket: true), SessionFixture()]
        let poll = fixtures[2].poll(on: 1)
        let deaf = SessionFixture()
        fixtures[1].send("before")
        let sessions = fixtures.map(\.session) + [deaf.session]
        Session.sendVolatile(MessageUnit(text: "all"), to: sessions.count) { sessions[$0] }
        for fixture in fixtures + [deaf] { fixture.run() }
        #expect(fixtures[0].webSocket?.commands == [.write(["4all"])])
        #expect(fixtures[1].webSocket?.commands == [.write(["4before"])])
        #expect(poll.answers == ["4all"])
        #expect(deaf.session.outboxBytes == 0)
    }
}
