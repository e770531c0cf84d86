/// The driver of a client's connection: does what the protocol's core says, and hands packets to the namespaces.
import EngineIO
import NIOCore
import SocketIO

/// Everything of a connection that lives on its event loop.
final class ConnectionCore {
    private let dialer: Dialer
    private let loop: any EventLoop
    private let status: Watched<ConnectionStatus>
    private var engine: EngineClient
    private let packets: ClientPackets
    private var decoder: ServerPacketDecoder
    private var wires: [EngineClient.Line: Wire] = [:]
    /// The connections that are being opened; a line's number changes when it is closed meanwhile.
    private var dials: [EngineClient.Line: Int] = [:]
    private var nextDial = 0
    /// By the bytes of their namespaces' names, since these are what servers tell names apart by.
    private var members: [[UInt8]: Member] = [:]
    private var isReading = true
    private var isPerforming = false

    init(
        _ request: OpeningRequest,
        parser: PacketParser,
        dialer: Dialer,
        loop: any EventLoop,
        status: Watched<ConnectionStatus>
    ) {
        self.packets = ClientPackets(parser: parser)
        self.decoder = ServerPacketDecoder(parser: parser)
        self.dialer = dialer
        self.loop = loop
        self.status = status
        self.engine = EngineClient(request)
    }

    // MARK: What a client does

    func start() {
        self.engine.start()
        self.performActions()
    }

    func join(_ member: Member, auth: Value?) {
        guard self.engine.isOpen else { return member.leave(.transportClose) }
        self.members[Array(member.namespace.utf8)]?.leave(.clientDisconnect)
        self.members[Array(member.namespace.utf8)] = member
        self.send(self.packets.connect(to: member.namespace, auth: auth))
    }

    func leave(_ member: Member) {
        guard self.members[Array(member.namespace.utf8)] === member else { return }
        self.send(self.packets.disconnect(from: member.namespace))
        self.members[Array(member.namespace.utf8)] = nil
        member.leave(.clientDisconnect)
    }

    func send(_ unit: MessageUnit) {
        do {
            self.send(try EnginePacket.packets(of: unit))
        } catch {
            self.fail(error)
        }
    }

    func send(_ packets: [EnginePacket]) {
        self.engine.send(packets)
        self.performActions()
    }

    /// Sends the acknowledgement of an event, from any thread.
    func acknowledger(of id: UInt64, in namespace: String) -> @Sendable ([EncodedValue]) -> Void {
        let (this, loop, packets) = (NIOLoopBound(self, eventLoop: self.loop), self.loop, self.packets)
        return { values in
            loop.execute {
                do {
                    this.value.send(try packets.acknowledgement(of: id, in: namespace, arguments: values))
                } catch {
                    this.value.fail(error)
                }
            }
        }
    }

    func upgrade() {
        self.engine.beginUpgrade()
        self.performActions()
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        for wire in self.wires.values { wire.setReading(isReading) }
        self.engine.setReading(isReading)
        self.performActions()
    }

    func stopAnsweringPings() { self.engine.stopAnsweringPings() }

    func close() {
        self.engine.close()
        self.performActions()
    }

    func drop() {
        self.engine.drop()
        self.performActions()
    }

    /// The server sent what no server may send.
    private func fail(_ error: any Error) {
        self.status.change { $0.violation = TestFailure("\(error)") }
        self.drop()
    }

    // MARK: Actions

    private func performActions() {
        // An action may bring about others, which come after those there are.
        guard !self.isPerforming else { return }
        self.isPerforming = true
        defer { self.isPerforming = false }
        while true {
            let actions = self.engine.takeActions()
            if actions.isEmpty { return }
            for action in actions { self.perform(action) }
        }
    }

