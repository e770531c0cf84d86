/// One TCP connection of a client: bytes in, and what the server answers read and checked.
import NIOCore

@testable import EngineIO
@testable import SocketIO

/// A connection with the server's handlers on it.
final class Peer {
    /// A request under way, whose answer is still to come.
    struct Request {
        /// The session that the request speaks for.
        var session: ClientSession?
        var isHead = false
        /// Whether the answer opens the session.
        var isHandshake = false
        /// Whether the answer is a payload.
        var isPoll = false
        /// Whether the answer may be 101.
        var isUpgrade = false
    }

    let channel: ClientChannel
    private var received = ByteBuffer()
    /// The rest of a request that was sent in part.
    private var rest: ByteBuffer?
    private var requests: [Request] = []
    /// The sessions that this connection speaks for.
    private var sessions: [ClientSession] = []
    /// What the server sends, once the connection is a WebSocket.
    private var frames: FrameChecker?
    /// Compresses what is sent, when that was agreed on.
    private var deflater: MessageDeflater?
    /// Bytes of any kind were sent: which answer belongs to which request is not known any more.
    private var isWild = false
    /// Whether the last answer has come.
    private var isOver = false

    /// Connects; nothing when the server takes no more connections.
    ///
    /// - Parameter address: Whose connection it is.
    init?(_ stage: Stage, loop: Int, address: String = "127.0.0.1") throws {
        guard let channel = try ClientChannel(stage, loop: loop, address: address, largestRead: 512) else { return nil }
        self.channel = channel
    }

    var isOpen: Bool { self.channel.isOpen }

    var isWebSocket: Bool { self.frames != nil }

    /// Whether all requests have their answers.
    var isIdle: Bool { self.requests.isEmpty }

    // MARK: To the server

    /// Sends a request, or a part of it: the rest goes before anything else that is sent.
    func send(_ request: ClientRequest, part: Int? = nil) throws {
        try self.sendRest()
        request.request.session.map(self.speak)
        if self.isWebSocket { self.becomeWild() } else { self.requests.append(request.request) }
        var bytes = request.bytes
        let first = part.flatMap { bytes.readSlice(length: min($0, bytes.readableBytes)) }
        if first != nil { self.rest = bytes }
        self.channel.send(first ?? bytes)
    }

    func sendRest() throws {
        guard let rest = self.rest.take() else { return }
        self.channel.send(rest)
    }

    /// Sends packets in frames, compressed if that was agreed on.
    func sendFrames(_ packets: [ClientPacket], of session: ClientSession) {
        let deflater = self.deflater
        self.sendFrames(packets.flatMap { $0.frames(session.wire, deflater) }, of: session)
    }

    /// Sends the bytes of frames that a session's client may send.
    func sendFrames(_ bytes: [UInt8], of session: ClientSession) {
        self.speak(for: session)
        if !self.isWebSocket { self.becomeWild() }
        self.channel.send(ByteBuffer(bytes: bytes))
    }

    /// Sends bytes of any kind.
    func sendWild(_ bytes: [UInt8]) {
        self.becomeWild()
        self.channel.send(ByteBuffer(bytes: bytes))
    }

    /// The session of the WebSocket; nothing when the connection is none, or wild.
    var webSocketSession: ClientSession? { self.isWild ? nil : self.frames?.session }

    /// Sends one frame, of which anything may be wrong.
    func sendWildFrame(_ source: inout ByteSource) {
        let opcode = source.choice([WebSocketOpcode.text, .binary, .continuation, .close, .ping, .pong])
        var frame = maskedFrame(opcode.rawValue, source.bytes(), isFinal: source.bool())
        if source.bool() { frame[0] ^= 1 << UInt8(source.number(below: 8)) }
        // A ping asks for nothing; any other frame may be part of a message.
        if opcode != .ping || frame[0] != 0x89 { for session in self.sessions { session.becomeWild() } }
        self.channel.send(ByteBuffer(bytes: frame))
    }

    private func speak(for session: ClientSession) {
        self.sessions.append(session)
        if self.isWild { session.becomeWild() }
    }

    private func becomeWild() {
        self.isWild = true
        for session in self.sessions { session.becomeWild() }
    }

    // MARK: From the server

    /// Reads and checks what the server has sent, and says whether there was anything.
    func check() throws -> Bool {
        let hasReceived = self.channel.receive(into: &self.received)
        while !self.isWebSocket, self.received.readableBytes > 0 {
            let rest = String(buffer: self.received).debugDescription
            try expect(!self.isOver, "something behind the last answer: \(rest)")
            // Bytes of any kind may be a HEAD, whose answer has a length and no body.
            guard !self.isWild else { break }
            let isHead = self.requests.first?.isHead ?? false
            guard let response = try Response(&self.received, isHead: isHead) else { break }
            try self.receive(response)
        }
        if self.isWebSocket { try self.frames?.check(&self.received) } else if self.isWild { self.received.clear() }
        if !self.isOpen { try expectSame(self.received.readableBytes, 0, "bytes of half an answer") }
        return hasReceived
    }

    private func receive(_ response: Response) throws {
        try response.checkDocumented()
        if response.status == 100 { return }
        self.isOver = response.closes
        guard !self.requests.isEmpty else {
            // What cannot be read is answered as well, and what does not come in time.
            return try expect(response.status >= 400, "an answer to nothing: \(response)")
        }
        let request = self.requests.removeFirst()
        switch response.status {
        case 101:
            try expect(request.isUpgrade, "switched without being asked")
            try self.open(request.session, response.compression())
        case 200 where request.isHandshake: try request.session?.receive(opening: response)
        case 200 where request.isPoll: try request.session?.receive(payload: response)
        default: try request.session?.wasAnswered(response)
        }
    }

    /// The connection is a WebSocket from now on.
    private func open(_ session: ClientSession?, _ compression: ExtensionOffer?) throws {
        self.frames = FrameChecker(session: session)
        guard let compression else { return }
        try expect(session?.offer != nil, "compression that nobody has asked for")
        func value(_ name: String) -> String? { compression.parameters.first { $0.name == name }?.value }
        func has(_ name: String) -> Bool { compression.parameters.contains { $0.name == name } }
        self.frames?.inflater = MessageInflater(
            windowBits: value("server_max_window_bits").flatMap(Int.init) ?? 15,
            keepsContext: !has("server_no_context_takeover")
        )
        // A smaller window than was agreed on is allowed.
        self.deflater = MessageDeflater(
            level: 1,
            windowBits: 9,
            memoryLevel: 1,
            keepsContext: !has("client_no_context_takeover")
        )
    }
}
