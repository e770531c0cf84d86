/// Rooms, and what is done to many sockets at once.
import SocketIO

/// Events that enter and leave rooms; each is acknowledged with the socket's rooms but its own.
enum RoomFeatures {
    /// Adds the handlers.
    static func add(to registry: some HandlerRegistry) {
        registry.acknowledge("join") { socket, arguments -> [Value]? in
            socket.join(try arguments.rooms())
            return [socket.roomNames]
        }
        registry.acknowledge("leave-rooms") { socket, arguments -> [Value]? in
            socket.leave(try arguments.rooms())
            return [socket.roomNames]
        }
        registry.acknowledge("leave-all-rooms") { socket, _ -> [Value]? in
            socket.leaveAll()
            return [socket.roomNames]
        }
        self.addSelections(to: registry)
    }

    private static func addSelections(to registry: some HandlerRegistry) {
        registry.acknowledge("fetch-sockets") { socket, arguments async throws -> [Value]? in
            let found = try await arguments.decode(0, as: Choice.self).sockets(of: socket).fetchSockets()
            return [.array(try found.map { try $0.description() })]
        }
        registry.acknowledge("sockets-join") { socket, arguments -> [Value]? in
            try arguments.decode(0, as: Choice.self).sockets(of: socket).socketsJoin(arguments.rooms(from: 1))
            return []
        }
        registry.acknowledge("sockets-leave") { socket, arguments -> [Value]? in
            try arguments.decode(0, as: Choice.self).sockets(of: socket).socketsLeave(arguments.rooms(from: 1))
            return []
        }
        registry.acknowledge("disconnect-sockets") { socket, arguments -> [Value]? in
            try arguments.decode(0, as: Choice.self).sockets(of: socket)
                .disconnectSockets(closingConnection: arguments.decode(1))
            return []
        }
    }
}

extension Socket {
    /// The names of the rooms that it is in, but its own.
    var roomNames: Value { .names(of: self.rooms, without: self.id) }
}

extension RemoteSocket {
    fileprivate func description() throws -> Value {
        [
            "id": .string(self.id.rawValue),
            "rooms": .names(of: self.rooms, without: self.id),
            "auth": try self.handshake.auth?.value ?? [:],
        ]
    }
}

extension Value {
    fileprivate static func names(of rooms: Set<Room>, without id: SocketID) -> Value {
        .array(rooms.subtracting([Room(id)]).map(\.rawValue).sorted().map { .string($0) })
    }
}
