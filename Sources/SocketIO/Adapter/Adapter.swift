/// What keeps the rooms of a namespace and delivers broadcasts.

/// Keeps the rooms of one namespace and delivers its broadcasts.
///
/// The methods are synchronous so that emitting and joining keep their order without `await`: an adapter that talks to
/// other servers delivers locally, or queues, and returns. Only what waits for other servers is asynchronous. They may be
/// called from any thread.
///
/// An adapter for one server has to keep rooms and to deliver; all else has a default for a server that is alone. One
/// that hears of a broadcast of another server delivers it with ``Socket/deliver(_:isVolatile:isCompressible:)`` to
/// each of ``sockets(in:)``, or has an ``InMemoryAdapter`` do so, which is faster: either way it passes the outgoing
/// interceptors and listeners of this server.
public protocol Adapter: AnyObject, Sendable {
    /// The namespace has been made.
    ///
    /// What comes from other servers is handed to it. It owns the adapter: keep it weakly.
    ///
    /// - Parameter namespace: The namespace.
    func attached(to namespace: Namespace)

    // MARK: Rooms

    /// A socket has joined the namespace.
    ///
    /// - Parameter socket: The socket.
    func add(_ socket: Socket)

    /// A socket has left the namespace, and with it all its rooms. It may not have been added.
    ///
    /// - Parameter socket: The socket.
    func remove(_ socket: Socket)

    /// A socket enters rooms. Ignored unless it has been added and not removed.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - rooms: The rooms.
    func join(_ socket: Socket, rooms: [Room])

    /// A socket leaves rooms. Its own it cannot leave.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - rooms: The rooms.
    func leave(_ socket: Socket, rooms: [Room])

    /// The rooms a socket is in, its own included.
    ///
    /// - Parameter socket: The socket.
    func rooms(of socket: Socket) -> Set<Room>

    /// The number of rooms a socket has joined, its own left out.
    ///
    /// Asked each time a socket enters rooms; by default ``rooms(of:)`` is counted.
    ///
    /// - Parameter socket: The socket.
    func roomCount(of socket: Socket) -> Int

    /// The rooms of this server that sockets have joined; their own are left out.
    var rooms: Set<Room> { get }

    /// The socket of this server with an id.
    ///
    /// - Parameter id: The id.
    func socket(withID id: SocketID) -> Socket?

    /// The sockets of this server in a selection, each once.
    ///
    /// - Parameter selection: The selection.
    func sockets(in selection: BroadcastSelection) -> [Socket]

    /// The number of sockets of this server in a selection.
    ///
    /// - Parameter selection: The selection.
    func socketCount(in selection: BroadcastSelection) -> Int

    /// Has an observer told of what happens to the rooms of this server, in order and without a lock held.
    ///
    /// - Parameter observer: Called with each event.
    func observeRooms(_ observer: @escaping @Sendable (RoomEvent) -> Void)

    // MARK: Delivering

    /// Whether every event of the namespace passes this server, so that it can keep what clients miss.
    ///
    /// See ``ConnectionStateRecovery``, which has no effect without. Default: `false`.
    var recoversConnections: Bool { get }

    /// Sends a packet to a selection of sockets, on all servers.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - selection: The selection.
    ///   - flags: How it is delivered.
    func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection, flags: BroadcastFlags)

    /// Sends a packet that asks for acknowledgements to a selection of sockets, on all servers.
    ///
    /// The collector sends to this server's sockets and knows their answers. Other servers are announced to it first, with
    /// ``AckCollector/expectServers(_:)``; then how many receivers they have, and each answer.
    ///
    /// - Parameters:
    ///   - packet: The packet; it has an acknowledgement id, the same for all receivers of this server.
    ///   - selection: The selection.
    ///   - flags: How it is delivered. The collector keeps the time itself.
    ///   - collector: Collects the answers.
    func broadcast(
        _ packet: BroadcastPacket,
        to selection: BroadcastSelection,
        flags: BroadcastFlags,
        collecting collector: AckCollector
    )

    // MARK: Selections of sockets

    /// Describes the sockets of a selection, on all servers.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - flags: Whether only this server is asked, and how long others are waited for.
    /// - Throws: What keeps other servers from answering.
    func fetchSockets(in selection: BroadcastSelection, flags: BroadcastFlags) async throws -> [RemoteSocket]

    /// Makes the sockets of a selection enter rooms, on all servers.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - rooms: The rooms to enter.
    ///   - flags: Whether only this server's sockets are meant.
    func socketsJoin(_ selection: BroadcastSelection, rooms: [Room], flags: BroadcastFlags)

    /// Makes the sockets of a selection leave rooms, on all servers.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - rooms: The rooms to leave.
    ///   - flags: Whether only this server's sockets are meant.
    func socketsLeave(_ selection: BroadcastSelection, rooms: [Room], flags: BroadcastFlags)

    /// Makes the sockets of a selection leave the namespace, on all servers.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - closingConnection: Whether their whole connections end.
    ///   - flags: Whether only this server's sockets are meant.
    func disconnectSockets(_ selection: BroadcastSelection, closingConnection: Bool, flags: BroadcastFlags)

    // MARK: Other servers

    /// Sends an event to the other servers; there it goes to ``Namespace/receive(_:)``.
    ///
    /// - Parameter event: The event.
    func serverSideEmit(_ event: ServerSideEvent)

    /// Sends an event to the other servers and collects their acknowledgements.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - timeout: How long to wait.
    /// - Returns: The answers, and how many servers gave none in time.
    /// - Throws: What keeps the adapter from reaching them at all.
    func serverSideEmitWithAck(_ event: ServerSideEvent, timeout: Duration) async throws -> ServerSideAnswers

    // MARK: Life

    /// The server starts, or the namespace has been made while it runs: time to connect to others.
    ///
    /// Called again only after ``close()``, when the server could not start and tries once more. The clients of a namespace
    /// made late do not wait for it.
    ///
    /// - Throws: What keeps the adapter from working; the server does not start then. Nor is the adapter closed.
    func start() async throws

    /// The server has shut down, or the namespace has been removed.
    ///
    /// Called only after ``start()`` has returned, once.
    func close() async
}
