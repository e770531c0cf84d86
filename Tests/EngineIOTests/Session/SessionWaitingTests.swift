/// Messages that wait for room, and what happens when there is too much of them.
import HTTPTypes
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import EngineIO

/// A session on loops that run when the test says so, from whatever thread.
private struct WaitingFixture {
    let loop = NIOAsyncTestingEventLoop()
    let session: Session
    let webSocket: FakeWebSocket?
    private let context: LoopContext

    init(onWebSocket: Bool = true, high: Int, low: Int) {
        var configuration = EngineIOConfiguration()
        configuration.outboxHighWaterMark = high
        configuration.outboxLowWaterMark = low
        self.context = LoopContext(eventLoop: self.loop)
        self.webSocket = onWebSocket ? FakeWebSocket(context: self.context) : nil
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/")
        self.session = Session(
            id: SessionID(),
            request: HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0),
            handler: SessionRecorder(log: EventLog(), reaction: SessionRecorder.silent),
            home: self.context,
            environment: SessionEnvironment(configuration: configuration, logger: quietLogger()),
            webSocket: self.webSocket
        )
    }

    /// A congested WebSocket whose outbox has room for two messages of ten characters.
    static func congested() -> Self {
        let fixture = Self(high: 20, low: 10)
        fixture.session.sinkWritabilityChanged(false)
        return fixture
    }

    func send(_ texts: String...) {
        for text in texts { self.session.send(MessageUnit(text: text)) }
    }

    /// Lets the client read until it has got so many messages.
    ///
    /// - Returns: The messages, in their order.
    func written(_ count: Int) async throws -> [String] {
        self.session.sinkWritabilityChanged(true)
        var written: [String] = []
        try await eventually("\(count) are written") {
            await self.loop.run()
            written = self.webSocket?.commands.flatMap { $0.packets } ?? []
            return written.count >= count
        }
        return written
    }

    /// Writes what waits, after which the client is congested again.
    func runCongested() async {
        self.webSocket?.onWrite = { [session] in session.sinkWritabilityChanged(false) }
        self.session.sinkWritabilityChanged(true)
        await self.loop.run()
    }

    func poll() async -> [String] {
        let request = FakeRequest(context: self.context)
        _ = self.session.receivedPoll(request)
        await self.loop.run()
        return request.answers
    }
}

