/// Broadcasts: to rooms, volatile ones, and those that ask for acknowledgements.
import SocketIO

/// Events that the server passes on to many sockets.
enum BroadcastFeatures {
    private static let vote = AckEvent<Bool, String>("vote")

    /// Adds the handlers.
    static func add(to registry: some HandlerRegistry) {
        registry.acknowledge("broadcast") { socket, arguments -> [Value]? in
            let sockets = try arguments.decode(0, as: Choice.self).sockets(of: socket)
            try sockets.emit(arguments.decode(1), arguments: arguments.dropFirst(2))
            return []
        }
        registry.acknowledge("flood") { socket, arguments -> [Value]? in
            let sockets = try arguments.decode(0, as: Choice.self).sockets(of: socket)
            let padding = String(repeating: "x", count: try arguments.decode(2))
            try sockets.emit("flood", .int(arguments.decode(1)), .string(padding))
            return []
        }
        self.addVotes(to: registry)
    }

    private static func addVotes(to registry: some HandlerRegistry) {
        // Acknowledged with all that came of it, and with who failed.
        registry.acknowledge("vote") { socket, arguments async throws -> [Value]? in
            let sockets = try arguments.decode(0, as: Choice.self).sockets(of: socket)
            let votes = try await sockets.emitWithAck(self.vote, arguments.decode(1)).collected()
            return [
                .members(votes.bySocket) { .bool($0) }, .members(votes.failures) { .string($0.code.rawValue) },
                .bool(votes.isComplete),
            ]
        }
        // Tells of each answer as it arrives, then acknowledges how many there were.
        registry.acknowledge("vote-one-by-one") { socket, arguments async throws -> [Value]? in
            let sockets = try arguments.decode(0, as: Choice.self).sockets(of: socket)
            let question: Value = try arguments.decode(1)
            var count: Int64 = 0
            for await answer in try sockets.emitWithAck("vote", [question]) {
                count += 1
                let id = Value.string(answer.socket?.rawValue ?? "")
                switch answer.result {
                case .success(let reply): try socket.emit("voted", id, .array(reply.map { try $0.value }))
                case .failure(let error): try socket.emit("failed", id, .string(error.code.rawValue))
                }
            }
            return [.int(count)]
        }
    }
}

extension Value {
    fileprivate static func members<Member>(
        _ members: [SocketID: Member],
        _ value: (Member) -> Value
    ) -> Value {
        .object(Object(members.map { ($0.rawValue, value($1)) }))
    }
}
