/// A session with connections that only write down what they are told.
import DequeModule
import HTTPTypes
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport

@testable import EngineIO

/// A GET or a POST.
final class FakeRequest: PollSink, PostSink {
    let context: LoopContext
    private let payloads = Mutex<[String]>([])

    init(context: LoopContext) {
        self.context = context
    }

    /// The answers so far; more than one would be a fault.
    var answers: [String] { self.payloads.withLock { $0 } }

    func respond(payload: PollPayload) {
        self.payloads.withLock { $0.append(String(buffer: payload.body)) }
    }

    func respond() {
        self.payloads.withLock { $0.append("ok") }
    }
}

/// A WebSocket.
final class FakeWebSocket: FrameSink {
    enum Command: Equatable {
        /// One write, with the packets in its frames.
        case write([String])
        /// The same, to be flushed later.
        case stage([String])
        case close
        case abort
        case reading(Bool)
        case becameTransport
    }

    let context: LoopContext
    private let log = Mutex<[Command]>([])
    private let reaction = Mutex<(@Sendable () -> Void)?>(nil)

    init(context: LoopContext) {
        self.context = context
    }

    /// Called after each write.
    var onWrite: (@Sendable () -> Void)? {
        get { self.reaction.withLock { $0 } }
        set { self.reaction.withLock { $0 = newValue } }
    }

    var isWritable: Bool { true }

    var commands: [Command] { self.log.withLock { $0 } }

    func write(frames: FrameList) {
        self.note(.write(Self.packets(frames)))
        self.onWrite?()
    }

    func stage(frames: FrameList) {
        self.note(.stage(Self.packets(frames)))
        self.onWrite?()
    }

    private static func packets(_ frames: FrameList) -> [String] {
        var bytes = ByteBuffer()
        for buffer in frames { bytes.writeImmutableBuffer(buffer) }
        var packets: [String] = []
        while bytes.readableBytes > 0 {
            packets.append(String(buffer: WebSocketFrame.readUnmasked(from: &bytes).payload))
        }
        return packets
    }

    func close() { self.note(.close) }
    func abort() { self.note(.abort) }
    func setReading(_ isReading: Bool) { self.note(.reading(isReading)) }
    func becameTransport() { self.note(.becameTransport) }

    private func note(_ command: Command) {
        self.log.withLock { $0.append(command) }
    }
}

/// A session without a network, on loops that run when the test says so.
///
/// To be made inside a test: its loops belong to the test's thread.
final class SessionFixture {
    let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
    let contexts: [LoopContext]
    let environment: SessionEnvironment
    let events = EventLog<SessionEvent>()
    let session: Session
    /// The transport, when the session began on a WebSocket.
    let webSocket: FakeWebSocket?

    init(
        onWebSocket: Bool = false,
        configure: (inout EngineIOConfiguration) -> Void = { _ in },
        reaction: @escaping SessionRecorder.Reaction = { _ in }
    ) {
        var configuration = EngineIOConfiguration()
        configure(&configuration)
        self.contexts = self.loops.map { LoopContext(eventLoop: $0) }
        self.environment = SessionEnvironment(configuration: configuration, logger: quietLogger())
        self.webSocket = onWebSocket ? FakeWebSocket(context: self.contexts[0]) : nil
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/engine.io/")
        self.session = Session(
            id: SessionID(),
            request: HandshakeRequest(head: head, remoteAddress: nil, isSecure: false, time: 0),
            handler: SessionRecorder(log: self.events, reaction: reaction),
            home: self.contexts[0],
            environment: self.environment,
            webSocket: self.webSocket
        )
        _ = self.environment.registry.insert(self.session)
        self.session.start()
    }

    /// Runs what the loops have to do.
    func run() {
        for _ in 0..<2 {
            for loop in self.loops { loop.run() }
        }
    }

    /// Begins a poll on a loop.
    func poll(on loop: Int = 0) -> FakeRequest {
        let request = FakeRequest(context: self.contexts[loop])
        _ = self.session.receivedPoll(request)
        self.run()
        return request
    }

    /// Delivers a whole POST.
    @discardableResult
    func post(_ body: String, on loop: Int = 0) -> FakeRequest {
        let request = FakeRequest(context: self.contexts[loop])
        _ = self.session.beganPost()
        self.session.receivedPost(body: ByteBuffer(string: body), from: request)
        self.run()
        return request
    }

    /// Sends messages of text.
    func send(_ texts: String...) {
        for text in texts { self.session.send(MessageUnit(text: text)) }
    }

    /// Opens a candidate.
    func openCandidate(on loop: Int = 0) -> FakeWebSocket {
        let candidate = FakeWebSocket(context: self.contexts[loop])
        _ = self.session.openedCandidate(candidate)
        return candidate
    }

    /// Has a candidate send `2probe`.
    func probe(_ candidate: FakeWebSocket) {
        _ = self.session.receivedProbe(from: candidate)
    }

    /// Has a candidate send `5`.
    func upgrade(_ candidate: FakeWebSocket) {
        _ = self.session.receivedUpgrade(from: candidate)
    }

    /// Lets a time pass as far as the session knows.
    func pass(_ time: TimeAmount) {
        self.session.deadlineReached(now: .now() + time)
        self.run()
    }

    /// The texts the handler has received.
    var received: [String] { self.events.all.compactMap(\.text) }

    /// The reasons the handler was told; more than one would be a fault.
    var closeReasons: [CloseReason] { self.events.all.compactMap(\.closeReason) }

    var isRegistered: Bool { self.environment.registry.session(for: self.session.id) != nil }
}
