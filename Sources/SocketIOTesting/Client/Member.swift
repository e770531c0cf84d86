/// What a client knows about its place in one namespace.
import NIOCore
import SocketIO

/// The state of one client in one namespace, which tests wait for.
struct MemberState: Sendable {
    enum Phase: Sendable {
        case joining
        case joined(SocketID)
        case refused(ConnectRefusal)
        case left(ClientDisconnectReason)
    }

    /// Answers an event of the server; `nil` leaves it to the test.
    typealias Answer = @Sendable (Arguments) throws -> EncodedArguments

    var phase = Phase.joining
    /// The socket's id, once there is one.
    var id: SocketID?
    /// What the server knows the client by when it comes back, where the server recovers connections.
    var recoveryID: String?
    /// The offset of the last event that has come.
    var offset: String?
    /// The events that no test has taken.
    var events: [ReceivedEvent] = []
    var answers: [String: Answer] = [:]
    /// The server's acknowledgements that no test has taken.
    var acknowledgements: [UInt64: Arguments] = [:]
    var nextID: UInt64 = 0
    /// What went wrong while an answer was made.
    var answerFailure: TestFailure?

    var isJoined: Bool {
        if case .joined = self.phase { true } else { false }
    }

    /// What there is instead of what was awaited.
    var summary: String {
        let place =
            switch self.phase {
            case .joining: "the server has not answered the client's CONNECT"
            case .joined: "the client is connected"
            case .refused(let refusal): "the server refused the client: \(refusal.message)"
            case .left(let reason): "the client has been disconnected: \(reason)"
            }
        guard !self.events.isEmpty else { return "\(place), and no other event waits" }
        let events = self.events.prefix(10).map(\.description).joined(separator: ", ")
        let more = self.events.count > 10 ? " and \(self.events.count - 10) more" : ""
        return "\(place); what came instead: \(events)\(more)"
    }
}

/// Arguments that are encoded already, so that one type does for all answers.
struct EncodedArguments: Sendable {
    var values: [EncodedValue]
}

/// One client in one namespace, as its connection knows it.
final class Member: Sendable {
    let namespace: String
    let state: Watched<MemberState>

    init(namespace: String, recovering lost: MemberState? = nil) {
        self.namespace = namespace
        var state = MemberState()
        // Events that the server has kept come before its answer.
        state.recoveryID = lost?.recoveryID
        state.offset = lost?.offset
        self.state = Watched(state)
    }

    /// What the client says of itself when it joins.
    func auth(_ auth: Value?) -> Value? {
        let state = self.state.current
        guard let recoveryID = state.recoveryID else { return auth }
        var members = auth?.objectValue.map { Array($0) } ?? []
        members.append(("pid", .string(recoveryID)))
        if let offset = state.offset { members.append(("offset", .string(offset))) }
        return .object(Value.Object(members))
    }

    /// It is over, unless it was before.
    func leave(_ reason: ClientDisconnectReason) {
        self.state.change { state in
            switch state.phase {
            case .joining, .joined: state.phase = .left(reason)
            case .refused, .left: break
            }
        }
    }
}

// MARK: - What the server sends

extension Member {
    /// The server has let the client in.
    func joined(_ id: SocketID, recoveryID: String?) {
        self.state.change { state in
            guard case .joining = state.phase else { return }
            state.phase = .joined(id)
            state.id = id
            state.recoveryID = recoveryID
        }
    }

    /// The server has refused the client.
    func refused(_ refusal: ConnectRefusal) {
        self.state.change { state in
            guard case .joining = state.phase else { return }
            state.phase = .refused(refusal)
        }
    }

    /// An event has come: it is answered at once, or kept for the test.
    func receive(_ event: AnyEvent, id: UInt64?, on core: ConnectionCore) {
        let arguments = self.withoutOffset(event.arguments, wantsAcknowledgement: id != nil)
        guard let id, let answer = self.state.current.answers[event.name] else {
            let acknowledge = id.map { id in core.acknowledger(of: id, in: self.namespace) }
            let received = ReceivedEvent(name: event.name, arguments: arguments, acknowledge: acknowledge)
            self.state.change { $0.events.append(received) }
            return
        }
        do {
            core.acknowledger(of: id, in: self.namespace)(try answer(arguments).values)
        } catch {
            self.state.change { $0.answerFailure = TestFailure("the answer to \"\(event.name)\" failed: \(error)") }
        }
    }

    /// Takes the offset off that a server adds which recovers connections.
    private func withoutOffset(_ arguments: Arguments, wantsAcknowledgement: Bool) -> Arguments {
        guard !wantsAcknowledgement, self.state.current.recoveryID != nil,
            let offset = try? arguments.last?.decode(as: String.self)
        else { return arguments }
        self.state.change { $0.offset = offset }
        return arguments.withoutLast()
    }

    /// An acknowledgement has come.
    func acknowledged(_ id: UInt64, _ arguments: Arguments) {
        self.state.change { $0.acknowledgements[id] = arguments }
    }
}
