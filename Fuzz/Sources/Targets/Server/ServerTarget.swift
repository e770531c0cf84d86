/// The whole server, by any sequence of what clients, networks and clocks do.
import NIOCore

@testable import EngineIO
@testable import SocketIO

extension FuzzTarget {
    /// Steps, each a byte that says which, and bytes that say how.
    static let server = FuzzTarget("server") { input in
        var source = ByteSource(input.bytes)
        try input.bounded(perByte: 4000) {
            let play = try Play(&source)
            do {
                while !source.isAtEnd { try play.step(&source) }
                try play.end()
            } catch {
                play.abandon()
                throw error
            }
        }
    }
}

/// A server and its clients.
private final class Play {
    private static let maximumPeers = 10
    private static let maximumSessions = 8
    /// More steps than that do not go by without the server being given its turn.
    private static let maximumHaste = 30
    /// Each may go over a hundred deadlines: more are not worth their time.
    private static let maximumWaits = 400

    private let stage: Stage
    private let witness: Witness
    private var peers: [Peer] = []
    private var sessions: [ClientSession] = []
    /// Whether what the server has to do waits, so that more arrives at the same time.
    private var isHasty = false
    private var hastySteps = 0
    private var waits = 0

    init(_ source: inout ByteSource) throws {
        self.stage = try Stage(StageConfiguration.make(&source))
        try self.stage.addHandlers()
        self.witness = Witness(self.stage, overWebSocket: source.bool())
        try self.settle()
    }

    // MARK: Steps

    func step(_ source: inout ByteSource) throws {
        switch source.number(below: 25) {
        case 0: try self.connect(&source)
        case 1: try self.open(&source, overWebSocket: false)
        case 2: try self.open(&source, overWebSocket: true)
        case 3, 4: try self.poll(&source)
        case 5, 6: try self.post(&source)
        case 7: try self.upgrade(&source)
        case 8, 9, 10: try self.sendFrames(&source)
        case 11: try self.request(&source) { ClientRequest.other(&$0) }
        case 12: try self.peer(&source)?.sendRest()
        case 13: try self.wait(&source)
        case 14: self.peer(&source)?.channel.closeInput()
        case 15: self.peer(&source)?.channel.cut(isReset: source.bool())
        case 16: self.peer(&source)?.channel.setWritable(source.bool())
        case 17: self.isHasty = source.bool()
        case 18: try self.sendWild(&source)
        case 19, 20: try self.witness.sendNumber()
        case 21: self.witness.tellNumber(asks: source.bool())
        case 22: try self.witness.beginUpgrade()
        case 23: self.witness.loseConnections(isReset: source.bool(), overWebSocket: source.bool())
        default: try self.act(&source)
        }
        self.hastySteps += 1
        if !self.isHasty || self.hastySteps > Self.maximumHaste { try self.settle() }
    }

    /// Lets everybody do what there is to do, until all is at rest.
    private func settle() throws {
        self.hastySteps = 0
        var isBusy = true
        for _ in 0..<1000 where isBusy {
            try self.stage.settle()
            isBusy = try self.witness.turn()
            for peer in self.peers {
                let hasDelivered = peer.channel.deliverWaiting()
                isBusy = try peer.check() || hasDelivered || isBusy
            }
        }
        try expect(!isBusy, "server and clients never come to rest")
        self.peers.removeAll { peer in
            guard !peer.isOpen else { return false }
            peer.channel.finish()
            return true
        }
    }

    private func peer(_ source: inout ByteSource) -> Peer? {
        self.peers.isEmpty ? nil : self.peers[source.number(below: self.peers.count)]
    }

    private func session(_ source: inout ByteSource) -> (ClientSession, id: String)? {
        guard !self.sessions.isEmpty else { return nil }
        let session = self.sessions[source.number(below: self.sessions.count)]
        return session.id.map { (session, $0) }
    }

    private func connect(_ source: inout ByteSource) throws {
        guard self.peers.count < Self.maximumPeers else { return }
        if let peer = try Peer(self.stage, loop: source.number(below: 2)) { self.peers.append(peer) }
    }

    private func request(_ source: inout ByteSource, _ make: (inout ByteSource) throws -> ClientRequest) throws {
        if self.peers.isEmpty { try self.connect(&source) }
        guard let peer = self.peer(&source) else { return }
        let request = try make(&source)
        let part = source.number(below: 8) == 7 ? source.number(below: 256) : nil
        try peer.send(request, part: part)
    }

