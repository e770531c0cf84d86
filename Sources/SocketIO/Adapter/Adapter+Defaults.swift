/// What an adapter does unless it says otherwise: the work of a server that is alone.

extension Adapter {
    /// The namespace is not needed by default.
    ///
    /// - Parameter namespace: The namespace.
    public func attached(to namespace: Namespace) {}

    /// Events of other servers are not kept here.
    public var recoversConnections: Bool { false }

    /// Counts the rooms of a socket.
    ///
    /// - Parameter socket: The socket.
    /// - Returns: Their number, without its own.
    public func roomCount(of socket: Socket) -> Int { max(0, self.rooms(of: socket).count - 1) }

    /// Counts the selected sockets.
    ///
    /// - Parameter selection: The selection.
    /// - Returns: Their number.
    public func socketCount(in selection: BroadcastSelection) -> Int { self.sockets(in: selection).count }

    /// Sends through the collector to this server's sockets.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - selection: The selection.
    ///   - flags: How it is delivered.
    ///   - collector: Collects the answers.
    public func broadcast(
        _ packet: BroadcastPacket,
        to selection: BroadcastSelection,
        flags: BroadcastFlags,
        collecting collector: AckCollector
    ) {
        collector.send(packet, to: self.sockets(in: selection), flags: flags)
    }

    /// Describes this server's sockets.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - flags: Without effect.
    /// - Returns: The descriptions.
    public func fetchSockets(in selection: BroadcastSelection, flags: BroadcastFlags) async throws -> [RemoteSocket] {
        self.sockets(in: selection).map(RemoteSocket.init)
    }

    /// Makes this server's sockets enter rooms.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - rooms: The rooms to enter.
    ///   - flags: Without effect.
    public func socketsJoin(_ selection: BroadcastSelection, rooms: [Room], flags: BroadcastFlags) {
        for socket in self.sockets(in: selection) { socket.join(rooms) }
    }

    /// Makes this server's sockets leave rooms.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - rooms: The rooms to leave.
    ///   - flags: Without effect.
    public func socketsLeave(_ selection: BroadcastSelection, rooms: [Room], flags: BroadcastFlags) {
        for socket in self.sockets(in: selection) { socket.leave(rooms) }
    }

    /// Makes this server's sockets leave the namespace.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - closingConnection: Whether their whole connections end.
    ///   - flags: Without effect.
    public func disconnectSockets(
        _ selection: BroadcastSelection,
        closingConnection: Bool,
        flags: BroadcastFlags
    ) {
        for socket in self.sockets(in: selection) { socket.disconnect(closingConnection: closingConnection) }
    }

    /// There are no other servers.
    ///
    /// - Parameter event: The event.
    public func serverSideEmit(_ event: ServerSideEvent) {}

    /// There are no other servers, hence no answers.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - timeout: Without effect.
    /// - Returns: No answers, none missing.
    public func serverSideEmitWithAck(_ event: ServerSideEvent, timeout: Duration) async throws -> ServerSideAnswers {
        ServerSideAnswers()
    }

    /// Nothing has to be started by default.
    public func start() async throws {}

    /// Nothing has to be closed by default.
    public func close() async {}
}
