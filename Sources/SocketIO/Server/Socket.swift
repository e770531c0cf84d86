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
    /// That of a client of Socket.IO 2 is made of the session's id: it is a credential then, and not to be told to others.
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
    /// What the socket needs to come back; absent unless its namespace keeps it.
    let recovery: SocketRecovery?
    let state: Mutex<SocketState>
    /// Whether the socket is gone, to be read without the lock before each emit.
    let leftFlag = Atomic(false)
    let values: Mutex<SocketValues>

    init(
        namespace: Namespace,
        handshake: Handshake,
        session: Session,
        connection: Connection,
        joinNumber: Int = 0,
        recovery: SocketRecovery? = nil
    ) {
        let former = recovery?.recovered?.socket
        self.id = former?.id ?? .new(in: namespace, on: session)
        self.recovery = recovery
        self.values = Mutex(former?.values ?? SocketValues())
        self.state = Mutex(SocketState(earlyRooms: former?.rooms ?? []))
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

extension Socket: EventTarget {
    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.namespace }

    /// Sends an event to this socket.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        if let store = self.namespace.recovery, let recovery { return self.emit(event, through: store, recovery) }
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
    var acks: [UInt64: any AckReceiver] = [:]
    /// The rooms entered before the adapter knows the socket; `nil` from then on.
    var earlyRooms: Set<Room>?
    /// Those who wait for room in the session's outbox; absent when nobody does.
    var sends: [ObjectIdentifier: SendTurn]?
    /// The handlers registered with `once` that have run; absent for most sockets.
    var spent: Set<ObjectIdentifier>?

    init(earlyRooms: Set<Room> = []) {
        self.earlyRooms = earlyRooms
    }
}