    private func perform(_ action: EngineClient.Action) {
        switch action {
        case .open(let line): self.dial(line)
        case .write(let bytes, let line): self.wires[line]?.write(bytes)
        case .close(let line):
            self.dials[line] = nil
            self.wires.removeValue(forKey: line)?.close()
        case .ready(let open): self.opened(open)
        case .text(let text): self.receive { decoder throws in try decoder.decodeText(text) }
        case .binary(let bytes): self.receive { decoder throws in try decoder.decodeBinary(bytes) }
        case .upgraded(let failure):
            self.status.change { status in
                status.upgrade = UpgradeOutcome(failure: failure)
                if failure == nil { status.transport = .webSocket }
            }
        case .rejected(let rejection): self.status.change { $0.phase = .rejected(rejection) }
        case .ended(let reason): self.ended(reason)
        }
    }

    private func opened(_ open: OpenPacket) {
        let transport = self.engine.isOnWebSocket ? TransportName.webSocket : .polling
        self.status.change { status in
            status.phase = .open
            status.sid = open.sid
            status.transport = transport
        }
    }

    private func ended(_ reason: ClientDisconnectReason) {
        let members = self.members.values
        self.members = [:]
        self.status.change { $0.phase = .ended(reason) }
        for member in members { member.leave(reason) }
    }

    // MARK: Connections

    private func dial(_ line: EngineClient.Line) {
        let (number, dialer, loop) = (self.nextDial, self.dialer, self.loop)
        self.nextDial += 1
        self.dials[line] = number
        let this = NIOLoopBound(self, eventLoop: loop)
        Task {
            do {
                let wire = try await dialer.dial(on: loop) { event in this.value.received(event, on: line, number) }
                loop.execute { this.value.dialed(line, number, wire) }
            } catch {
                loop.execute { this.value.dialed(line, number, nil) }
            }
        }
    }

    private func dialed(_ line: EngineClient.Line, _ number: Int, _ wire: Wire?) {
        guard self.dials[line] == number else {
            wire?.close()
            return
        }
        if let wire {
            self.wires[line] = wire
            if !self.isReading { wire.setReading(false) }
            self.engine.opened(line)
        } else {
            self.dials[line] = nil
            self.engine.lost(line)
        }
        self.performActions()
    }

    private func received(_ event: WireEvent, on line: EngineClient.Line, _ number: Int) {
        guard self.dials[line] == number else { return }
        switch event {
        case .bytes(let bytes):
            do {
                try self.engine.received(bytes, on: line)
            } catch {
                return self.fail(error)
            }
        case .ended:
            self.dials[line] = nil
            self.wires[line] = nil
            self.engine.lost(line)
        }
        self.performActions()
    }

    // MARK: Packets

    private func receive(_ decode: (inout ServerPacketDecoder) throws -> ServerPacket?) {
        do {
            if let packet = try decode(&self.decoder) { try self.handle(packet) }
        } catch {
            self.fail(error)
        }
    }

    private func handle(_ packet: ServerPacket) throws {
        switch packet {
        case .connected(let namespace, let payload):
            let value = try payload.value
            guard let sid = value["sid"]?.stringValue else {
                throw TestFailure("the server answered CONNECT with \(payload)")
            }
            self.members[Array(namespace.utf8)]?.joined(SocketID(rawValue: sid), recoveryID: value["pid"]?.stringValue)
        case .refused(let namespace, let payload):
            let value = try payload.value
            let refusal = ConnectRefusal(value["message"]?.stringValue ?? "\(payload)", data: value["data"])
            self.members.removeValue(forKey: Array(namespace.utf8))?.refused(refusal)
        case .disconnected(let namespace):
            self.members.removeValue(forKey: Array(namespace.utf8))?.leave(.serverDisconnect)
        case .event(let namespace, let event, let id):
            self.members[Array(namespace.utf8)]?.receive(event, id: id, on: self)
        case .acknowledgement(let namespace, let id, let arguments):
            self.members[Array(namespace.utf8)]?.acknowledged(id, arguments)
        }
    }
}

@available(*, unavailable)
extension ConnectionCore: Sendable {}