    private func open(_ source: inout ByteSource, overWebSocket: Bool) throws {
        guard self.sessions.count < Self.maximumSessions else { return }
        let session = ClientSession(self.stage.server.configuration)
        session.offer = self.stage.server.configuration.engine.perMessageDeflate.flatMap { _ in Self.offer(&source) }
        self.sessions.append(session)
        try self.request(&source) { ClientRequest.handshake(session, overWebSocket: overWebSocket, &$0) }
    }

    private static func offer(_ source: inout ByteSource) -> String? {
        source.choice([
            nil, "permessage-deflate", "permessage-deflate; client_max_window_bits=9; server_max_window_bits=9",
            "x, permessage-deflate; server_no_context_takeover; client_no_context_takeover", "permessage-deflate; =",
            "permessage-deflate; server_max_window_bits=8",
        ])
    }

    private func poll(_ source: inout ByteSource) throws {
        guard let (session, id) = self.session(&source) else { return }
        try self.request(&source) { ClientRequest.poll(session, id, &$0) }
    }

    private func post(_ source: inout ByteSource) throws {
        guard let (session, id) = self.session(&source) else { return }
        let packets = self.packets(&source, session)
        try self.request(&source) { ClientRequest.post(packets, session, id, &$0) }
    }

    private func upgrade(_ source: inout ByteSource) throws {
        guard let (session, id) = self.session(&source) else { return }
        try self.request(&source) { ClientRequest.upgrade(session, id, &$0) }
    }

    private func sendFrames(_ source: inout ByteSource) throws {
        guard let peer = self.peer(&source), let session = peer.webSocketSession else { return }
        if source.number(below: 8) == 7 { return peer.sendWildFrame(&source) }
        peer.sendFrames(self.packets(&source, session), of: session)
    }

    private func packets(_ source: inout ByteSource, _ session: ClientSession) -> [ClientPacket] {
        let parser = self.stage.server.configuration.parser
        return (0...source.number(below: 4)).map { _ in ClientPacket(&source, for: session, parser: parser) }
    }

    private func sendWild(_ source: inout ByteSource) throws {
        if self.peers.isEmpty { try self.connect(&source) }
        self.peer(&source)?.sendWild(source.bytes())
    }

    private func wait(_ source: inout ByteSource) throws {
        let times: [TimeAmount] = [
            .milliseconds(1), .milliseconds(100), .seconds(1), .seconds(5), .seconds(10), .seconds(20), .seconds(25),
            .seconds(60),
        ]
        let time = source.choice(times)
        self.waits += 1
        guard self.waits <= Self.maximumWaits else { return }
        try self.stage.advance(by: time) { try self.settle() }
    }

    /// The application does something on its own.
    private func act(_ source: inout ByteSource) throws {
        let namespace = self.stage.server.namespace(source.choice(["/", "/chat", "/game-1"]))
        switch source.number(below: 5) {
        case 0: try namespace.emit("news", .string(String(repeating: "news ", count: source.number(below: 200))))
        case 1: namespace.disconnectSockets(closingConnection: source.bool())
        case 2: namespace.socketsJoin("lobby", "hall")
        case 3: namespace.socketsLeave("lobby")
        default: namespace.sockets.first?.disconnect(closingConnection: source.bool())
        }
    }

    // MARK: The end

    /// All clients go, all time passes, and nothing may be left.
    func end() throws {
        try self.stage.advance(by: .minutes(1) + self.witness.patience) { try self.settle() }
        try self.witness.expectAll()
        for (index, peer) in self.peers.enumerated() where index % 2 == 0 { peer.channel.cut(isReset: index % 4 == 0) }
        self.witness.leave(politely: self.sessions.count % 2 == 0)
        try self.stage.advance(by: .minutes(5)) { try self.settle() }
        try expect(self.peers.allSatisfy { !$0.isOpen }, "a connection that stays open for five minutes")
        self.abandon()
        try self.stage.advance(by: .minutes(5)) { try self.settle() }
        try self.stage.expectNothingLeft()
    }

    /// Closes what is open, whatever becomes of it.
    func abandon() {
        self.witness.finish()
        for peer in self.peers { peer.channel.finish() }
        self.peers = []
        try? self.stage.settle()
    }
}
