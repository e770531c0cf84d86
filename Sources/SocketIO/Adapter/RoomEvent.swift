/// What happens to rooms, and who is told.

/// Something that happened to a room of a namespace on this server.
public enum RoomEvent: Sendable, Hashable {
    /// A room has its first socket.
    case created(Room)
    /// A room has lost its last socket.
    case deleted(Room)
    /// A socket has entered a room; its own when it connected.
    case joined(Room, SocketID)
    /// A socket has left a room; all of them when it disconnected.
    case left(Room, SocketID)
}

/// The events that observers have not been told yet: pure bookkeeping, behind an adapter's lock.
///
/// Events are noted while the lock is held, hence in their order, and told without it. One thread at a time tells; what
/// others note meanwhile it tells too, so that no event overtakes another.
struct RoomEventQueue: Sendable {
    typealias Observer = @Sendable (RoomEvent) -> Void

    private var observers: [Observer] = []
    private var events: [RoomEvent] = []
    private var isTelling = false

    mutating func add(_ observer: @escaping Observer) {
        self.observers.append(observer)
    }

    /// Notes an event, if anybody wants to know.
    mutating func note(_ event: RoomEvent) {
        if !self.observers.isEmpty { self.events.append(event) }
    }

    /// Has the caller tell the observers later, unless somebody does now.
    mutating func hold() -> Bool {
        defer { self.isTelling = true }
        return !self.isTelling
    }

    /// Whether the caller has to tell the observers, once it has released the lock.
    mutating func beginTelling() -> Bool {
        guard !self.events.isEmpty, !self.isTelling else { return false }
        self.isTelling = true
        return true
    }

    /// Takes what is to be told next, and to whom; when there is nothing the caller is done.
    mutating func next() -> (events: [RoomEvent], observers: [Observer])? {
        guard !self.events.isEmpty else {
            self.isTelling = false
            return nil
        }
        defer { self.events = [] }
        return (self.events, self.observers)
    }
}
