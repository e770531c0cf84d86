/// Rooms that come and go, and who is told.
import EngineIO
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct RoomEventTests {
    private let adapter = InMemoryAdapter()
    private let sockets: LooseSockets
    private let events = EventLog<RoomEvent>()

    init() throws {
        self.sockets = try LooseSockets(adapter: self.adapter)
    }

    private func observe() {
        self.sockets.namespace.onRoomEvent { [events] in events.append($0) }
    }

    private func added() -> Socket {
        let socket = self.sockets.socket()
        self.adapter.add(socket)
        return socket
    }

    @Test func `a room is created before its first socket enters, deleted after its last has left`() {
        self.observe()
        let (a, b) = (self.added(), self.added())
        self.adapter.join(a, rooms: ["x", "x"])
        self.adapter.join(b, rooms: ["x"])
        self.adapter.leave(a, rooms: ["x", "y"])
        self.adapter.leave(a, rooms: ["x"])
        self.adapter.leave(b, rooms: ["x"])
        #expect(
            self.events.all == [
                .created(Room(a.id)), .joined(Room(a.id), a.id), .created(Room(b.id)), .joined(Room(b.id), b.id),
                .created("x"), .joined("x", a.id), .joined("x", b.id), .left("x", a.id), .left("x", b.id),
                .deleted("x"),
            ]
        )
    }

    @Test func `a socket that is removed leaves its rooms, its own last`() {
        let a = self.added()
        self.adapter.join(a, rooms: ["x"])
        self.observe()
        self.adapter.add(a)
        self.adapter.remove(a)
        self.adapter.remove(a)
        let own = Room(a.id)
        #expect(self.events.all == [.left("x", a.id), .deleted("x"), .left(own, a.id), .deleted(own)])
    }

    @Test func `a room that an id names lives as long as anybody is in it`() {
        let (a, b) = (self.added(), self.added())
        self.observe()
        let room = Room(a.id)
        self.adapter.join(b, rooms: [room])
        self.adapter.remove(a)
        self.adapter.leave(b, rooms: [room])
        #expect(self.events.all == [.joined(room, b.id), .left(room, a.id), .left(room, b.id), .deleted(room)])
    }

    @Test func `an observer may change rooms itself, and every observer hears of it in order`() {
        let a = self.added()
        self.sockets.namespace.onRoomEvent { [adapter] event in
            if event == .joined("x", a.id) { adapter.join(a, rooms: ["y"]) }
            if event == .joined("y", a.id) { adapter.leave(a, rooms: ["x"]) }
        }
        self.observe()
        self.adapter.join(a, rooms: ["x"])
        #expect(
            self.events.all == [
                .created("x"), .joined("x", a.id), .created("y"), .joined("y", a.id), .left("x", a.id), .deleted("x"),
            ]
        )
        #expect(self.adapter.rooms == ["y"])
    }

    @Test func `of many threads the events keep the order of what happened`() async throws {
        self.observe()
        let crowd = (0..<8).map { _ in self.added() }
        await withTaskGroup(of: Void.self) { [adapter] group in
            for socket in crowd {
                group.addTask {
                    for _ in 0..<200 {
                        adapter.join(socket, rooms: ["x"])
                        adapter.leave(socket, rooms: ["x"])
                    }
                }
            }
        }
        // One thread may still be telling what another did.
        let events = try await self.events.count(8 * 2 + 8 * 400)
        var inside: Set<SocketID> = []
        var exists = false
        for event in events {
            switch event {
            case .created("x"):
                #expect(!exists)
                exists = true
            case .deleted("x"):
                #expect(exists && inside.isEmpty)
                exists = false
            case .joined("x", let id): #expect(exists && inside.insert(id).inserted)
            case .left("x", let id): #expect(inside.remove(id) != nil)
            default: break
            }
        }
    }

    // MARK: Looking

    @Test func `rooms are counted without an array, and selections as they are selected`() {
        let (a, b, c) = (self.added(), self.added(), self.added())
        self.adapter.join(a, rooms: ["x", "y"])
        self.adapter.join(b, rooms: ["x"])
        let namespace = self.sockets.namespace
        #expect(namespace.socketCount == 3)
        #expect(namespace.to("x").socketCount == 2)
        #expect(namespace.to(Room(c.id)).socketCount == 1)
        #expect(namespace.to("nobody").socketCount == 0)
        #expect(namespace.to(["x", "y"]).socketCount == 2)
        #expect(namespace.to("x").except("y").socketCount == 1)
        #expect(namespace.except("y").socketCount == 2)
        #expect(namespace.sockets(in: "x").map(\.id) == [a.id, b.id])
        #expect(namespace.socket(b.id) === b)
        #expect(namespace.socket(SocketID(rawValue: "nobody")) == nil)
        #expect(namespace.rooms == ["x", "y"])
        self.adapter.join(b, rooms: [Room(c.id)])
        #expect(namespace.to(Room(c.id)).socketCount == 2)
    }
}
