/// What many sockets can be selected from, and the steps that select.

/// Many sockets: a namespace, a server's main namespace, or a selection.
///
/// Each step makes a new ``BroadcastOperator`` and changes nothing, so an operator can be kept and used again.
///
/// <!-- example: given server, headline: Event<String>, text: String -->
/// ```swift
/// try server.to("news").except(["muted", "away"]).volatile.emit(headline, text)
/// ```
public protocol BroadcastTarget: EventTarget {
    /// The operator that selects all of these sockets.
    var broadcastOperator: BroadcastOperator { get }
}

extension BroadcastTarget {
    /// The namespace in which events are sent.
    public var emitNamespace: Namespace { self.broadcastOperator.namespace }

    /// Sends an event to all of these sockets.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        self.broadcastOperator.emit(encoded: event)
    }

    // MARK: Whom it reaches

    /// Adds a room to those that are reached; without any, everybody is.
    ///
    /// - Parameter room: The room.
    /// - Returns: An operator for the sockets in the rooms, each once.
    public func to(_ room: Room) -> BroadcastOperator {
        self.broadcastOperator.selecting { $0.rooms.append(room) }
    }

    /// Adds rooms to those that are reached.
    ///
    /// No rooms at all reach nobody, rather than everybody.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: An operator for the sockets in any of the rooms, each once.
    public func to(_ rooms: some Sequence<Room>) -> BroadcastOperator {
        self.broadcastOperator.selecting { selection in
            selection.rooms.append(contentsOf: rooms)
            selection.reachesRoomsOnly = true
        }
    }

    /// Adds a room to those that are reached; the same as ``to(_:)-(Room)``.
    ///
    /// - Parameter room: The room.
    /// - Returns: An operator for the sockets in the rooms, each once.
    public func `in`(_ room: Room) -> BroadcastOperator { self.to(room) }

    /// Adds rooms to those that are reached; the same as `to` with a sequence.
    ///
    /// - Parameter rooms: The rooms.
    /// - Returns: An operator for the sockets in any of the rooms, each once.
    public func `in`(_ rooms: some Sequence<Room>) -> BroadcastOperator { self.to(rooms) }

    /// Adds a room to those that are left out.
    ///
    /// - Parameter room: The room.
    /// - Returns: An operator without the sockets in the room, whatever else they are in.
    public func except(_ room: Room) -> BroadcastOperator {
        self.broadcastOperator.selecting { $0.except.append(room) }
    }

    /// Adds rooms to those that are left out.
    ///
    /// - Parameter rooms: The rooms; none leave out nobody.
    /// - Returns: An operator without the sockets in any of the rooms, whatever else they are in.
    public func except(_ rooms: some Sequence<Room>) -> BroadcastOperator {
        self.broadcastOperator.selecting { $0.except.append(contentsOf: rooms) }
    }

    // MARK: How it is delivered

    /// Reaches only sockets that are connected to this server.
    public var local: BroadcastOperator { self.broadcastOperator.flagging { $0.isLocal = true } }

    /// Drops the packet for each receiver that cannot take it at once.
    ///
    /// That is one for whom bytes wait already, whose WebSocket is congested, or that polls and has no request waiting.
    /// For what is worthless when late, such as positions in a game.
    public var volatile: BroadcastOperator { self.broadcastOperator.flagging { $0.isVolatile = true } }

    /// Allows or forbids to compress the packet on its way, where the server compresses at all.
    ///
    /// A WebSocket with `perMessageDeflate` sends a packet that is forbidden as it is; an answer to a poll is compressed
    /// when one of its packets allows it. For what is compressed already, such as images. Other servers of a cluster are
    /// told.
    ///
    /// - Parameter isAllowed: Whether the packet may be compressed.
    /// - Returns: An operator with the setting.
    public func compress(_ isAllowed: Bool) -> BroadcastOperator {
        self.broadcastOperator.flagging { $0.isCompressible = isAllowed }
    }

    /// Sets how long acknowledgements, and other servers, are waited for.
    ///
    /// - Parameter duration: The time; by default ``SocketIOConfiguration/acknowledgementTimeout``.
    /// - Returns: An operator with the setting.
    public func timeout(_ duration: Duration) -> BroadcastOperator {
        self.broadcastOperator.flagging { $0.timeout = duration }
    }
}

extension Namespace: BroadcastTarget {
    /// The operator that selects everybody in the namespace.
    public var broadcastOperator: BroadcastOperator { BroadcastOperator(namespace: self) }
}

extension SocketIOServer: BroadcastTarget {
    /// The operator that selects everybody in the main namespace, `/`.
    public var broadcastOperator: BroadcastOperator { BroadcastOperator(namespace: self.namespace("/")) }
}
