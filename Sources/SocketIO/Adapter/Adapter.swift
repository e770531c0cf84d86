/// What keeps the rooms of a namespace and delivers broadcasts.
public import EngineIO

/// A packet on its way to many sockets, encoded once.
public struct BroadcastPacket: Sendable {
    /// The packet's messages, as every receiver gets them.
    public let unit: MessageUnit

    /// The event, when there is anything that looks at what is sent.
    let observed: AnyEvent?

    init(unit: MessageUnit, observed: AnyEvent? = nil) {
        self.unit = unit
        self.observed = observed
    }
}

/// Keeps the rooms of one namespace and delivers its broadcasts.
///
/// The methods are synchronous so that emitting and joining keep their order without `await`: an adapter that talks to
/// other servers delivers locally, or queues, and returns. They may be called from any thread.
public protocol Adapter: AnyObject, Sendable {
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

    /// A socket leaves a room.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - room: The room.
    func leave(_ socket: Socket, room: Room)

    /// The rooms a socket is in, its own included.
    ///
    /// - Parameter socket: The socket.
    func rooms(of socket: Socket) -> Set<Room>

    /// The sockets of this server in a selection, each once.
    ///
    /// - Parameter selection: The selection.
    func sockets(in selection: BroadcastSelection) -> [Socket]

    /// Sends a packet to a selection of sockets, on all servers.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - selection: The selection.
    func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection)

    /// The server starts: time to connect to others.
    ///
    /// - Throws: What keeps the adapter from working; the server does not start then.
    func start() async throws

    /// The server has shut down.
    func close() async
}

extension Adapter {
    /// Nothing has to be started by default.
    public func start() async throws {}

    /// Nothing has to be closed by default.
    public func close() async {}
}
