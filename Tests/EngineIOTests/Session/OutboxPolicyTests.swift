/// What happens when more waits for a client than may.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

@Suite struct OutboxPolicyTests {
    private static func fixture(onWebSocket: Bool = true) -> SessionFixture {
        let fixture = SessionFixture(onWebSocket: onWebSocket) {
            $0.outboxPolicy = .dropOldestVolatile
            $0.limits.outboxBytes = 30
        }
        fixture.session.sinkWritabilityChanged(false)
        return fixture
    }

    @Test func `volatile messages wait, and make room for others`() {
        let fixture = Self.fixture()
        let session = fixture.session
        // Twelve bytes each, with the frame's header and the type.
        #expect(session.sendVolatile(MessageUnit(text: "volatile1")))
        #expect(session.sendVolatile(MessageUnit(text: "volatile2")))
        fixture.send("123456789")
        #expect(session.isOpen)
        #expect(session.outboxBytes == 24)
        #expect(fixture.environment.limits.count(of: .outboxBytes) == 1)
        session.sinkWritabilityChanged(true)
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4volatile2", "4123456789"])])
    }

    @Test func `volatile messages make room for each other, in broadcasts too`() {
        let fixture = Self.fixture()
        for number in 1...5 {
            let unit = MessageUnit(text: "volatile\(number)")
            if number % 2 == 0 {
                #expect(fixture.session.sendVolatile(unit))
            } else {
                Session.sendVolatile(unit, to: 1) { _ in fixture.session }
            }
        }
        #expect(fixture.session.outboxBytes == 24)
        #expect(fixture.environment.limits.count(of: .outboxBytes) == 3)
        fixture.session.sinkWritabilityChanged(true)
        fixture.run()
        #expect(fixture.webSocket?.commands == [.write(["4volatile4", "4volatile5"])])
    }

    @Test func `when nothing can be dropped any more the session is closed`() {
        let fixture = Self.fixture()
        #expect(fixture.session.sendVolatile(MessageUnit(text: "volatile1")))
        fixture.send("123456789", "abcdefghi")
        #expect(fixture.session.isOpen)
        // There is no room for a volatile one, and nothing to drop for it.
        #expect(!fixture.session.sendVolatile(MessageUnit(text: "volatile2")))
        fixture.send("ABCDEFGHI")
        // Whoever is told of the end is told later, on the loop.
        #expect(fixture.closeReasons.isEmpty && fixture.session.outboxBytes == 0)
        fixture.run()
        #expect(fixture.closeReasons == [.outboxOverflow])
        #expect(fixture.session.outboxBytes == 0)
    }

    @Test func `a single message may be larger than the limit, with volatile ones before it`() {
        let fixture = Self.fixture()
        #expect(fixture.session.sendVolatile(MessageUnit(text: "volatile1")))
        fixture.send(String(repeating: "x", count: 100))
        #expect(fixture.session.isOpen)
        #expect(fixture.session.outboxBytes == 103)
    }

    @Test func `over polling volatile messages wait for the next poll`() {
        let fixture = Self.fixture(onWebSocket: false)
        for number in 1...4 { #expect(fixture.session.sendVolatile(MessageUnit(text: "volatile\(number)"))) }
        #expect(fixture.poll().answers == ["4volatile3\u{1E}4volatile4"])
    }

    @Test func `a closed session keeps nothing`() {
        let fixture = Self.fixture()
        #expect(fixture.session.sendVolatile(MessageUnit(text: "volatile1")))
        fixture.session.close(reason: nil, mode: .discard)
        #expect(!fixture.session.sendVolatile(MessageUnit(text: "volatile2")))
        #expect(fixture.session.outboxBytes == 0)
    }

    // MARK: Before the loop has had the chance to write

    @Test(arguments: [OutboxPolicy.close, .dropOldestVolatile])
    func `a client that takes what it gets is not closed for what one turn of the loop sends it`(policy: OutboxPolicy) {
        let fixture = SessionFixture(onWebSocket: true) {
            $0.outboxPolicy = policy
            $0.limits.outboxBytes = 30
        }
        let (session, webSocket) = (fixture.session, fixture.webSocket)
        fixture.send("123456789", "abcdefghi", "ABCDEFGHI", "987654321")
        #expect(webSocket?.commands == [.stage(["4123456789", "4abcdefghi", "4ABCDEFGHI"])])
        Session.send(MessageUnit(text: "rst"), to: 1) { _ in session }
        fixture.run()
        #expect(webSocket?.commands.last == .write(["4987654321", "4rst"]))
        #expect(session.isOpen && session.outboxBytes == 0)
        #expect(fixture.environment.limits.count(of: .outboxBytes) == 0)
    }

    @Test func `in a broadcast, too`() {
        let fixture = SessionFixture(onWebSocket: true) { $0.limits.outboxBytes = 30 }
        for text in ["123456789", "abcdefghi", "ABCDEFGHI"] {
            Session.send(MessageUnit(text: text), to: 1) { _ in fixture.session }
        }
        #expect(fixture.webSocket?.commands == [.stage(["4123456789", "4abcdefghi", "4ABCDEFGHI"])])
        fixture.run()
        #expect(fixture.session.isOpen)
    }

    @Test func `what a connection does not take any more counts`() {
        let fixture = SessionFixture(onWebSocket: true) { $0.limits.outboxBytes = 30 }
        let session = fixture.session
        fixture.webSocket?.onWrite = { session.sinkWritabilityChanged(false) }
        fixture.send("123456789", "abcdefghi", "ABCDEFGHI")
        fixture.send("123456789", "abcdefghi")
        fixture.run()
        #expect(session.isOpen && session.outboxBytes == 24)
        fixture.send("ABCDEFGHI")
        fixture.run()
        #expect(fixture.closeReasons == [.outboxOverflow])
    }

    // MARK: Reports

    @Test func `each message that is dropped counts, in one report`() {
        let fixture = Self.fixture()
        for number in 1...2 { #expect(fixture.session.sendVolatile(MessageUnit(text: "volatile\(number)"))) }
        Session.send(MessageUnit(text: "twenty bytes of text"), to: 1) { _ in fixture.session }
        #expect(fixture.environment.limits.count(of: .outboxBytes) == 2)
        #expect(fixture.session.isOpen && fixture.session.outboxBytes == 23)
    }

    @Test func `with the default policy the limit closes the session, which is counted`() {
        let fixture = SessionFixture(onWebSocket: true) { $0.limits.outboxBytes = 30 }
        fixture.session.sinkWritabilityChanged(false)
        fixture.send("123456789", "abcdefghi", "ABCDEFGHI")
        fixture.run()
        #expect(fixture.closeReasons == [.outboxOverflow])
        #expect(fixture.environment.limits.count(of: .outboxBytes) == 1)
    }
}
