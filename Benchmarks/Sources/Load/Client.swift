/// One Socket.IO client: connects in one of three ways, answers heartbeats, hands events and acknowledgements on.
///
/// The states are those of `Stage`. Whatever arrives out of place is the server's violation and ends the client.
import Glibc

/// The way in which a client connects.
enum Route: String, CaseIterable {
    /// WebSocket from the start.
    case direct
    /// Long polling first, then an upgrade to WebSocket.
    case upgrade
    /// Long polling only.
    case polling
}

protocol ClientOwner: AnyObject {
    func clientOpened(_ client: Client)
    /// Takes a Socket.IO packet of an open client (what follows the `4` of Engine.IO), valid during the call.
    func clientReceived(_ client: Client, _ packet: UnsafeRawBufferPointer)
    /// Learns that all packets of a polling response were handed over.
    func clientPolled(_ client: Client)
    /// Learns that the POST of `post` was answered.
    func clientPosted(_ client: Client)
    /// Learns that the client has ended, other than by `close`.
    func clientFailed(_ client: Client, _ problem: Problem)
    /// Learns that the server has agreed to the end that `leave` began.
    func clientLeft(_ client: Client)
}

extension ClientOwner {
    func clientPolled(_ client: Client) {}

    func clientPosted(_ client: Client) {}

    func clientLeft(_ client: Client) {}
}

final class Client {
    private enum Stage {
        /// Waits for the open packet of Engine.IO.
        case opening
        /// Waits for the answer to CONNECT.
        case connecting
        /// Waits for the answer to the probe of an upgrade.
        case probing
        case open
        /// Has begun to leave.
        case leaving
        case ended
    }

    let index: Int
    let route: Route
    private let target: Target
    private let poller: Poller
    private var owner: (any ClientOwner)?
    private var stage = Stage.opening
    private var webSocket: WebSocketConnection?
    private var requests: HTTPConnection?
    /// The connection of the POSTs, when the GETs have their own.
    private var posts: HTTPConnection?
    private let hasTwoConnections: Bool
    private var sessionQuery = ""
    /// The Socket.IO id the server gave.
    private(set) var socketID = ""
    private(set) var pingInterval: UInt64 = 0
    private(set) var pingTimeout: UInt64 = 0
    let startedAt: UInt64
    private(set) var heardPingAt: UInt64
    private(set) var pings = 0
    /// The number of pings that the next POST answers.
    private var owedPongs = 0

    init(index: Int, route: Route, dual: Bool = false, target: Target, poller: Poller, owner: any ClientOwner) {
        self.index = index
        self.route = route
        self.hasTwoConnections = dual
        self.target = target
        self.poller = poller
        self.owner = owner
        self.startedAt = Clock.now()
        self.heardPingAt = self.startedAt
    }

    var isOpen: Bool { self.stage == .open }

    var isEnded: Bool { self.stage == .ended }

    var isPolling: Bool { self.requests?.isWaiting ?? false }

    func start() {
        switch self.route {
        case .direct:
            self.openWebSocket()
        case .upgrade, .polling:
            let requests = HTTPConnection(target: self.target, poller: self.poller, owner: self)
            self.requests = requests
            self.posts = requests
            if self.hasTwoConnections {
                self.posts = HTTPConnection(target: self.target, poller: self.poller, owner: self)
            }
            requests.get("")
        }
    }

    /// Sends an Engine.IO packet over the WebSocket.
    func send(_ packet: UnsafeRawBufferPointer) {
        self.webSocket?.send(packet)
    }

    /// Has what was sent written at once, not together with what follows.
    func flush() {
        self.webSocket?.flush()
    }

    /// Sends a payload of Engine.IO packets as a polling client.
    func post(_ payload: UnsafeRawBufferPointer) {
        self.posts?.post(self.sessionQuery, payload)
    }

    /// Asks for packets as a polling client.
    func poll() {
        self.requests?.get(self.sessionQuery)
    }

    /// Takes the answers to pings that the next payload has to carry.
    func takePongs(into payload: inout ByteBuffer) {
        while self.owedPongs > 0 {
            self.owedPongs -= 1
            payload.append("3\u{1E}")
        }
    }

    /// Ends the session as its protocol says; the owner hears when the server has agreed.
    func leave() {
        guard self.stage == .open else { return }
        self.stage = .leaving
        if let webSocket = self.webSocket {
            webSocket.sendClose()
        } else {
            self.withBytes("1") { self.post($0) }
        }
    }

    /// Closes the connections at once.
    func close() {
        self.stage = .ended
        self.owner = nil
        self.webSocket?.close()
        self.requests?.close()
        self.posts?.close()
        self.webSocket = nil
        self.requests = nil
        self.posts = nil
    }

    func fail(_ problem: Problem) {
        let owner = self.owner
        self.close()
        owner?.clientFailed(self, problem)
    }

    private func openWebSocket() {
        do {
            self.webSocket = try WebSocketConnection(
                target: self.target,
                query: self.sessionQuery,
                poller: self.poller,
                owner: self
            )
        } catch {
            self.fail(error as? Problem ?? Problem(.system, "\(error)"))
        }
    }

