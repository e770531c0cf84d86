/// A client that does everything right, and must miss nothing.
import NIOCore

@testable import EngineIO
@testable import SocketIO

/// Joins a namespace of its own, answers pings, polls without a pause, changes to a WebSocket when it is told to, and comes
/// back when its connections are lost.
///
/// What the server sends it is numbered, and so is what it sends: all of it has to arrive, once and in order. Only behind a
/// lost connection that the server could not make up for some may be missing.
final class Witness {
    static let namespace = "/watch"
    /// It does not share the limits of the others.
    private static let address = "192.0.2.7"

    private enum Transport {
        case polling
        /// A WebSocket is being tried.
        case probing
        /// No poll is sent any more; when the last has returned the WebSocket takes over.
        case pausing
        case webSocket
    }

    /// As often as its address may open sessions; see ``StageConfiguration``.
    private static let maximumReturns = 2

    private let stage: Stage
    private var session: ClientSession
    private var transport: Transport
    private var polls: Peer?
    private var posts: Peer?
    private var socket: Peer?
    private var hasAskedToOpen = false
    private var hasAskedToJoin = false
    private var hasProbed = false
    private var outgoing: [ClientPacket] = []
    private var hasLeft = false
    private var plain = ByteSource([])

    private var isJoined = false
    private var returns = 0
    /// Other clients have taken its place while it was away.
    private var isKeptOut = false
    /// There is no room for a connection that it needs.
    private var lacksRoom = false
    /// There was none for a while, and what it could not do in time has ended its session, or will.
    private var hasLackedRoom = false
    /// What it comes back with, when the server recovers connections.
    private var privateID: String?
    private var offset: String?

    /// How many numbers were sent to it.
    private var sent = 0
    /// How many of them it must have seen in the end.
    private var owed = 0
    /// The number after the last that it has seen.
    private var expected = 0
    /// Whether numbers may be missing before the next.
    private var mayHaveGap = false
    private var told = 0
    /// Those before this one may have been lost with a connection.
    private var toldOnThisConnection = 0

    init(_ stage: Stage, overWebSocket: Bool) {
        self.stage = stage
        self.session = ClientSession(stage.server.configuration)
        self.transport = overWebSocket ? .webSocket : .polling
        self.listen()
    }

    private func listen() {
        // Whether the server takes it up is the configuration's.
        self.session.offer = "permessage-deflate; client_max_window_bits"
        self.session.onPacket = { [unowned self] in try self.receive($0) }
        self.session.onMessage = { [unowned self] in try self.receive($0) }
        self.session.onAnswer = { [unowned self] in try self.receive(answer: $0) }
    }

    private var configuration: SocketIOConfiguration { self.stage.server.configuration }

    // MARK: What happens to it

    /// The server sends it the next number.
    func sendNumber() throws {
        guard self.isJoined || self.privateID != nil, !self.hasLeft else { return }
        try self.stage.server.namespace(Self.namespace).emit("number", .int(Int64(self.sent)))
        self.sent += 1
        if self.isJoined { self.owed = self.sent }
    }

    /// Its connections are lost, and it comes back.
    func loseConnections(isReset: Bool, overWebSocket: Bool) {
        guard self.isJoined, !self.hasLeft, self.returns < Self.maximumReturns else { return }
        self.returns += 1
        for peer in [self.polls, self.posts, self.socket] { peer?.channel.cut(isReset: isReset) }
        self.closeAll()
        self.session = ClientSession(self.configuration)
        self.listen()
        self.transport = overWebSocket ? .webSocket : .polling
        (self.isJoined, self.hasAskedToOpen, self.hasAskedToJoin, self.hasProbed) = (false, false, false, false)
        self.outgoing = []
        (self.lacksRoom, self.hasLackedRoom) = (false, false)
        self.toldOnThisConnection = self.told
    }

