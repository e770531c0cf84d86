/// The client's side of one Engine.IO session: bytes in, actions out.
import EngineIO
import HTTPTypes
import NIOCore
import SocketIO

/// Speaks Engine.IO as a browser's client does, without knowing what carries its bytes.
///
/// It has up to three connections: one for polls, one for posts, and a WebSocket. The driver opens them when asked, tells
/// what arrives, and does what ``takeActions()`` says after each call. States: `opening` until the server has answered,
/// `open`, `closing` after the client's own farewell, `ended`. A connection that ends between two requests is opened
/// again for the next.
struct EngineClient: Sendable {
    enum Line: Sendable, Hashable, CaseIterable {
        case polls, posts, webSocket
    }

    enum Action: Sendable {
        /// Open a connection, then call ``opened(_:)``.
        case open(Line)
        case write(ByteBuffer, Line)
        case close(Line)
        /// The session is open.
        case ready(OpenPacket)
        case text(ByteBuffer)
        case binary(ByteBuffer)
        /// The upgrade is over: done, or why not.
        case upgraded(TestFailure?)
        /// The server refused the handshake.
        case rejected(HandshakeRejection)
        case ended(ClientDisconnectReason)
    }

    private enum Phase {
        case opening, open, closing, ended
    }

    enum Upgrade {
        case none, opening, probing
        /// The probe was answered; the requests under way have to end first.
        case pausing
    }

    /// What happens on one of the connections for requests.
    struct RequestLine {
        var isOpen = false
        var isBusy = false
        var reader = ResponseReader()
        /// The request to send when the connection is open.
        var waiting: ByteBuffer?
    }

    private let request: OpeningRequest
    private var phase = Phase.opening
    var upgrade = Upgrade.none
    var isOnWebSocket: Bool
    var polls = RequestLine()
    var posts = RequestLine()
    var frames = ServerFrameReader()
    private var handshake: ResponseReader? = ResponseReader()
    private var outbox: [EnginePacket] = []
    private var sid: String?
    private var maxPayload = 0
    private var isOfferedWebSocket = false
    private var isReading = true
    private var answersPings = true
    private var actions: [Action] = []

    init(_ request: OpeningRequest) {
        self.request = request
        self.isOnWebSocket = request.beginsOnWebSocket
    }

    /// What is to be done, in order.
    mutating func takeActions() -> [Action] {
        defer { self.actions = [] }
        return self.actions
    }

    /// Whether the session has begun and not ended.
    var isOpen: Bool { self.phase == .open }

    // MARK: The program's wishes

    /// Opens the session.
    mutating func start() {
        if self.isOnWebSocket {
            self.actions.append(.open(.webSocket))
        } else {
            self.request(on: \.polls, .polls, self.request.poll(sid: nil))
        }
    }

    /// Sends packets in order.
    mutating func send(_ packets: [EnginePacket]) {
        guard self.phase == .open else { return }
        self.outbox.append(contentsOf: packets)
        self.flush()
    }

    /// Changes to a WebSocket.
    mutating func beginUpgrade() {
        guard self.phase == .open, !self.isOnWebSocket, self.upgrade == .none else {
            self.actions.append(.upgraded(TestFailure("only an open client on polling can be upgraded")))
            return
        }
        guard self.isOfferedWebSocket else {
            // A client goes by what it is offered: the server does not refuse what it did not offer.
            self.actions.append(.upgraded(TestFailure("the server offers no WebSocket")))
            return
        }
        self.upgrade = .opening
        self.handshake = ResponseReader()
        self.actions.append(.open(.webSocket))
    }

    /// Stops or resumes reading: polls are no longer sent.
    ///
    /// The driver stops reading the connections.
    mutating func setReading(_ isReading: Bool) {
        self.isReading = isReading
        self.poll()
    }

    /// Leaves pings without an answer from now on.
    mutating func stopAnsweringPings() { self.answersPings = false }

    /// Says farewell, as a program that ends its connection does.
    mutating func close() {
        guard self.phase == .open else { return self.end(.clientDisconnect) }
        if self.isOnWebSocket {
            self.flush()
            self.phase = .closing
            self.actions.append(.write(ClientFrame.encode(.close, ByteBuffer(integer: UInt16(1000))), .webSocket))
        } else {
            self.outbox.append(.text("1"))
            self.upgrade = .none
            self.flush()
            self.phase = .closing
        }
    }

    /// Cuts all connections without a word.
    mutating func drop() { self.end(.transportClose) }

    // MARK: The connections

