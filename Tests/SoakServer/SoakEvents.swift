/// What clients can do: enter rooms, chat with sequence numbers, ask and be asked, be flooded.
import SocketIO

/// The events of the chat.
struct SoakEvents: Sendable {
    /// The longest that a handler of `work` takes, in milliseconds.
    private static let longestWork: Int64 = 10_000

    let faults: SoakFaults
    let living: LivingCount

    /// Adds the handlers.
    func add(to namespace: Namespace) {
        let living = self.living
        namespace.use { socket in socket[LifeKey.self] = Life(counted: living) }
        // Handlers whose client goes away fail: that is counted, and no news.
        namespace.onError { _, _, _ in }
        self.addRooms(to: namespace)
        self.addQuestions(to: namespace)
        self.addFlood(to: namespace)
    }

    /// Rooms, and messages to them: `room, sender, sequence number, …`, which are passed on as they came.
    private func addRooms(to namespace: Namespace) {
        namespace.acknowledge("join") { socket, arguments -> [Value]? in
            socket.join(Room(try arguments.decode(0, as: String.self)))
            return []
        }
        namespace.acknowledge("leave") { socket, arguments -> [Value]? in
            socket.leave(Room(try arguments.decode(0, as: String.self)))
            return []
        }
        let faults = self.faults
        namespace.acknowledge("chat") { socket, arguments -> [Value]? in
            let room = Room(try arguments.decode(0, as: String.self))
            for delivery in faults.deliveries(of: arguments, from: socket) {
                var target = namespace.to(room)
                if delivery.isWithheldFromSender { target = target.except(Room(socket.id)) }
                try target.emit("chat", arguments: delivery.arguments)
            }
            return []
        }
    }

    private func addQuestions(to namespace: Namespace) {
        namespace.acknowledge("ask") { socket, arguments async throws -> [Value]? in
            let answer = try await socket.emitWithAck("question", arguments.map { try $0.value }, timeout: .seconds(5))
            return try answer.map { try $0.value }
        }
        namespace.acknowledge("work") { _, arguments async throws -> [Value]? in
            let milliseconds = min(try arguments.decode(0, as: Int64.self), Self.longestWork)
            // What the client asked for: a handler that is at work when its client goes.
            try await Task.sleep(for: .milliseconds(milliseconds))
            return []
        }
    }

    /// Sends as much as is asked for, at once: what a client that does not read makes the server keep.
    private func addFlood(to namespace: Namespace) {
        let filler = Event<String>("filler")
        namespace.on("flood") { socket, arguments in
            let text = String(repeating: "x", count: min(try arguments.decode(1, as: Int.self), 1 << 20))
            for _ in 0..<min(try arguments.decode(0, as: Int.self), 1000) { try socket.emit(filler, text) }
        }
    }
}

extension Arguments {
    fileprivate func decode<Value: Decodable>(_ position: Int, as type: Value.Type) throws -> Value {
        guard position < self.count else { throw MissingArgument() }
        return try self[position].decode(as: type)
    }
}

private struct MissingArgument: Error {}
