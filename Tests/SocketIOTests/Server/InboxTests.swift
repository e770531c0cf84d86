/// The bookkeeping of the events that wait for a socket's handlers.
import NIOCore
import TestSupport
import Testing

@testable import SocketIO

@Suite struct InboxTests {
    private static func event(_ name: String, payload: ByteBuffer = ByteBuffer()) -> Inbox.Item {
        Self.item(IncomingEvent(name: name, arguments: Arguments(payload: payload)))
    }

    private static func item(_ event: IncomingEvent) -> Inbox.Item {
        .event(EventHandler(body: .synchronous { _, _ in }, order: .serial), event)
    }

    /// Takes everything, by name.
    private func takeAll(_ inbox: inout Inbox) -> [String] {
        var names: [String] = []
        while let item = inbox.next() {
            switch item {
            case .event(_, let event): names.append(event.name)
            case .connected: names.append("connected")
            case .disconnected(let reason): names.append(reason.rawValue)
            }
        }
        return names
    }

    @Test func `only one at a time has the turn`() {
        var inbox = Inbox()
        let turns = [inbox.begin(), inbox.begin()]
        #expect(turns == [true, false])
        #expect(inbox.isBusy)
    }

    @Test func `the turn ends when nothing waits`() {
        var inbox = Inbox()
        let hasTurn = inbox.begin()
        #expect(hasTurn)
        #expect(self.takeAll(&inbox) == [])
        #expect(!inbox.isBusy)
        let hasTurnAgain = inbox.begin()
        #expect(hasTurnAgain)
    }

    @Test func `items come in the order of their arrival, and what was put in front first`() {
        var inbox = Inbox()
        inbox.append(Self.event("a"))
        inbox.append(Self.event("b"))
        inbox.prepend(.connected)
        #expect(self.takeAll(&inbox) == ["connected", "a", "b"])
    }

    @Test func `the connection is held at the limit, once`() {
        var inbox = Inbox()
        let holds = (1...5).map { number in
            inbox.append(Self.event("\(number)"))
            return inbox.mustHold(limit: 3)
        }
        #expect(holds == [false, false, true, false, false])
        #expect(inbox.isHolding)
    }

    @Test func `the connection is released at half the limit, once`() {
        var inbox = Inbox()
        for number in 1...4 { inbox.append(Self.event("\(number)")) }
        let releasesUnheld = inbox.mustRelease(limit: 4)
        let holds = inbox.mustHold(limit: 4)
        let releases = (1...4).map { _ in
            _ = inbox.next()
            return inbox.mustRelease(limit: 4)
        }
        #expect(!releasesUnheld)
        #expect(holds)
        #expect(releases == [false, true, false, false])
    }

    @Test func `a limit of one holds and releases for each event`() {
        var inbox = Inbox()
        for _ in 1...3 {
            inbox.append(Self.event("x"))
            let holds = inbox.mustHold(limit: 1)
            _ = inbox.next()
            let releases = inbox.mustRelease(limit: 1)
            #expect(holds && releases)
        }
    }

    @Test func `handlers that run beside the others count as if they waited`() {
        var inbox = Inbox()
        let ids = [inbox.nextConcurrent(), inbox.nextConcurrent()]
        for id in ids { inbox.started(Task {}, concurrent: id, byteCount: 0) }
        let holdsTwo = inbox.mustHold(limit: 3)
        inbox.append(Self.event("x"))
        let holdsThree = inbox.mustHold(limit: 3)
        inbox.finished(concurrent: ids[0])
        let releasesTwo = inbox.mustRelease(limit: 3)
        inbox.finished(concurrent: ids[1])
        let releasesOne = inbox.mustRelease(limit: 3)
        #expect([holdsTwo, holdsThree, releasesTwo, releasesOne] == [false, true, false, true])
    }

    @Test func `the end drops events but not the connect handlers`() {
        var inbox = Inbox()
        inbox.append(.connected)
        inbox.append(Self.event("a"))
        _ = inbox.close()
        inbox.append(.disconnected(.transportClose))
        #expect(self.takeAll(&inbox) == ["connected", "transport close"])
    }

    @Test func `all bytes that are counted are counted out again`() {
        var inbox = Inbox()
        var changes: [Int] = []
        func note() { changes.append(inbox.takeByteChange()) }
        let event = Self.event("x", payload: ByteBuffer(string: #"["x",1]"#))
        let size = event.byteCount
        inbox.append(event)
        inbox.append(event)
        note()
        _ = inbox.next()
        note()
        // Handed to a task: it is one event as before.
        inbox.prepend(event)
        note()
        _ = inbox.next()
        let (first, second) = (inbox.nextConcurrent(), inbox.nextConcurrent())
        for id in [first, second] { inbox.started(Task {}, concurrent: id, byteCount: 5) }
        inbox.finished(concurrent: first)
        note()
        _ = inbox.close()
        note()
        inbox.append(.disconnected(.transportClose))
        _ = inbox.next()
        inbox.finished(concurrent: second)
        _ = inbox.next()
        note()
        #expect(changes == [2 * size, 0, 0, 5, -size, -size - 5])
        #expect(size > 0 && changes.reduce(0, +) == 0)
    }

    @Test(arguments: [false, true])
    func `a small event of a large POST does not keep the whole of it`(isFirst: Bool) throws {
        var inbox = Inbox()
        var post = ByteBuffer(string: #"["x",["kept"]]"# + String(repeating: "x", count: 50_000))
        let slice = post.readSlice(length: 14)
        let packet = try #require(slice)
        var event = IncomingEvent(name: "x", arguments: Arguments(payload: packet))
        event.arguments.append(Arguments.Slice(start: 5, length: 8))
        event.arguments.attach([packet])
        if isFirst { inbox.prepend(Self.item(event)) } else { inbox.append(Self.item(event)) }
        guard case .event(_, let taken)? = inbox.next() else {
            Issue.record("expected the event")
            return
        }
        let argument = taken.arguments[0]
        #expect(argument.json == #"["kept"]"# && argument.attachments == [packet])
        #expect(argument.bytes.storageCapacity < 1000 && argument.attachments[0].storageCapacity < 1000)
    }

    @Test func `the end takes all running tasks, and no other`() async {
        var inbox = Inbox()
        let serial = Task<Void, Never> { await untilCancelled() }
        let concurrent = Task<Void, Never> { await untilCancelled() }
        let finished = Task<Void, Never> {}
        inbox.started(serial)
        let (first, second) = (inbox.nextConcurrent(), inbox.nextConcurrent())
        #expect(first != second)
        inbox.started(concurrent, concurrent: first, byteCount: 0)
        inbox.started(finished, concurrent: second, byteCount: 0)
        inbox.finished(concurrent: second)
        let (tasks, more) = (inbox.close(), inbox.close())
        #expect(Set(tasks) == [serial, concurrent])
        #expect(more.isEmpty)
        for task in tasks {
            task.cancel()
            await task.value
        }
    }
}