    /// A connection that was asked for is there.
    mutating func opened(_ line: Line) {
        guard self.phase != .ended else { return self.actions.append(.close(line)) }
        switch line {
        case .polls: self.writeWaiting(\.polls, line)
        case .posts: self.writeWaiting(\.posts, line)
        case .webSocket: self.actions.append(.write(self.request.webSocket(sid: self.sid), line))
        }
    }

    /// A connection could not be opened, or has ended.
    mutating func lost(_ line: Line) {
        switch line {
        case .polls:
            guard self.polls.isBusy else {
                self.polls = RequestLine()
                return
            }
            self.polls = RequestLine()
            self.lostRequest()
        case .posts:
            guard self.posts.isBusy else {
                self.posts = RequestLine()
                return
            }
            self.posts = RequestLine()
            self.lostRequest()
        case .webSocket:
            if self.isOnWebSocket { return self.lostTransport(.transportClose) }
            self.failUpgrade("the server ended the connection")
        }
    }

    private mutating func lostRequest() {
        if !self.isOnWebSocket { self.lostTransport(.transportError) }
    }

    private mutating func lostTransport(_ reason: ClientDisconnectReason) {
        if self.phase == .opening {
            self.reject(HandshakeRejection(status: nil, body: "the server ended the connection"))
        } else {
            self.end(reason)
        }
    }

    /// Bytes have arrived.
    ///
    /// - Throws: ``TestFailure`` for what no server may send; the session is over then.
    mutating func received(_ bytes: ByteBuffer, on line: Line) throws {
        guard self.phase != .ended else { return }
        switch line {
        case .polls: try self.receivedPoll(bytes)
        case .posts: try self.receivedPostAnswer(bytes)
        case .webSocket: try self.receivedOnWebSocket(bytes)
        }
    }

    private mutating func end(_ reason: ClientDisconnectReason) {
        guard self.phase != .ended else { return }
        let reason = self.phase == .closing ? .clientDisconnect : reason
        let wasOpening = self.phase == .opening
        self.phase = .ended
        self.outbox = []
        for line in Line.allCases { self.actions.append(.close(line)) }
        if wasOpening {
            self.actions.append(.rejected(HandshakeRejection(status: nil, body: "closed before it was open")))
        } else {
            if self.upgrade != .none { self.actions.append(.upgraded(TestFailure("the session has ended"))) }
            self.actions.append(.ended(reason))
        }
    }

    private mutating func reject(_ rejection: HandshakeRejection) {
        self.phase = .ended
        for line in Line.allCases { self.actions.append(.close(line)) }
        self.actions.append(.rejected(rejection))
    }

    // MARK: Packets

    private mutating func receive(_ packet: EnginePacket) throws {
        guard self.phase != .ended else { return }
        guard case .text(var text) = packet else {
            if case .binary(let bytes) = packet { self.actions.append(.binary(bytes)) }
            return
        }
        switch text.readInteger(as: UInt8.self) {
        case UInt8(ascii: "0"):
            let open = try OpenPacket(text)
            (self.sid, self.maxPayload) = (open.sid, open.maxPayload)
            self.isOfferedWebSocket = open.offersWebSocket
            self.phase = .open
            self.actions.append(.ready(open))
        case UInt8(ascii: "1"): self.end(.transportClose)
        case UInt8(ascii: "2"): if self.answersPings { self.send([.text("3")]) }
        case UInt8(ascii: "4"): self.actions.append(.text(text))
        case UInt8(ascii: "6"): break
        default: throw TestFailure("the server sent a packet of unknown type: \(packet)")
        }
    }

    private mutating func flush() {
        guard !self.outbox.isEmpty else { return }
        if self.isOnWebSocket {
            for packet in self.outbox { self.actions.append(.write(packet.frame, .webSocket)) }
            self.outbox = []
        } else if !self.posts.isBusy, self.upgrade != .pausing, let sid = self.sid {
            self.request(on: \.posts, .posts, self.request.post(self.takePayload(), sid: sid))
        }
    }

    /// As many packets as one body may hold.
    private mutating func takePayload() -> ByteBuffer {
        var payload = ByteBuffer()
        var count = 0
        for packet in self.outbox {
            var next = payload
            if count > 0 { next.writeInteger(EnginePacket.separator) }
            packet.write(intoPayload: &next)
            if count > 0, next.readableBytes > self.maxPayload { break }
            payload = next
            count += 1
        }
        self.outbox.removeFirst(count)
        return payload
    }
}

// MARK: - Polling

extension EngineClient {
    private mutating func request(on key: WritableKeyPath<Self, RequestLine>, _ line: Line, _ bytes: ByteBuffer) {
        self[keyPath: key].isBusy = true
        guard self[keyPath: key].isOpen else {
            self[keyPath: key].waiting = bytes
            return self.actions.append(.open(line))
        }
        self.actions.append(.write(bytes, line))
    }

