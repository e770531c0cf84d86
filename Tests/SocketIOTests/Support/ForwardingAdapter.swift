/// Adapters that keep rooms as the one in memory does, and do something else beside.
import SocketIO

protocol ForwardingAdapter: Adapter {
    var base: InMemoryAdapter { get }
}

extension ForwardingAdapter {
    func add(_ socket: Socket) { self.base.add(socket) }
    func remove(_ socket: Socket) { self.base.remove(socket) }
    func join(_ socket: Socket, rooms: [Room]) { self.base.join(socket, rooms: rooms) }
    func leave(_ socket: Socket, rooms: [Room]) { self.base.leave(socket, rooms: rooms) }
    func rooms(of socket: Socket) -> Set<Room> { self.base.rooms(of: socket) }
    var rooms: Set<Room> { self.base.rooms }
    func socket(withID id: SocketID) -> Socket? { self.base.socket(withID: id) }
    func sockets(in selection: BroadcastSelection) -> [Socket] { self.base.sockets(in: selection) }
    func observeRooms(_ observer: @escaping @Sendable (RoomEvent) -> Void) { self.base.observeRooms(observer) }
    func broadcast(_ packet: BroadcastPacket, to selection: BroadcastSelection, flags: BroadcastFlags) {
        self.base.broadcast(packet, to: selection, flags: flags)
    }
}
