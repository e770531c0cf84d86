/// The adapter of a single server: rooms in memory, broadcasts delivered at once.
internal import EngineIO
internal import Synchronization

/// Keeps the rooms of a namespace in memory.
///
/// A broadcast takes a snapshot of its receivers under the lock, which for one room, or for everybody, is one reference,
/// and delivers without it.
public final class InMemoryAdapter: Adapter {
    fileprivate struct State {
        var everybody = SocketList()
        var byID: [SocketID: Socket] = [:]
        var rooms: [Room: SocketList] = [:]
        /// The rooms of each socket that has joined any; its own room is not kept but known by its name.
        var memberships: [SocketID: Set<Room>] = [:]
        var events = RoomEventQueue()
    }

    private let state = Mutex(State())

    /// Creates an adapter without sockets.
    public init() {}

    // MARK: Changing

    /// Changes who is where, then tells the observers without the lock.
    private func change(_ body: (inout State) -> Void) {
        let mustTell = self.state.withLock { state in
            body(&state)
            return state.events.beginTelling()
        }
        if mustTell { self.tellEvents() }
    }

    /// Keeps what happens from the observers until ``tellEvents()``.
    ///
    /// - Returns: Whether that has to be called; `false` when somebody else is telling them.
    func holdEvents() -> Bool { self.state.withLock { $0.events.hold() } }

    /// Tells the observers, and goes on until there is nothing more to tell.
    func tellEvents() {
        while let (events, observers) = self.state.withLock({ $0.events.next() }) {
            for event in events {
                for observer in observers { observer(event) }
            }
        }
    }

    /// Adds a socket; see ``Adapter/add(_:)``.
    ///
    /// - Parameter socket: The socket.
    public func add(_ socket: Socket) {
        self.change { state in
            guard state.byID[socket.id] !== socket else { return }
            // One of the same id that has come back before it had left.
            if let former = state.byID[socket.id] { state.removeAll(former) }
            state.byID[socket.id] = socket
            state.everybody.append(socket)
            let room = Room(socket.id)
            if state.rooms[room] == nil { state.events.note(.created(room)) }
            state.events.note(.joined(room, socket.id))
        }
    }

    /// Removes a socket from all rooms; see ``Adapter/remove(_:)``.
    ///
    /// - Parameter socket: The socket.
    public func remove(_ socket: Socket) {
        self.change { state in
            // One that has come back has the same id.
            guard state.byID[socket.id] === socket else { return }
            state.removeAll(socket)
        }
    }

    /// Enters rooms; see ``Adapter/join(_:rooms:)``.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - rooms: The rooms.
    public func join(_ socket: Socket, rooms: [Room]) {
        self.change { state in
            guard state.byID[socket.id] === socket else { return }
            for room in rooms where room != Room(socket.id) {
                guard state.memberships[socket.id, default: []].insert(room).inserted else { continue }
                if !state.exists(room) { state.events.note(.created(room)) }
                state.rooms[room, default: SocketList()].append(socket)
                state.events.note(.joined(room, socket.id))
            }
        }
    }

    /// Leaves rooms; see ``Adapter/leave(_:rooms:)``.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - rooms: The rooms.
    public func leave(_ socket: Socket, rooms: [Room]) {
        self.change { state in
            guard state.byID[socket.id] === socket else { return }
            for room in rooms {
                guard state.memberships[socket.id]?.remove(room) != nil else { continue }
                if state.memberships[socket.id]?.isEmpty == true { state.memberships[socket.id] = nil }
                state.remove(socket, from: room)
            }
        }
    }

    /// Observes the rooms; see ``Adapter/observeRooms(_:)``.
    ///
    /// - Parameter observer: Called with each event.
    public func observeRooms(_ observer: @escaping @Sendable (RoomEvent) -> Void) {
        self.state.withLock { $0.events.add(observer) }
    }

    // MARK: Looking

    /// The rooms of a socket; see ``Adapter/rooms(of:)``.
    ///
    /// - Parameter socket: The socket.
    public func rooms(of socket: Socket) -> Set<Room> {
        self.state.withLock { state in
            guard state.byID[socket.id] === socket else { return [] }
            return (state.memberships[socket.id] ?? []).union([Room(socket.id)])
        }
    }

    /// The number of rooms of a socket; see ``Adapter/roomCount(of:)``.
    ///
    /// - Parameter socket: The socket.
    public func roomCount(of socket: Socket) -> Int {
        self.state.withLock { state in
            guard state.byID[socket.id] === socket else { return 0 }
            return state.memberships[socket.id]?.count ?? 0
        }
    }

    /// The rooms that have been joined; see ``Adapter/rooms``.
    public var rooms: Set<Room> { self.state.withLock { Set($0.rooms.keys) } }

