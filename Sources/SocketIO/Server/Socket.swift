/// One client in one namespace.
internal import EngineIO
internal import NIOCore
internal import Synchronization

/// One client's membership in one namespace: what handlers are given.
///
/// All methods may be called from any thread. Emitting and joining are synchronous: two emits in a row keep their order
/// without `await`. A socket whose client has gone ignores what is sent to it.
public final class Socket: Sendable {
    /// The socket's id, unrelated to the session's.
    ///
    /// It is also the name of the room that holds this socket alone.
    public let id: SocketID

    /// The namespace.
    public let namespace: Namespace

    /// What the client sent when it connected and joined.
    public let handshake: Handshake

    let session: Session
    let connection: Connection
    /// Counts the sockets of the connection in the order in which the client joined.
    let joinNumber: Int
    let handlers: HandlerTable
    let state = Mutex(SocketState())
    /// Whether the socket is gone, to be read without the lock before each emit.
    let leftFlag = Atomic(false)
    private let values = Mutex(SocketValues())

    init(
        namespace: Namespace,
        handshake: Handshake,
        session: Session,
        connection: Connection,
        joinNumber: Int = 0
    ) {
        self.id = .random()
        self.namespace = namespace
        self.handshake = handshake
        self.session = session
        self.connection = connection
        self.joinNumber = joinNumber
        self.handlers = namespace.handlers.table()
    }

    /// Whether the socket is connected: after it has joined the namespace, before it leaves.
    public var isConnected: Bool { self.state.withLock { $0.phase == .connected } }

    /// Whether the socket is gone.
    ///
    /// Its session may live on, and its client may join again as another socket, which must not get what is meant for
    /// this one.
    var hasLeft: Bool { self.leftFlag.load(ordering: .acquiring) }

    /// A value that the application keeps with the socket, by its key.
    ///
    /// - Parameter key: The value's key.
    public subscript<Key: SocketValueKey>(key: Key.Type) -> Key.Value? {
        get { self.values.withLock { $0[key] } }
        set { self.values.withLock { $0[key] = newValue } }
    }

    // MARK: Rooms

    /// Enters rooms.
    ///
    /// The room exists from its first socket on.
    ///
    /// A middleware may do so as well: the socket is in the rooms once it is let in.
    ///
    /// - Parameter rooms: The rooms.
    public func join(_ rooms: Room...) {
        self.join(rooms)
    }

    /// Enters rooms; the same as ``join(_:)-(Room...)``.
    ///
    /// - Parameter rooms: The rooms.
    public func join(_ rooms: some Sequence<Room>) {
        let rooms = Array(rooms)
        guard self.state.withLock({ $0.earlyRooms?.formUnion(rooms) }) == nil else { return }
        self.namespace.adapter.join(self, rooms: rooms)
    }

    /// Leaves a room.
    ///
    /// It ceases to exist with its last socket.
    ///
    /// - Parameter room: The room.
    public func leave(_ room: Room) {
        _ = self.state.withLock { $0.earlyRooms?.remove(room) }
        self.namespace.adapter.leave(self, room: room)
    }

    /// The rooms the socket is in, its own included.
    public var rooms: Set<Room> { self.state.withLock(\.earlyRooms) ?? self.namespace.adapter.rooms(of: self) }

    // MARK: Broadcasting

    /// Selects a room; this socket is left out.
    ///
    /// - Parameter room: The room.
    /// - Returns: An operator for the sockets in the room, without this one.
    public func to(_ room: Room) -> BroadcastOperator { self.broadcast.to(room) }

    /// Selects several rooms; this socket is left out.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: An operator for the sockets in any of the rooms, each once, without this one.
    public func to(_ rooms: some Sequence<Room>) -> BroadcastOperator { self.broadcast.to(rooms) }

    /// Selects a room; the same as ``to(_:)-(Room)``.
    ///
    /// - Parameter room: The room.
    /// - Returns: An operator for the sockets in the room, without this one.
    public func `in`(_ room: Room) -> BroadcastOperator { self.broadcast.to(room) }

    /// Selects everybody in the namespace but a room and this socket.
    ///
    /// - Parameter room: The room to leave out.
    /// - Returns: An operator for the others.
    public func except(_ room: Room) -> BroadcastOperator { self.broadcast.except(room) }

    /// Selects everybody else in the namespace.
    public var broadcast: BroadcastOperator {
        BroadcastOperator(namespace: self.namespace).except(Room(self.id))
    }

    // MARK: Leaving

    /// Makes the socket leave the namespace.
    ///
    /// - Parameter closingConnection: Whether the whole connection ends, with all its namespaces.
    public func disconnect(closingConnection: Bool = false) {
        if closingConnection {
            self.connection.disconnectAll(on: self.session)
        } else {
            self.connection.disconnect(self)
        }
    }
}

extension Socket {
    /// Sends a packet that an adapter has been given for this socket, among others.
    ///
    /// - Parameter packet: The packet.
    public func deliver(_ packet: BroadcastPacket) {
        if let event = packet.observed, !self.admitsOutgoing(event) { return }
        self.session.send(packet.unit)
    }
}

extension Socket: EventTarget {
    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.namespace }

    /// Sends an event to this socket.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        guard !self.hasLeft else { return }
        if self.namespace.handlers.observesOutgoing, !self.admitsOutgoing(event.observed()) { return }
        self.session.send(event.packet.finished(type: .event))
    }
}

extension Socket: CustomStringConvertible {
    /// The namespace and the id.
    public var description: String { "\(self.namespace.name)#\(self.id)" }
}

/// What a socket keeps behind its lock.
struct SocketState: Sendable {
    enum Phase {
        /// The middlewares have not decided yet. Events that arrive wait in the inbox.
        case connecting
        case connected
        case disconnected
    }

    var phase = Phase.connecting
    var inbox = Inbox()
    var acks: [UInt64: PendingAck] = [:]
    /// The rooms entered before the adapter knows the socket; `nil` from then on.
    var earlyRooms: Set<Room>? = []
    /// The handlers registered with `once` that have run; absent for most sockets.
    var spent: Set<ObjectIdentifier>?
}
