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

/// Sockets of a namespace to emit to, and how.
///
/// A value: each step makes a new one, and none changes another.
///
/// <!-- example: given namespace, headline: Event<String>, text: String -->
/// ```swift
/// try namespace.to("news").in("sports").except("muted").emit(headline, text)
/// ```
public struct BroadcastOperator: BroadcastTarget {
    /// The namespace whose sockets are selected.
    public let namespace: Namespace

    /// What has been selected so far.
    public private(set) var selection = BroadcastSelection()

    /// How it is delivered.
    public private(set) var flags = BroadcastFlags()

    init(namespace: Namespace) {
        self.namespace = namespace
    }

    /// The operator itself.
    public var broadcastOperator: BroadcastOperator { self }

    /// The same with another selection.
    func selecting(_ change: (inout BroadcastSelection) -> Void) -> Self {
        var copy = self
        change(&copy.selection)
        return copy
    }

    /// The same with other flags.
    func flagging(_ change: (inout BroadcastFlags) -> Void) -> Self {
        var copy = self
        change(&copy.flags)
        return copy
    }

    /// Sends an event to the selected sockets.
    ///
    /// It has been encoded once for all of them.
    ///
    /// Each receiver gets the broadcasts of one sender in their order. Those of different senders, on different event
    /// loops, may reach two receivers in different orders.
    ///
    /// - Parameter event: The encoded event.
    public func emit(encoded event: consuming EncodedEvent) {
        if let store = self.namespace.recovery, !self.flags.isVolatile { return self.emit(event, through: store) }
        let observed = self.namespace.handlers.observesOutgoing ? event.observed() : nil
        let packet = BroadcastPacket(unit: event.packet.finished(type: .event), observed: observed)
        self.namespace.adapter.broadcast(packet, to: self.selection, flags: self.flags)
    }
}
