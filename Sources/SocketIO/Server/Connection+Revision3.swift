/// What is different for clients of Socket.IO 2, whose protocol runs over revision 3 of Engine.IO.
internal import EngineIO
internal import NIOCore

extension Connection {
    /// Joins the main namespace, for which such a client does not ask.
    func joinMainNamespace(on session: Session) {
        do throws(PacketViolation) {
            try self.join("/", auth: nil, on: session)
        } catch {
            self.reject(error, on: session)
        }
    }

    /// What a CONNECT asks for.
    ///
    /// Such a client appends a query to the name of the namespace, which is its `auth` as in Node.
    func target(of name: String, auth: EncodedValue?, on session: Session) -> (name: String, auth: EncodedValue?) {
        guard session.revision == .three else { return (name, auth) }
        guard let end = name.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (name, nil) }
        let query = HandshakeRequest.query(of: name).map { ($0.name, Value.string($0.value)) }
        let path = end == name.startIndex ? "/" : String(name[..<end])
        return (path, query.isEmpty ? nil : try? EncodedValue(Value.object(Value.Object(query))))
    }

    /// The bounds on what a client sends.
    func packetLimits(of session: Session) -> PacketLimits {
        let environment = self.server.environment
        return session.revision == .three ? environment.revision3PacketLimits : environment.packetLimits
    }
}

extension SocketID {
    /// The id of a socket that is to be made.
    ///
    /// Clients of Socket.IO 2 are not told: they make it of the session's id and the namespace, as everybody does here.
    static func new(in namespace: Namespace, on session: Session) -> Self {
        guard session.revision == .three else { return .random() }
        let id = session.id.description
        return Self(rawValue: namespace.name == "/" ? id : "\(namespace.name)#\(id)")
    }
}

extension Socket {
    /// The id as it may stand in a log: that of a client of Socket.IO 2 is its session's.
    var idForLogs: String { self.session.revision == .three ? self.session.id.redacted : self.id.rawValue }
}

extension ConnectRefusal {
    /// What the client is told.
    ///
    /// Clients of Socket.IO 2 get the details, or else the text alone; as in Node an unknown namespace is told to all
    /// clients in the same form.
    func payload(for revision: ProtocolRevision) -> Value {
        if revision == .three, self.cause != .namespace {
            guard let data = self.data, data.isTruthy else { return .string(self.message) }
            return data
        }
        var object: Value.Object = ["message": .string(self.message)]
        object["data"] = self.data
        return .object(object)
    }
}

extension Value {
    /// Whether JavaScript takes the value for true.
    fileprivate var isTruthy: Bool {
        switch self {
        case .null, .bool(false): false
        case .string(let text): !text.isEmpty
        case .int(let number): number != 0
        case .double(let number): number != 0 && !number.isNaN
        default: true
        }
    }
}
