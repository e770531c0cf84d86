/// Namespaces that come into being when clients ask for them.
import EngineIO
import SocketIO
import Synchronization

/// Dynamic namespaces, by pattern and by predicate.
enum DynamicFeatures {
    private static let room = NamespaceParameter<Int>("room")
    private static let welcome = Event<String, Int>("welcome")
    private static let created = Atomic(0)

    /// Adds the namespaces.
    static func addNamespaces(to server: SocketIOServer, _ reports: Reports) throws {
        try self.addRooms(to: server, reports)
        Features.add(to: try server.namespaces(matching: "/own/{name}"), reports)
        Features.add(to: server.namespaces(matching: self.isOpenSynchronously), reports)
        Features.add(to: server.namespaces(matching: self.isOpenAsynchronously), reports)
        server.onNamespaceCreated { namespace in
            let number = self.created.wrappingAdd(1, ordering: .relaxed).newValue
            namespace.onConnect { socket in try socket.emit("created", .int(Int64(number))) }
            if namespace.parameters["name"] != nil { ListenerFeatures.addRemovable(to: namespace, reports) }
        }
    }

    /// By pattern, with a typed parameter, a middleware that all children inherit, and an event for all children.
    private static func addRooms(to server: SocketIOServer, _ reports: Reports) throws {
        let rooms = try server.namespaces(matching: "/org/{org}/room/\(self.room)")
        Features.add(to: rooms, reports)
        rooms.use { socket in
            guard socket.namespace.parameters["org"] != "closed" else {
                throw ConnectRefusal("not yours", data: ["room": .int(Int64(try socket.value(of: self.room)))])
            }
        }
        rooms.onConnect { socket in
            let org = socket.namespace.parameters["org"] ?? ""
            try socket.emit(self.welcome, org, socket.value(of: self.room))
        }
        // The parent keeps its handlers: one that kept the parent would never be released.
        rooms.acknowledge("announce") { [weak rooms] _, arguments -> [Value]? in
            try rooms?.emit("news", arguments.decode(0))
            return []
        }
    }

    /// By predicate: `/user-NAME` is for a client whose auth has this name.
    @Sendable
    private static func isOpenSynchronously(_ name: String, _ handshake: Handshake) throws -> Bool {
        try self.isOpen(name, handshake, prefix: "/user-")
    }

    /// By a predicate that takes its time: `/guest-NAME`.
    @Sendable
    private static func isOpenAsynchronously(_ name: String, _ handshake: Handshake) async throws -> Bool {
        await Task.yield()
        return try self.isOpen(name, handshake, prefix: "/guest-")
    }

    private static func isOpen(_ name: String, _ handshake: Handshake, prefix: String) throws -> Bool {
        struct Credentials: Decodable { var name: String }
        guard name.hasPrefix(prefix) else { return false }
        let credentials = try? handshake.auth(as: Credentials.self)
        if credentials?.name == "banned" { throw ConnectRefusal("banned", data: ["until": "tomorrow"]) }
        return credentials?.name == String(name.dropFirst(prefix.count))
    }
}
