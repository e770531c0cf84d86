/// A selection of sockets of a namespace.

/// The rooms that a broadcast reaches and leaves out.
public struct BroadcastSelection: Sendable, Hashable {
    /// The rooms whose sockets are reached, each once.
    public var rooms: [Room] = [] {
        didSet { if !self.rooms.isEmpty { self.reachesRoomsOnly = true } }
    }

    /// Whether only the sockets in ``rooms`` are reached, possibly none, rather than everybody.
    public var reachesRoomsOnly = false

    /// The rooms whose sockets are left out, whatever else they are in.
    public var except: [Room] = []

    /// Selects everybody.
    public init() {}
}

/// Sockets of a namespace to emit to.
///
/// A value: each step makes a new one, and none changes another.
///
/// ```swift
/// try namespace.to("news").in("sports").except("muted").emit(headline, text)
/// ```
public struct BroadcastOperator: EventTarget {
    /// The namespace whose sockets are selected.
    public let namespace: Namespace

    /// What has been selected so far.
    public private(set) var selection = BroadcastSelection()

    init(namespace: Namespace) {
        self.namespace = namespace
    }

    /// Adds a room to those that are reached.
    ///
    /// - Parameter room: The room.
    /// - Returns: The operator with the room.
    public func to(_ room: Room) -> Self {
        var copy = self
        copy.selection.rooms.append(room)
        return copy
    }

    /// Adds rooms to those that are reached.
    ///
    /// No rooms at all reach nobody, rather than everybody.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: The operator with the rooms.
    public func to(_ rooms: some Sequence<Room>) -> Self {
        var copy = self
        copy.selection.rooms.append(contentsOf: rooms)
        copy.selection.reachesRoomsOnly = true
        return copy
    }

    /// Adds a room to those that are reached; the same as ``to(_:)-(Room)``.
    ///
    /// - Parameter room: The room.
    /// - Returns: The operator with the room.
    public func `in`(_ room: Room) -> Self { self.to(room) }

    /// Adds a room to those that are left out.
    ///
    /// - Parameter room: The room.
    /// - Returns: The operator without the room.
    public func except(_ room: Room) -> Self {
        var copy = self
        copy.selection.except.append(room)
        return copy
    }

    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.namespace }

    /// Sends an event to the selected sockets.
    ///
    /// It has been encoded once for all of them.
    ///
    /// Each receiver gets the broadcasts of one sender in their order. Those of different senders, on different event
    /// loops, may reach two receivers in different orders.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        let observed = self.namespace.handlers.observesOutgoing ? event.observed() : nil
        let packet = BroadcastPacket(unit: event.packet.finished(type: .event), observed: observed)
        self.namespace.adapter.broadcast(packet, to: self.selection)
    }
}
