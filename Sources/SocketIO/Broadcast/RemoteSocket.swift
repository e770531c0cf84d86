/// A socket of any server, as it was when somebody asked.
internal import Synchronization

/// The description of a socket, which may be connected to another server.
///
/// Its properties are what they were when it was fetched. What is done to it reaches the socket wherever it is, if it is
/// still there.
public struct RemoteSocket: Sendable, Identifiable {
    /// The socket's id.
    public let id: SocketID

    /// The namespace.
    public let namespace: Namespace

    /// The rooms it was in, its own included.
    public let rooms: Set<Room>

    /// What its client sent when it connected and joined.
    public let handshake: Handshake

    private let values: SocketValues

    /// Describes a socket of this server.
    ///
    /// - Parameter socket: The socket.
    public init(_ socket: Socket) {
        self.id = socket.id
        self.namespace = socket.namespace
        self.rooms = socket.rooms
        self.handshake = socket.handshake
        self.values = socket.values.withLock { $0 }
    }

    /// Describes a socket of another server, as an adapter does.
    ///
    /// - Parameters:
    ///   - id: The socket's id.
    ///   - namespace: The namespace.
    ///   - rooms: Its rooms, its own included.
    ///   - handshake: What its client sent.
    public init(id: SocketID, namespace: Namespace, rooms: Set<Room>, handshake: Handshake) {
        self.id = id
        self.namespace = namespace
        self.rooms = rooms
        self.handshake = handshake
        self.values = SocketValues()
    }

    /// A value that the application had kept with the socket; `nil` for sockets of other servers.
    ///
    /// - Parameter key: The value's key.
    public subscript<Key: SocketValueKey>(key: Key.Type) -> Key.Value? { self.values[key] }

    /// Makes the socket enter rooms.
    ///
    /// - Parameter rooms: The rooms.
    public func join(_ rooms: Room...) { self.itself.socketsJoin(rooms) }

    /// Makes the socket leave rooms.
    ///
    /// - Parameter rooms: The rooms.
    public func leave(_ rooms: Room...) { self.itself.socketsLeave(rooms) }

    /// Makes the socket leave the namespace.
    ///
    /// - Parameter closingConnection: Whether the whole connection ends, with all its namespaces.
    public func disconnect(closingConnection: Bool = false) {
        self.itself.disconnectSockets(closingConnection: closingConnection)
    }

    private var itself: BroadcastOperator { self.namespace.to(Room(self.id)) }
}

extension RemoteSocket: EventTarget {
    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.namespace }

    /// Sends an event to the socket.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) { self.itself.emit(encoded: event) }
}