    /// The socket with an id; see ``Adapter/socket(withID:)``.
    ///
    /// - Parameter id: The id.
    public func socket(withID id: SocketID) -> Socket? { self.state.withLock { $0.byID[id] } }

    /// The sockets of a selection; see ``Adapter/sockets(in:)``.
    ///
    /// - Parameter selection: The selection.
    public func sockets(in selection: BroadcastSelection) -> [Socket] {
        self.state.withLock { state in
            if selection.except.isEmpty {
                if !selection.reachesRoomsOnly { return state.everybody.sockets }
                if selection.rooms.count == 1 { return state.members(of: selection.rooms[0]) }
            }
            return state.select(selection)
        }
    }

    /// The number of sockets in a selection; see ``Adapter/socketCount(in:)``.
    ///
    /// - Parameter selection: The selection.
    public func socketCount(in selection: BroadcastSelection) -> Int {
        self.state.withLock { state in
            if selection.except.isEmpty {
                if !selection.reachesRoomsOnly { return state.everybody.sockets.count }
                if selection.rooms.count == 1 { return state.memberCount(of: selection.rooms[0]) }
            }
            return state.select(selection).count
        }
    }

    /// How many sockets and rooms are kept, in all its tables.
    var entryCount: Int {
        self.state.withLock { $0.everybody.sockets.count + $0.byID.count + $0.rooms.count + $0.memberships.count }
    }

    // MARK: Delivering

    /// There are no other servers whose events could be missed.
    public var recoversConnections: Bool { true }

    /// Delivers a packet; see ``Adapter/broadcast(_:to:flags:)``.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - selection: The selection.
    ///   - flags: How it is delivered.
    public func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection, flags: BroadcastFlags) {
        let sockets = packet.receivers(among: self.sockets(in: selection))
        if flags.isVolatile {
            Session.sendVolatile(packet.unit, to: sockets.count, mayCompress: flags.isCompressible) {
                sockets[$0].session
            }
        } else {
            Session.send(packet.unit, to: sockets.count, mayCompress: flags.isCompressible) { sockets[$0].session }
        }
    }
}

extension InMemoryAdapter.State {
    /// Whether a room has a socket; one that a socket's id names has that socket.
    func exists(_ room: Room) -> Bool {
        self.rooms[room] != nil || self.byID[SocketID(rawValue: room.rawValue)] != nil
    }

    /// Removes a socket that is there, with its rooms.
    mutating func removeAll(_ socket: Socket) {
        self.byID[socket.id] = nil
        self.everybody.remove(socket)
        for room in self.memberships.removeValue(forKey: socket.id) ?? [] { self.remove(socket, from: room) }
        let room = Room(socket.id)
        self.events.note(.left(room, socket.id))
        if self.rooms[room] == nil { self.events.note(.deleted(room)) }
    }

    mutating func remove(_ socket: Socket, from room: Room) {
        self.rooms[room]?.remove(socket)
        if self.rooms[room]?.isEmpty == true { self.rooms[room] = nil }
        self.events.note(.left(room, socket.id))
        if !self.exists(room) { self.events.note(.deleted(room)) }
    }

    /// The sockets of one room; a socket's id names the room that holds it.
    func members(of room: Room) -> [Socket] {
        let joined = self.rooms[room]?.sockets ?? []
        guard let owner = self.byID[SocketID(rawValue: room.rawValue)] else { return joined }
        return joined.isEmpty ? [owner] : [owner] + joined
    }

    func memberCount(of room: Room) -> Int {
        let owner = self.byID[SocketID(rawValue: room.rawValue)]
        return (self.rooms[room]?.sockets.count ?? 0) + (owner == nil ? 0 : 1)
    }

    /// The union of the rooms, each socket once, without those left out.
    func select(_ selection: BroadcastSelection) -> [Socket] {
        var seen = Set(selection.except.flatMap(self.members).map(ObjectIdentifier.init))
        guard selection.reachesRoomsOnly else {
            return self.everybody.sockets.filter { !seen.contains(ObjectIdentifier($0)) }
        }
        return selection.rooms.flatMap(self.members).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }
}

/// Sockets without duplicates; constant cost to add and to remove, and a snapshot is one reference.
private struct SocketList {
    private(set) var sockets: [Socket] = []
    private var positions: [ObjectIdentifier: Int] = [:]

    var isEmpty: Bool { self.sockets.isEmpty }

    mutating func append(_ socket: Socket) {
        self.positions[ObjectIdentifier(socket)] = self.sockets.count
        self.sockets.append(socket)
    }

    /// Removes a socket; the last one takes its place.
    mutating func remove(_ socket: Socket) {
        guard let position = self.positions.removeValue(forKey: ObjectIdentifier(socket)) else { return }
        let last = self.sockets.removeLast()
        guard last !== socket else { return }
        self.sockets[position] = last
        self.positions[ObjectIdentifier(last)] = position
    }
}