    private mutating func writeWaiting(_ key: WritableKeyPath<Self, RequestLine>, _ line: Line) {
        self[keyPath: key].isOpen = true
        if let bytes = self[keyPath: key].waiting.take() { self.actions.append(.write(bytes, line)) }
    }

    /// Polls, unless there is a reason not to.
    ///
    /// The server releases the waiting poll when it is probed; one sent after that would wait for the server's time.
    private mutating func poll() {
        guard !self.isOnWebSocket, self.isReading, !self.polls.isBusy, self.upgrade == .none, let sid = self.sid,
            self.phase == .open
        else { return }
        self.request(on: \.polls, .polls, self.request.poll(sid: sid))
    }

    private mutating func receivedPoll(_ bytes: ByteBuffer) throws {
        self.polls.reader.append(bytes)
        guard let response = try self.polls.reader.next() else { return }
        self.polls.isBusy = false
        guard response.status == 200 else {
            if self.phase == .opening { return self.reject(HandshakeRejection(response)) }
            // A session that has ended meanwhile is not known any more.
            return self.end(.transportError)
        }
        for packet in try EnginePacket.packets(inPayload: response.body) { try self.receive(packet) }
        self.poll()
        self.finishPause()
    }

    private mutating func receivedPostAnswer(_ bytes: ByteBuffer) throws {
        self.posts.reader.append(bytes)
        guard let response = try self.posts.reader.next() else { return }
        self.posts.isBusy = false
        guard response.status == 200 else { return self.end(.transportError) }
        if self.phase == .closing, self.outbox.isEmpty { return self.end(.clientDisconnect) }
        self.flush()
        self.finishPause()
    }
}

// MARK: - WebSocket

extension EngineClient {
    private mutating func receivedOnWebSocket(_ bytes: ByteBuffer) throws {
        var bytes = bytes
        if var handshake = self.handshake {
            handshake.append(bytes)
            let response = try handshake.next()
            bytes = handshake.takeRest()
            self.handshake = response == nil ? handshake : nil
            guard let response else { return }
            guard response.status == 101 else { return self.refusedWebSocket(response) }
            self.openedWebSocket()
        }
        self.frames.append(bytes)
        while let frame = try self.frames.next() { try self.receive(frame) }
    }

    private mutating func refusedWebSocket(_ response: WireResponse) {
        if self.isOnWebSocket { return self.reject(HandshakeRejection(response)) }
        self.failUpgrade("the server answered \(response.status)")
    }

    private mutating func openedWebSocket() {
        self.frames = ServerFrameReader()
        guard self.upgrade == .opening else { return }
        self.upgrade = .probing
        self.actions.append(.write(EnginePacket.text("2probe").frame, .webSocket))
    }

    private mutating func receive(_ frame: ServerFrame) throws {
        switch frame {
        case .text(let text): try self.receiveOnWebSocket(.text(text))
        case .binary(let bytes): try self.receiveOnWebSocket(.binary(bytes))
        case .ping(let data): self.actions.append(.write(ClientFrame.encode(.pong, data), .webSocket))
        case .pong: break
        case .close:
            guard self.isOnWebSocket else { return self.failUpgrade("the server closed the WebSocket") }
            if self.phase == .open { self.actions.append(.write(ClientFrame.encode(.close, ByteBuffer()), .webSocket)) }
            self.lostTransport(.transportClose)
        }
    }

    private mutating func receiveOnWebSocket(_ packet: EnginePacket) throws {
        if self.isOnWebSocket { return try self.receive(packet) }
        guard packet == .text("3probe"), self.upgrade == .probing else { return }
        self.upgrade = .pausing
        self.finishPause()
    }

    /// Completes the upgrade when neither a poll nor a post is under way any more.
    private mutating func finishPause() {
        guard self.upgrade == .pausing, !self.polls.isBusy, !self.posts.isBusy, self.phase == .open else { return }
        self.upgrade = .none
        self.isOnWebSocket = true
        self.actions.append(.write(EnginePacket.text("5").frame, .webSocket))
        self.actions.append(.close(.polls))
        self.actions.append(.close(.posts))
        self.actions.append(.upgraded(nil))
        self.flush()
    }

    private mutating func failUpgrade(_ reason: String) {
        guard self.upgrade != .none else { return }
        self.upgrade = .none
        self.actions.append(.close(.webSocket))
        self.actions.append(.upgraded(TestFailure(reason)))
        self.poll()
        self.flush()
    }
}
