/// What a socket keeps when its client comes back.
import SocketIO

/// Events that keep a value with the socket and show it.
enum RecoveryFeatures {
    private enum NoteKey: SocketValueKey { typealias Value = EncodedValue }

    /// Adds the handlers.
    static func add(to registry: some HandlerRegistry) {
        registry.acknowledge("remember") { socket, arguments -> [Value]? in
            socket[NoteKey.self] = try arguments.decode(0, as: EncodedValue.self)
            return []
        }
        // Acknowledged with the value, whether the socket is one that has come back, and its rooms.
        registry.acknowledge("recall") { socket, _ -> [Value]? in
            [try socket[NoteKey.self]?.value ?? .null, .bool(socket.isRecovered), socket.roomNames]
        }
    }
}