extension FakeWebSocket.Command {
    fileprivate var packets: [String] {
        if case .write(let packets) = self { packets } else { [] }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SessionWaitingTests {
    /// Begins to send, and waits until it waits.
    private static func start(
        _ text: String,
        on session: Session,
        outcomes: EventLog<String>
    ) async throws -> Task<Void, Never> {
        let waiting = session.waitingSends
        let task = Task {
            do throws(EngineIOError) {
                try await session.sendWhenWritable(MessageUnit(text: text))
                outcomes.append("\(text) sent")
            } catch {
                outcomes.append("\(text) \(error.code.rawValue)")
            }
        }
        try await eventually("\(text) waits") { session.waitingSends == waiting + 1 }
        return task
    }

    @Test func `below the mark nothing waits`() async throws {
        let fixture = WaitingFixture.congested()
        for text in ["0123456789", "abcdefghij"] { try await fixture.session.sendWhenWritable(MessageUnit(text: text)) }
        #expect(fixture.session.outboxBytes == 26)
        #expect(fixture.session.waitingSends == 0)
    }

    @Test func `what waits leaves in the order of the calls when the client reads`() async throws {
        let fixture = WaitingFixture.congested()
        let session = fixture.session
        let outcomes = EventLog<String>()
        fixture.send("0123456789", "abcdefghij")
        for number in 1...5 { _ = try await Self.start("waiting \(number)", on: session, outcomes: outcomes) }
        #expect(session.outboxBytes == 26)
        // It does not wait itself, and so overtakes.
        fixture.send("plain")
        let written = try await fixture.written(8)
        try await outcomes.count(5)
        #expect(written == ["40123456789", "4abcdefghij", "4plain"] + (1...5).map { "4waiting \($0)" })
        try await eventually("nobody waits") { session.state.withLock { $0.sendQueue == nil } }
    }

    @Test func `no more is let in than up to the mark`() async throws {
        let fixture = WaitingFixture.congested()
        let session = fixture.session
        let outcomes = EventLog<String>()
        fixture.send("0123456789", "abcdefghij")
        for number in 1...5 { _ = try await Self.start("waiting \(number)", on: session, outcomes: outcomes) }
        // One write, after which the client is congested again.
        await fixture.runCongested()
        try await outcomes.count(2)
        #expect(session.outboxBytes == 2 * 12)
        #expect(session.waitingSends == 3)
        #expect(Set(outcomes.all) == ["waiting 1 sent", "waiting 2 sent"])
        session.close(reason: nil, mode: .abort)
        try await outcomes.count(5)
    }

    @Test func `cancellation ends the wait, and nothing of it stays`() async throws {
        let fixture = WaitingFixture.congested()
        let outcomes = EventLog<String>()
        fixture.send("0123456789", "abcdefghij")
        let first = try await Self.start("first", on: fixture.session, outcomes: outcomes)
        _ = try await Self.start("second", on: fixture.session, outcomes: outcomes)
        first.cancel()
        try await outcomes.first("cancelled") { $0 == "first cancelled" }
        #expect(fixture.session.waitingSends == 1)
        #expect(try await fixture.written(3) == ["40123456789", "4abcdefghij", "4second"])
        try await outcomes.first("sent") { $0 == "second sent" }
    }

    @Test func `a task that is cancelled before does not wait at all`() async throws {
        let fixture = WaitingFixture.congested()
        fixture.send("0123456789", "abcdefghij")
        let session = fixture.session
        let task = Task {
            await withUnsafeContinuation { continuation in
                withUnsafeCurrentTask { $0?.cancel() }
                continuation.resume()
            }
            try await session.sendWhenWritable(MessageUnit(text: "late"))
        }
        let error = await #expect(throws: EngineIOError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(session.waitingSends == 0)
    }

    @Test(arguments: [SessionClosingMode.drain, .discard, .clientLeft, .abort])
    func `the end of the session ends all waits`(mode: SessionClosingMode) async throws {
        let fixture = WaitingFixture.congested()
        let outcomes = EventLog<String>()
        fixture.send("0123456789", "abcdefghij")
        for number in 1...3 { _ = try await Self.start("\(number)", on: fixture.session, outcomes: outcomes) }
        fixture.session.close(reason: .transportClose, mode: mode)
        #expect(try await outcomes.count(3).sorted() == (1...3).map { "\($0) sessionClosed" })
        #expect(fixture.session.waitingSends == 0)
        let error = await #expect(throws: EngineIOError.self) {
            try await fixture.session.sendWhenWritable(MessageUnit(text: "late"))
        }
        #expect(error?.code == .sessionClosed)
    }

    @Test func `polling lets them in poll by poll`() async throws {
        // A message of one character is four bytes with its frame.
        let fixture = WaitingFixture(onWebSocket: false, high: 5, low: 4)
        let outcomes = EventLog<String>()
        try await fixture.session.sendWhenWritable(MessageUnit(text: "a"))
        try await fixture.session.sendWhenWritable(MessageUnit(text: "b"))
        for text in ["c", "d", "e"] { _ = try await Self.start(text, on: fixture.session, outcomes: outcomes) }
        #expect(await fixture.poll() == ["4a\u{1E}4b"])
        // Both are let in at once, in two tasks; the polls show their order.
        #expect(try await outcomes.count(2).sorted() == ["c sent", "d sent"])
        #expect(fixture.session.waitingSends == 1)
        #expect(await fixture.poll() == ["4c\u{1E}4d"])
        #expect(try await outcomes.count(3).last == "e sent")
        #expect(await fixture.poll() == ["4e"])
    }
}
