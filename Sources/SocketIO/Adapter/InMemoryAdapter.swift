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
    }

    private let state = Mutex(State())

    /// Creates an adapter without sockets.
    public init() {}

    /// Adds a socket; see ``Adapter/add(_:)``.
    ///
    /// - Parameter socket: The socket.
    public func add(_ socket: Socket) {
        self.state.withLock { state in
            guard state.byID.updateValue(socket, forKey: socket.id) == nil else { return }
            state.everybody.append(socket)
        }
    }

    /// Removes a socket from all rooms; see ``Adapter/remove(_:)``.
    ///
    /// - Parameter socket: The socket.
    public func remove(_ socket: Socket) {
        self.state.withLock { state in
            guard state.byID.removeValue(forKey: socket.id) != nil else { return }
            state.everybody.remove(socket)
            for room in state.memberships.removeValue(forKey: socket.id) ?? [] {
                Self.remove(socket, from: room, &state)
            }
        }
    }

    /// Enters rooms; see ``Adapter/join(_:rooms:)``.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - rooms: The rooms.
    public func join(_ socket: Socket, rooms: [Room]) {
        self.state.withLock { state in
            guard state.byID[socket.id] != nil else { return }
            for room in rooms where room != Room(socket.id) {
                guard state.memberships[socket.id, default: []].insert(room).inserted else { continue }
                state.rooms[room, default: SocketList()].append(socket)
            }
        }
    }

    /// Leaves a room; see ``Adapter/leave(_:room:)``.
    ///
    /// - Parameters:
    ///   - socket: The socket.
    ///   - room: The room.
    public func leave(_ socket: Socket, room: Room) {
        self.state.withLock { state in
            guard state.memberships[socket.id]?.remove(room) != nil else { return }
            if state.memberships[socket.id]?.isEmpty == true { state.memberships[socket.id] = nil }
            Self.remove(socket, from: room, &state)
        }
    }

    private static func remove(_ socket: Socket, from room: Room, _ state: inout State) {
        state.rooms[room]?.remove(socket)
        if state.rooms[room]?.isEmpty == true { state.rooms[room] = nil }
    }

    /// The rooms of a socket; see ``Adapter/rooms(of:)``.
    ///
    /// - Parameter socket: The socket.
    public func rooms(of socket: Socket) -> Set<Room> {
        self.state.withLock { state in
            guard state.byID[socket.id] != nil else { return [] }
            return (state.memberships[socket.id] ?? []).union([Room(socket.id)])
        }
    }

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

    /// Delivers a packet; see ``Adapter/broadcast(_:to:)``.
    ///
    /// - Parameters:
    ///   - packet: The packet.
    ///   - selection: The selection.
    public func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection) {
        Session.send(packet.unit, to: packet.receivers(among: self.sockets(in: selection)).lazy.map(\.session))
    }
}

extension InMemoryAdapter.State {
    /// The sockets of one room; a socket's id names the room that holds it.
    func members(of room: Room) -> [Socket] {
        let joined = self.rooms[room]?.sockets ?? []
        guard let owner = self.byID[SocketID(rawValue: room.rawValue)] else { return joined }
        return joined.isEmpty ? [owner] : [owner] + joined
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
