/// What a socket sends to others.
internal import EngineIO

extension Socket {
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

    /// Selects several rooms; the same as `to` with a sequence.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: An operator for the sockets in any of the rooms, each once, without this one.
    public func `in`(_ rooms: some Sequence<Room>) -> BroadcastOperator { self.broadcast.to(rooms) }

    /// Selects everybody in the namespace but a room and this socket.
    ///
    /// - Parameter room: The room to leave out.
    /// - Returns: An operator for the others.
    public func except(_ room: Room) -> BroadcastOperator { self.broadcast.except(room) }

    /// Selects everybody in the namespace but several rooms and this socket.
    ///
    /// - Parameter rooms: The rooms to leave out.
    /// - Returns: An operator for the others.
    public func except(_ rooms: some Sequence<Room>) -> BroadcastOperator { self.broadcast.except(rooms) }

    /// Selects everybody else who is connected to this server.
    public var local: BroadcastOperator { self.broadcast.local }

    /// Selects everybody else in the namespace.
    public var broadcast: BroadcastOperator {
        BroadcastOperator(namespace: self.namespace).except(Room(self.id))
    }

    /// This socket, for events that are dropped when it cannot take them at once.
    public var volatile: VolatileSocket { VolatileSocket(socket: self) }

    /// Sends a packet that an adapter has been given for this socket, among others.
    ///
    /// A socket that has left gets nothing, while it is still in its rooms too.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - isVolatile: Whether it is dropped when the socket cannot take it at once.
    ///   - isCompressible: Whether it may be compressed on its way.
    public func deliver(_ packet: BroadcastPacket, isVolatile: Bool = false, isCompressible: Bool = true) {
        guard packet.hasMessages, !self.hasLeft else { return }
        if self.namespace.handlers.observesOutgoing, !self.admitsOutgoing(packet.event) { return }
        if isVolatile {
            Session.sendVolatile(packet.unit, to: 1, mayCompress: isCompressible) { _ in self.session }
        } else {
            Session.send(packet.unit, to: 1, mayCompress: isCompressible) { _ in self.session }
        }
    }
}

/// A socket to emit to what is worthless when late.
///
/// <!-- example: given socket, position: Event<Int, Int>, x: Int, y: Int -->
/// ```swift
/// try socket.volatile.emit(position, x, y)
/// ```
/// An event is dropped when bytes wait for the socket already, its WebSocket is congested, or it polls and has no request
/// waiting. What was emitted just before, in the same turn of the loop, still waits: as in Node, two volatile events in a
/// row are one event too many.
public struct VolatileSocket: EventTarget {
    /// The socket.
    public let socket: Socket

    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.socket.namespace }

    /// Sends an event to the socket if it can take it now.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        guard !self.socket.hasLeft else { return }
        if self.emitNamespace.handlers.observesOutgoing, !self.socket.admitsOutgoing(event.observed()) { return }
        self.socket.session.sendVolatile(event.packet.finished(type: .event))
    }
}
