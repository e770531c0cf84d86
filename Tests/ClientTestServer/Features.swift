/// What the server does in each of its namespaces.
import SocketIO

/// Event handlers that exercise one feature each.
enum Features {
    /// Adds the handlers of all events.
    static func add(to namespace: Namespace) {
        namespace.onConnect { socket in
            try socket.emit(Event<EncodedValue>("auth"), socket.handshake.auth ?? EncodedValue(json: "{}"))
        }
        self.addEchoes(to: namespace)
        self.addQuestions(to: namespace)
        self.addEndings(to: namespace)
    }

    /// Lets in who knows the secret.
    static func admitAdministrators(_ socket: Socket) throws {
        struct Credentials: Decodable { var token: String }
        let credentials = try? socket.handshake.auth(as: Credentials.self)
        guard credentials?.token == "secret" else {
            throw ConnectRefusal("not authorized", data: ["code": 7])
        }
    }

    private static func addEchoes(to namespace: Namespace) {
        namespace.acknowledge("message") { socket, arguments -> [Value]? in
            try socket.emit("message-back", arguments: arguments)
            return nil
        }
        namespace.acknowledge("message-with-ack") { _, arguments in arguments }
    }

    /// Events that the server answers with a question of its own; what the client acknowledges comes back as `answer`.
    private static func addQuestions(to namespace: Namespace) {
        namespace.acknowledge("ask") { socket, arguments async throws -> [Value]? in
            let answer = try await socket.emitWithAck("question", arguments.map { try $0.value })
            try socket.emit("answer", arguments: answer)
            return nil
        }
        namespace.acknowledge("ask-timeout") { socket, arguments async throws -> [Value]? in
            let question = try arguments.map { try $0.value }
            do {
                let answer = try await socket.emitWithAck("question", question, timeout: .milliseconds(300))
                try socket.emit("answer", arguments: answer)
            } catch let error as SocketIOError where error.code == .acknowledgementTimeout {
                try socket.emit("answer", "timeout")
            }
            return nil
        }
    }

    private static func addEndings(to namespace: Namespace) {
        namespace.acknowledge("leave") { socket, _ -> [Value]? in
            socket.disconnect()
            return nil
        }
        namespace.acknowledge("close") { socket, _ -> [Value]? in
            socket.disconnect(closingConnection: true)
            return nil
        }
        namespace.acknowledge("throw") { _, _ -> [Value]? in throw Failure() }
    }
}

/// What the handler of `throw` throws.
struct Failure: Error {}
