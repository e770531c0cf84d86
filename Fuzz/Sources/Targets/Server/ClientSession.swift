/// A session as its client sees it: its id, what was asked, and what was answered.
import NIOCore

@testable import EngineIO
@testable import SocketIO

final class ClientSession {
    /// The id; nothing before the server has given one.
    private(set) var id: String?
    /// The acknowledgement ids that were sent, and are not answered yet, in order, by namespace.
    private var asked: [String: [UInt64]] = [:]
    private var nextID: UInt64 = 1
    private var decoder = SocketIO.PacketDecoder(limits: PacketLimits(maximumAttachments: 1000))
    /// The ids of the server's own questions, by namespace.
    private var questions: [(namespace: String, id: UInt64)] = []
    private let packetsPerPoll: Int
    private var isWild = false
    private let parser: PacketParser
    /// Whether the server lets older clients in.
    let mayBeOld: Bool
    /// How its packets are written, as was asked for when it was opened.
    var wire = WireFormat.revision4
    /// What it offers with each WebSocket; nothing when it knows no compression.
    var offer: String?

    /// Told of everything that arrives; what does not hold is thrown.
    var onPacket: ((InboundPacket) throws -> Void)?
    /// Told of Socket.IO's packets.
    var onMessage: ((DecodedPacket) throws -> Void)?
    /// Told of answers that are neither an open packet nor a payload.
    var onAnswer: ((Response) throws -> Void)?

    init(_ configuration: SocketIOConfiguration) {
        self.packetsPerPoll = configuration.engine.limits.packetsPerPoll
        self.parser = configuration.parser
        self.mayBeOld = configuration.engine.allowsEIO3
    }

    /// An id for the next event to a namespace.
    func ask(in namespace: String) -> UInt64 {
        defer { self.nextID += 1 }
        self.asked[namespace, default: []].append(self.nextID)
        return self.nextID
    }

    /// How many questions have no answer yet.
    func openQuestions(in namespace: String) -> Int { self.asked[namespace]?.count ?? 0 }

    /// One of the server's questions, which is answered once.
    func takeQuestion() -> (namespace: String, id: UInt64)? { self.questions.popLast() }

    // MARK: From the server

    /// Anything may have been sent in this client's name: what is answered is not compared with it.
    func becomeWild() { self.isWild = true }

    func wasAnswered(_ response: Response) throws { try self.onAnswer?(response) }

    func receive(payload: Response) throws {
        // A compressed payload is not looked into, nor is a script.
        guard payload.body.readableBytes > 0, !payload.isScript else { return }
        for packet in try self.packets(of: payload) { try self.receive(packet) }
    }

    private func packets(of payload: Response) throws -> [InboundPacket] {
        var packets: [InboundPacket] = []
        guard self.wire == .revision4 else {
            var decoder = Revision3PayloadDecoder(
                payload.body,
                isBinary: payload.isBinary,
                maximumPackets: self.packetsPerPoll
            )
            while let packet = try decoder.next() { packets.append(packet) }
            return packets
        }
        var decoder = PayloadDecoder(payload.body, maximumPackets: self.packetsPerPoll)
        while let packet = try decoder.next() { packets.append(packet) }
        return packets
    }

    func receive(_ packet: InboundPacket) throws {
        try self.onPacket?(packet)
        switch packet {
        case .text(let text):
            if let packet = try self.decoder.decodeText(text) { try self.receive(packet) }
        case .binary(let bytes) where self.parser == .messagePack:
            try self.receive(try MessagePackPacket.decode(bytes, limits: PacketLimits(maximumAttachments: 1000)))
        case .binary(let bytes):
            if let packet = try self.decoder.decodeBinary(bytes) { try self.receive(packet) }
        case .ping, .pong, .close, .noop: break
        case .upgrade: throw Finding("an upgrade from the server")
        case .open: throw Finding("opened twice")
        }
    }

    /// Takes the answer to the first poll: an open packet, and for older clients whatever else there is.
    func receive(opening answer: Response) throws {
        guard self.wire != .revision4 else { return try self.receive(open: String(buffer: answer.body)) }
        guard answer.body.readableBytes > 0, !answer.isScript else { return }
        let packets = try self.packets(of: answer)
        let parts = String(buffer: answer.body).split(separator: "{")
        guard case .open? = packets.first, parts.count > 1 else { throw Finding("no open packet in \(answer)") }
        try self.receive(open: "0{" + parts[1].prefix { $0 != "}" } + "}")
        for packet in packets.dropFirst() { try self.receive(packet) }
    }

    /// Takes the text of an open packet.
    func receive(open text: String) throws {
        try expect(self.id == nil, "opened twice")
        // A compressed one is not looked into: the client never learns its id.
        guard !text.isEmpty else { return }
        guard let id = try EncodedValue(json: String(text.dropFirst())).value["sid"]?.stringValue else {
            throw Finding("no id in \(text)")
        }
        self.id = id
    }

    private func receive(_ packet: DecodedPacket) throws {
        try self.onMessage?(packet)
        switch packet {
        case .event(let namespace, let event):
            if let id = event.ackID { self.questions.append((namespace, id)) }
        case .ack where self.isWild: break
        case .ack(let namespace, let id, _):
            // Handlers are done one after the other: what was asked first is answered first, or never.
            guard let place = self.asked[namespace]?.firstIndex(of: id) else {
                throw Finding("an answer to nothing, to no more, or out of order: \(id) in \(namespace)")
            }
            self.asked[namespace]?.removeSubrange(...place)
        case .connect, .connectError, .disconnect: break
        case .ignored: throw Finding("a packet that means nothing")
        }
    }
}
