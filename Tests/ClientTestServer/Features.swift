/// What the server does in each of its namespaces: echoes, questions, endings.
import SocketIO

/// Event handlers that exercise one feature each.
enum Features {
    /// Adds the handlers of all events.
    static func add(to registry: some HandlerRegistry, _ reports: Reports) {
        reports.observe(registry)
        registry.onConnect { socket in
            try socket.emit(Event<EncodedValue>("auth"), socket.handshake.auth ?? EncodedValue(json: "{}"))
        }
        self.addEchoes(to: registry)
        self.addQuestions(to: registry, reports)
        self.addEndings(to: registry)
        RoomFeatures.add(to: registry)
        BroadcastFeatures.add(to: registry)
        EngineFeatures.addHandshake(to: registry)
        ListenerFeatures.add(to: registry)
        RecoveryFeatures.add(to: registry)
    }

    /// Lets in who knows the secret.
    static func admitAdministrators(_ socket: Socket) throws {
        struct Credentials: Decodable { var token: String }
        let credentials = try? socket.handshake.auth(as: Credentials.self)
        guard credentials?.token == "secret" else {
            throw ConnectRefusal("not authorized", data: ["code": 7])
        }
    }

    private static func addEchoes(to registry: some HandlerRegistry) {
        registry.acknowledge("message") { socket, arguments -> [Value]? in
            try socket.emit("message-back", arguments: arguments)
            return nil
        }
        registry.acknowledge("message-with-ack") { _, arguments in arguments }
        registry.acknowledge("never-answered") { _, _ -> [Value]? in nil }
        registry.acknowledge("send") { socket, _ -> [Value]? in
            try socket.send("sent by the server", 2)
            return nil
        }
        registry.acknowledge("emit-as") { socket, arguments -> [Value]? in
            do {
                try socket.emit(arguments.first?.decode(as: String.self) ?? "")
                return ["emitted"]
            } catch let error as SocketIOError {
                return [.string(error.code.rawValue)]
            }
        }
    }

    /// Events that the server answers with a question of its own; what the client acknowledges comes back as `answer`.
    private static func addQuestions(to registry: some HandlerRegistry, _ reports: Reports) {
        registry.acknowledge("ask") { socket, arguments async throws -> [Value]? in
            try await self.ask(socket, arguments, timeout: nil, reports)
            return nil
        }
        registry.acknowledge("ask-timeout") { socket, arguments async throws -> [Value]? in
            try await self.ask(socket, arguments, timeout: .milliseconds(300), reports)
            return nil
        }
    }

    private static func ask(
        _ socket: Socket,
        _ question: Arguments,
        timeout: Duration?,
        _ reports: Reports
    ) async throws {
        let values = try question.map { try $0.value }
        do throws(SocketIOError) {
            let answer = try await socket.emitWithAck("question", values, timeout: timeout)
            try socket.emit("answer", arguments: answer)
        } catch {
            reports.send(Report(kind: "unanswered", event: "question", error: errorText(error)), about: socket)
            guard error.code == .acknowledgementTimeout else { throw error }
            try socket.emit("answer", "timeout")
        }
    }

    private static func addEndings(to registry: some HandlerRegistry) {
        registry.acknowledge("leave") { socket, _ -> [Value]? in
            socket.disconnect()
            return nil
        }
        registry.acknowledge("close") { socket, _ -> [Value]? in
            socket.disconnect(closingConnection: true)
            return nil
        }
        registry.acknowledge("throw") { _, _ -> [Value]? in throw Failure() }
    }
}

/// What the handler of `throw` throws.
struct Failure: Error {}