    /// Handles one Engine.IO packet of either transport.
    private func receive(_ packet: UnsafeRawBufferPointer) {
        guard let type = packet.first else {
            return self.fail(Problem(.violation, "an empty Engine.IO packet"))
        }
        switch (type, self.stage) {
        case (UInt8(ascii: "4"), .open):
            self.owner?.clientReceived(self, packet.from(1))
        case (UInt8(ascii: "4"), .probing), (UInt8(ascii: "4"), .leaving), (UInt8(ascii: "6"), _):
            // Events that come with the answer to CONNECT, or after the end, are nobody's business.
            break
        case (UInt8(ascii: "4"), .connecting):
            self.receiveWhileConnecting(packet)
        case (UInt8(ascii: "2"), .open), (UInt8(ascii: "2"), .connecting), (UInt8(ascii: "2"), .probing):
            self.answerPing()
        case (UInt8(ascii: "2"), .leaving):
            break
        case (UInt8(ascii: "0"), .opening):
            self.receiveOpen(packet)
        case (UInt8(ascii: "3"), .probing) where packet.starts(with: "3probe") && packet.count == 6:
            self.finishUpgrade()
        case (UInt8(ascii: "1"), .leaving):
            self.left()
        case (UInt8(ascii: "1"), _):
            self.fail(Problem(.closed, "the server closed the session"))
        default:
            self.fail(Problem(.violation, "unexpected while \(self.stage): \(packet.excerpt)"))
        }
    }

    private func receiveOpen(_ packet: UnsafeRawBufferPointer) {
        guard let session = OpenPacket(packet.from(1)) else {
            return self.fail(Problem(.violation, "no open packet: \(packet.excerpt)"))
        }
        self.sessionQuery = "&sid=\(session.sessionID)"
        self.pingInterval = session.pingInterval
        self.pingTimeout = session.pingTimeout
        self.stage = .connecting
        self.withBytes(self.target.connectPacket) { packet in
            if let webSocket = self.webSocket {
                webSocket.send(packet)
            } else {
                self.post(packet)
            }
        }
    }

    private func receiveWhileConnecting(_ packet: UnsafeRawBufferPointer) {
        if packet.starts(with: "42") {
            // Some servers send events before the answer to CONNECT.
            return
        }
        guard packet.starts(with: "40{"), let id = OpenPacket.string("\"sid\"", in: packet) else {
            return self.fail(Problem(.refused, "CONNECT was answered with \(packet.excerpt)"))
        }
        self.socketID = id
        if self.route == .upgrade {
            self.stage = .probing
        } else {
            self.opened()
        }
    }

    private func finishUpgrade() {
        self.webSocket?.send("5")
        if self.owedPongs > 0 {
            self.owedPongs = 0
            self.webSocket?.send("3")
        }
        self.requests?.close()
        self.requests = nil
        self.posts = nil
        self.opened()
    }

    private func opened() {
        self.stage = .open
        self.owner?.clientOpened(self)
    }

    private func left() {
        let owner = self.owner
        self.close()
        owner?.clientLeft(self)
    }

    private func answerPing() {
        self.heardPingAt = self.poller.now
        self.pings += 1
        if let webSocket = self.webSocket {
            webSocket.send("3")
        } else {
            self.owedPongs += 1
        }
    }

    private func withBytes(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}

extension Client: WebSocketOwner {
    func webSocketOpened() {
        if self.route == .upgrade {
            self.webSocket?.send("2probe")
        }
    }

    func webSocketReceived(_ text: UnsafeRawBufferPointer) {
        self.receive(text)
    }

    func webSocketEnded(_ problem: Problem, byCloseFrame: Bool) {
        self.webSocket = nil
        if self.stage == .leaving, problem.fault == .closed {
            self.left()
        } else {
            self.fail(problem)
        }
    }
}

extension Client: HTTPOwner {
    func httpResponded(_ connection: HTTPConnection, _ response: HTTPResponse, toPost: Bool) {
        if response.status != 200 {
            response.withBody { body in
                self.fail(Problem(.refused, "HTTP status \(response.status): \(body.excerpt)"))
            }
        } else if toPost {
            self.posted()
        } else {
            response.withBody { self.receive(payload: $0) }
        }
    }

    func httpFailed(_ connection: HTTPConnection, _ problem: Problem) {
        self.fail(problem)
    }

    private func posted() {
        switch self.stage {
        case .connecting: self.poll()
        case .open: self.owner?.clientPosted(self)
        case .leaving: self.left()
        case .opening, .probing, .ended: break
        }
    }

    private func receive(payload: UnsafeRawBufferPointer) {
        let before = self.stage
        var start = 0
        repeat {
            let end = payload.position(of: 0x1E, from: start) ?? payload.count
            self.receive(UnsafeRawBufferPointer(rebasing: payload[start..<end]))
            start = end + 1
        } while start < payload.count && self.stage != .ended
        switch (before, self.stage) {
        case (.connecting, .connecting): self.pollAgain()
        case (.connecting, .probing): self.openWebSocket()
        case (.open, .open): self.owner?.clientPolled(self)
        default: break
        }
    }

    /// Goes on waiting for the answer to CONNECT; the answer to a ping goes first, its POST is followed by a GET.
    private func pollAgain() {
        guard self.owedPongs > 0 else { return self.poll() }
        self.owedPongs = 0
        self.withBytes("3") { self.post($0) }
    }
}
