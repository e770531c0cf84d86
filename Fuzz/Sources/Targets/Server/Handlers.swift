/// The application of the server under test: namespaces and handlers of every kind.

@testable import SocketIO

private struct Move: Codable, Sendable {
    var from: Int
    var to: [Int]
    var comment: String?
}

private enum CountKey: SocketValueKey { typealias Value = Int }

extension Stage {
    /// The namespaces that clients may try; not all of them exist.
    static let namespaces = [
        "/", "/chat", "/checked", "/game-1", "/game-2", "/game-3", "/odd/1", "/odd/22", "/none", "/slow",
    ]

    /// The events that clients may send, all of them answered in order.
    static let events = [
        "echo", "typed", "yield", "ask", "join", "leave", "say", "kick", "leave all", "throw", "quiet", "ask all",
        "none",
        "message", "move all",
    ]

    func addHandlers() throws {
        for name in ["/", "/chat"] { Self.addHandlers(to: self.server.namespace(name)) }
        let checked = self.server.namespace("/checked")
        checked.use { socket async throws in
            await pause()
            guard (try? socket.handshake.auth?.value["token"]?.intValue) != 1 else {
                throw ConnectRefusal("no", data: [1])
            }
        }
        Self.addHandlers(to: checked)
        Self.addHandlers(to: try self.server.namespaces(matching: "/game-{id}"))
        let odd = self.server.namespaces { name, _ in name.hasPrefix("/odd") && name.utf8.count % 2 == 0 }
        Self.addHandlers(to: odd)
        let slow = self.server.namespaces { name, _ async throws -> Bool in
            await pause()
            guard name != "/none" else { throw Finding("a predicate that throws") }
            return name == "/slow"
        }
        Self.addHandlers(to: slow)
        self.addWatch()
    }

    /// Where the client is that does everything right; see ``Witness``.
    private func addWatch() {
        let watch = self.server.namespace(Witness.namespace)
        let told = self.toldNumbers
        watch.acknowledge("tell") { _, arguments async in
            await pause()
            told.append((try? arguments.first?.value.intValue) ?? -1)
            return arguments
        }
    }

    private static func addHandlers(to registry: some HandlerRegistry) {
        registry.onConnect { socket in socket.join("lobby") }
        registry.onDisconnect { socket, _ async in
            await pause()
            try? socket.broadcast.emit("left", .string(socket.id.rawValue))
        }
        registry.onError { _, _, _ in }
        registry.onAny { socket, _ in socket[CountKey.self] = (socket[CountKey.self] ?? 0) + 1 }
        registry.acknowledge("echo") { _, arguments in arguments }
        registry.on(Event<Move>("typed").replying(with: Move.self)) { _, move in move }
        registry.on(Event<Move>("move all").replying(with: Int.self)) { socket, move async in
            await pause()
            try? socket.namespace.emit(Event<Move>("moved"), move)
            return move.to.count
        }
        registry.acknowledge("yield") { _, arguments async in
            for _ in 0..<3 { await pause() }
            return arguments
        }
        registry.acknowledge("throw") { _, _ throws -> Arguments in throw Finding("a handler that throws") }
        registry.onMessage { socket, arguments in try socket.send(arguments.count) }
        registry.on("quiet") { _, _ in }
        registry.on("concurrent", order: .concurrent) { socket, arguments async in
            await pause()
            try? socket.emit("done", arguments: Array(arguments))
        }
        self.addRooms(to: registry)
        self.addQuestions(to: registry)
    }

    private static func addRooms(to registry: some HandlerRegistry) {
        registry.on("join") { socket, arguments in socket.join(Room(arguments.first?.json ?? "")) }
        registry.on("leave") { socket, arguments in socket.leave(Room(arguments.first?.json ?? "")) }
        registry.on("say") { socket, arguments in
            try socket.to("lobby").emit("said", arguments: Array(arguments))
            try socket.namespace.volatile.emit("heard", .int(Int64(arguments.count)))
        }
        registry.on("kick") { socket, _ in socket.disconnect() }
        registry.on("leave all") { socket, _ in socket.disconnect(closingConnection: true) }
    }

    private static func addQuestions(to registry: some HandlerRegistry) {
        registry.acknowledge("ask") { socket, _ async -> Arguments in
            let answer = try? await socket.emitWithAck("question", timeout: .seconds(5))
            return answer ?? Arguments()
        }
        registry.on("ask all") { socket, _ async in
            _ = try? await socket.namespace.timeout(.seconds(3)).emitWithAck("question").collected()
        }
    }
}