    /// It sends the next number, and wants an answer or not.
    func tellNumber(asks: Bool) {
        guard self.isJoined, !self.hasLeft, self.mayTell else { return }
        let id = asks ? self.session.ask(in: Self.namespace) : nil
        self.send(.event, #"["tell",\#(self.told)]"#, id: id)
        self.told += 1
    }

    /// Whether whoever is in a hurry has to wait, rather than to lose something.
    private var mayTell: Bool {
        self.configuration.limits.eventsPerSecond.map { $0.excess == .delay } ?? true
    }

    /// It wants a WebSocket, if it has none.
    func beginUpgrade() throws {
        guard self.transport == .polling, let id = self.session.id, !self.hasLeft else { return }
        guard let peer = try Peer(self.stage, loop: 1, address: Self.address) else { return }
        self.transport = .probing
        self.socket = peer
        try peer.send(ClientRequest.upgrade(self.session, id, &self.plain))
    }

    private func send(_ type: SocketIO.PacketType, _ payload: String?, id: UInt64? = nil) {
        let parser = self.configuration.parser
        self.outgoing.append(ClientPacket(type, Self.namespace, payload, id: id, parser: parser))
    }

    // MARK: What it does by itself

    /// Does what there is to do, and says whether there was anything.
    func turn() throws -> Bool {
        let hasActed = try self.receiveAll()
        guard !self.hasLeft else { return hasActed }
        if !self.hasAskedToOpen {
            try self.open()
            // What it does next depends on the answer, which may be a refusal: whoever comes back may find no room.
            return true
        }
        if self.session.id != nil, !self.hasAskedToJoin {
            self.hasAskedToJoin = true
            self.send(.connect, self.privateID.map { #"{"pid":"\#($0)","offset":"\#(self.offset ?? "")"}"# })
        }
        switch self.transport {
        case .polling, .probing, .pausing: return try self.turnPolling() || hasActed
        case .webSocket: return try self.sendFrames() || hasActed
        }
    }

    private func receiveAll() throws -> Bool {
        var hasActed = false
        for peer in [self.polls, self.posts, self.socket] {
            guard let peer else { continue }
            let hasDelivered = peer.channel.deliverWaiting()
            hasActed = try peer.check() || hasDelivered || hasActed
        }
        return hasActed
    }

    private func open() throws {
        self.hasAskedToOpen = true
        let isWebSocket = self.transport == .webSocket
        guard let peer = try Peer(self.stage, loop: self.returns % 2, address: Self.address) else {
            return try self.beKeptOut()
        }
        if isWebSocket { self.socket = peer } else { self.polls = peer }
        try peer.send(ClientRequest.handshake(self.session, overWebSocket: isWebSocket, &self.plain))
    }

    /// Whoever comes first gets in, and stays in.
    private func beKeptOut() throws {
        try expect(self.returns > 0 || self.hasLackedRoom, "the first client is not let in")
        self.isKeptOut = true
        self.finish()
    }

    private func turnPolling() throws -> Bool {
        guard let id = self.session.id, !self.hasLeft else { return false }
        self.lacksRoom = false
        var hasActed = try self.turnUpgrade()
        guard self.transport != .webSocket else { return true }
        if self.transport != .pausing, let polls = try self.idle(&self.polls) {
            try polls.send(ClientRequest.poll(self.session, id, &self.plain))
            hasActed = true
        }
        if !self.outgoing.isEmpty, let posts = try self.idle(&self.posts) {
            // The server takes bodies of a limited size: a few at a time.
            let packets = Array(self.outgoing.prefix(8))
            self.outgoing.removeFirst(packets.count)
            try posts.send(ClientRequest.post(packets, self.session, id, &self.plain))
            hasActed = true
        }
        return hasActed
    }

    /// A connection without a request under way, made anew when the server has closed it.
    private func idle(_ peer: inout Peer?) throws -> Peer? {
        if let peer, peer.isOpen { return peer.isIdle ? peer : nil }
        if let old = peer {
            try expect(old.isIdle, "closed without an answer to a client that waits for it")
            old.channel.finish()
        }
        peer = try Peer(self.stage, loop: 0, address: Self.address)
        if peer == nil { (self.lacksRoom, self.hasLackedRoom) = (true, true) }
        return peer
    }

    private func turnUpgrade() throws -> Bool {
        guard self.transport != .polling, let socket = self.socket else { return false }
        guard socket.isOpen else {
            // Not let in, or too late: it goes on as before.
            socket.channel.finish()
            self.socket = nil
            self.transport = .polling
            self.hasProbed = false
            return true
        }
        if socket.isWebSocket, !self.hasProbed {
            self.hasProbed = true
            socket.sendFrames([ClientPacket([.ping(ByteBuffer(string: "probe"))])], of: self.session)
            return true
        }
        let isQuiet = (self.polls?.isIdle ?? true) && (self.posts?.isIdle ?? true)
        guard self.transport == .pausing, isQuiet else { return false }
        self.transport = .webSocket
        socket.sendFrames([ClientPacket([.upgrade])], of: self.session)
        return true
    }

    private func sendFrames() throws -> Bool {
        try expect(self.hasLeft || self.socket?.isOpen == true, "a client that has done nothing wrong is cut off")
        guard let socket = self.socket, socket.isWebSocket, !self.outgoing.isEmpty, !self.hasLeft else { return false }
        socket.sendFrames(self.outgoing, of: self.session)
        self.outgoing = []
        return true
    }

    // MARK: What arrives

    private func receive(_ packet: InboundPacket) throws {
        switch packet {
        case .ping: self.outgoing.append(ClientPacket([.pong(ByteBuffer())]))
        case .pong:
            try expect(self.transport == .probing, "a pong that nobody has asked for")
            self.transport = .pausing
        case .close where self.hasLackedRoom: try self.beKeptOut()
        case .close where !self.hasLeft:
            throw Finding("the server closes the session of a client that has done nothing wrong")
        default: break
        }
    }

    private func receive(answer response: Response) throws {
        guard response.status != 200 else { return }
        // An upgrade is for those who have the room.
        if self.session.id == nil || self.hasLackedRoom && self.transport != .probing { try self.beKeptOut() }
        try expect(self.isKeptOut || self.transport == .probing, "a plain request is refused: \(response)")
    }

    private func receive(_ packet: DecodedPacket) throws {
        switch packet {
        case .connect(_, let reply): try self.join(try reply?.value["pid"]?.stringValue)
        case .disconnect where self.hasLeft: break
        case .disconnect, .connectError: throw Finding("a client that has done nothing wrong is told to leave")
        case .event(_, let event) where event.name == "number":
            let number = try event.arguments.first?.value.intValue ?? -1
            try expect(
                number == self.expected || self.mayHaveGap && number > self.expected,
                "\(number) for \(self.expected)"
            )
            self.mayHaveGap = false
            self.expected = number + 1
            if self.privateID != nil { self.offset = try event.arguments.last?.value.stringValue }
        default: break
        }
    }

    /// It has been let in, with what it missed or without.
    private func join(_ privateID: String?) throws {
        let isRecovered = self.returns > 0 && privateID != nil && privateID == self.privateID
        if isRecovered {
            self.owed = self.sent
        } else {
            // What was under way when the connection was lost is lost with it.
            self.owed = self.expected
            self.mayHaveGap = self.returns > 0
            self.offset = nil
        }
        self.privateID = privateID
        self.isJoined = true
    }

    // MARK: The end

    /// How long the server may take for what it has been told, when it takes so many events a second and no more.
    var patience: TimeAmount {
        guard let rate = self.configuration.limits.eventsPerSecond?.perSecond else { return .zero }
        return .seconds(Int64((Double(self.told) / rate).rounded(.up)))
    }

    /// Checks that nothing is missing once all has come to rest.
    func expectAll() throws {
        guard !self.isKeptOut, !self.lacksRoom else { return }
        try expect(self.isJoined, "a client that has done nothing wrong was not let in")
        try expect(self.expected >= self.owed, "\(self.owed - self.expected) numbers have not arrived")
        let heard = self.stage.told
        try expect(zip(heard, heard.dropFirst()).allSatisfy { $0 < $1 }, "not told in order: \(heard)")
        let recent = heard.filter { $0 >= self.toldOnThisConnection }
        try expectSame(recent, Array(self.toldOnThisConnection..<self.told), "numbers told")
        try expectSame(self.session.openQuestions(in: Self.namespace), 0, "questions without an answer")
    }

    /// Goes, politely or not.
    func leave(politely: Bool) {
        guard !self.hasLeft else { return }
        if politely, let socket = self.socket, self.transport == .webSocket {
            socket.sendFrames(maskedFrame(WebSocketOpcode.close.rawValue, [0x03, 0xE8]), of: self.session)
        }
        self.hasLeft = true
        if !politely { self.finish() }
    }

    /// Closes its connections, for good.
    func finish() {
        self.hasLeft = true
        self.closeAll()
    }

    private func closeAll() {
        for peer in [self.polls, self.posts, self.socket] { peer?.channel.finish() }
        (self.polls, self.posts, self.socket) = (nil, nil, nil)
    }
}
