/// Rooms in memory: who is in them, and who is selected.
import EngineIO
import TestSupport
import Testing

@testable import SocketIO

@Suite struct InMemoryAdapterTests {
    private let adapter = InMemoryAdapter()
    private let sockets: LooseSockets
    private let a: Socket
    private let b: Socket
    private let c: Socket

    init() throws {
        self.sockets = try LooseSockets(adapter: self.adapter)
        (self.a, self.b, self.c) = (self.sockets.socket(), self.sockets.socket(), self.sockets.socket())
        for socket in [self.a, self.b, self.c] { self.adapter.add(socket) }
    }

    private func selected(rooms: [Room] = [], except: [Room] = []) -> [SocketID] {
        var selection = BroadcastSelection()
        selection.rooms = rooms
        selection.except = except
        return self.adapter.sockets(in: selection).map(\.id)
    }

    @Test func `without rooms everybody is selected, in the order of joining`() {
        #expect(self.selected() == [self.a.id, self.b.id, self.c.id])
    }

    @Test func `one that comes back with its id before it had left takes the place of the former`() {
        let pair = self.sockets.socketsOfOneID(2)
        let (former, latter) = (pair[0], pair[1])
        #expect(former.id == latter.id)
        self.adapter.add(former)
        self.adapter.join(former, rooms: ["x"])
        self.adapter.add(latter)
        #expect(self.selected().filter { $0 == latter.id }.count == 1)
        #expect(self.adapter.rooms == [])
        // A handler of the former that is late.
        self.adapter.join(former, rooms: ["x"])
        #expect(self.adapter.rooms(of: former).isEmpty && self.adapter.roomCount(of: former) == 0)
        self.adapter.join(latter, rooms: ["y"])
        self.adapter.leave(former, rooms: ["y"])
        self.adapter.remove(former)
        #expect(self.adapter.socket(withID: latter.id) === latter && self.selected(rooms: ["y"]) == [latter.id])
        self.adapter.remove(latter)
        #expect(self.adapter.rooms == [] && self.selected() == [self.a.id, self.b.id, self.c.id])
    }

    @Test func `a selection of rooms that names none selects nobody`() {
        var selection = BroadcastSelection()
        selection.reachesRoomsOnly = true
        #expect(self.adapter.sockets(in: selection).isEmpty)
        selection.except = [Room(self.a.id)]
        #expect(self.adapter.sockets(in: selection).isEmpty)
        selection.except = []
        selection.rooms = [Room(self.b.id)]
        #expect(self.adapter.sockets(in: selection).map(\.id) == [self.b.id])
        selection.rooms = []
        #expect(self.adapter.sockets(in: selection).isEmpty)
    }

    @Test func `an empty list of rooms to leave out leaves out nobody`() {
        var selection = BroadcastSelection()
        selection.except = [Room(self.a.id)]
        selection.except = []
        #expect(self.adapter.sockets(in: selection).map(\.id) == [self.a.id, self.b.id, self.c.id])
        self.adapter.join(self.a, rooms: ["x"])
        selection.rooms = ["x"]
        #expect(self.adapter.sockets(in: selection).map(\.id) == [self.a.id])
    }

    @Test func `adding a socket twice adds it once`() {
        self.adapter.add(self.a)
        #expect(self.selected().count == 3)
    }

    @Test func `a room holds those who joined it`() {
        self.adapter.join(self.a, rooms: ["x"])
        self.adapter.join(self.c, rooms: ["x", "y"])
        #expect(self.selected(rooms: ["x"]) == [self.a.id, self.c.id])
        #expect(self.selected(rooms: ["y"]) == [self.c.id])
        #expect(self.selected(rooms: ["z"]) == [])
    }

    @Test func `joining twice counts once`() {
        self.adapter.join(self.a, rooms: ["x", "x"])
        self.adapter.join(self.a, rooms: ["x"])
        #expect(self.selected(rooms: ["x"]) == [self.a.id])
        self.adapter.leave(self.a, rooms: ["x"])
        #expect(self.selected(rooms: ["x"]) == [])
    }

    @Test func `leaving a room one is not in changes nothing`() {
        self.adapter.join(self.a, rooms: ["x"])
        self.adapter.leave(self.b, rooms: ["x"])
        self.adapter.leave(self.a, rooms: ["y"])
        #expect(self.selected(rooms: ["x"]) == [self.a.id])
    }

    @Test func `several rooms are a union without duplicates, in the order of the rooms`() {
        self.adapter.join(self.a, rooms: ["x", "y"])
        self.adapter.join(self.b, rooms: ["y"])
        self.adapter.join(self.c, rooms: ["x"])
        #expect(self.selected(rooms: ["y", "x"]) == [self.a.id, self.b.id, self.c.id])
        #expect(self.selected(rooms: ["x", "y", "x"]) == [self.a.id, self.c.id, self.b.id])
    }

    @Test func `whoever is in a room left out is left out, whatever else he is in`() {
        self.adapter.join(self.a, rooms: ["x", "y"])
        self.adapter.join(self.b, rooms: ["x"])
        #expect(self.selected(rooms: ["x"], except: ["y"]) == [self.b.id])
        #expect(self.selected(except: ["x"]) == [self.c.id])
        #expect(self.selected(except: ["nobody"]).count == 3)
        #expect(self.selected(rooms: ["x"], except: ["x"]) == [])
    }

    @Test func `each socket is alone in the room of its own name`() {
        #expect(self.selected(rooms: [Room(self.b.id)]) == [self.b.id])
        #expect(self.selected(except: [Room(self.b.id)]) == [self.a.id, self.c.id])
        #expect(self.adapter.rooms(of: self.b) == [Room(self.b.id)])
    }

    @Test func `a socket can join the room of another one`() {
        self.adapter.join(self.a, rooms: [Room(self.b.id)])
        #expect(self.selected(rooms: [Room(self.b.id)]) == [self.b.id, self.a.id])
        #expect(self.selected(rooms: [Room(self.b.id), Room(self.a.id)]) == [self.b.id, self.a.id])
        #expect(self.adapter.rooms(of: self.a) == [Room(self.a.id), Room(self.b.id)])
    }

    @Test func `a socket cannot leave its own room, nor be in it twice`() {
        self.adapter.join(self.a, rooms: [Room(self.a.id)])
        #expect(self.selected(rooms: [Room(self.a.id)]) == [self.a.id])
        self.adapter.leave(self.a, rooms: [Room(self.a.id)])
        #expect(self.selected(rooms: [Room(self.a.id)]) == [self.a.id])
    }

    @Test func `who is removed is in no room any more, and joins none`() {
        self.adapter.join(self.a, rooms: ["x", "y"])
        self.adapter.remove(self.a)
        self.adapter.join(self.a, rooms: ["x"])
        self.adapter.remove(self.a)
        #expect(self.selected() == [self.c.id, self.b.id])
        #expect(self.selected(rooms: ["x", "y", Room(self.a.id)]) == [])
        #expect(self.adapter.rooms(of: self.a) == [])
    }

    @Test func `who was never added joins nothing`() {
        let stranger = self.sockets.socket()
        self.adapter.join(stranger, rooms: ["x"])
        self.adapter.remove(stranger)
        #expect(self.selected(rooms: ["x"]) == [])
        #expect(self.adapter.rooms(of: stranger) == [])
    }

    @Test func `many joins and removals in any order leave the right ones`() {
        var expected: Set<SocketID> = []
        var generator = SeededGenerator(seed: 7)
        let many = (0..<50).map { _ in self.sockets.socket() }
        for socket in many { self.adapter.add(socket) }
        for _ in 0..<2000 {
            let socket = many.randomElement(using: &generator) ?? self.a
            if Bool.random(using: &generator) {
                self.adapter.join(socket, rooms: ["x"])
                expected.insert(socket.id)
            } else {
                self.adapter.leave(socket, rooms: ["x"])
                expected.remove(socket.id)
            }
            #expect(self.selected(rooms: ["x"]).count == expected.count)
        }
        #expect(Set(self.selected(rooms: ["x"])) == expected)
        for socket in many.shuffled(using: &generator) { self.adapter.remove(socket) }
        #expect(self.selected(rooms: ["x"]) == [])
        #expect(self.selected().count == 3)
    }

    @Test func `a broadcast goes to the selected sessions and no other`() throws {
        self.adapter.join(self.a, rooms: ["x"])
        self.adapter.join(self.b, rooms: ["x"])
        try self.sockets.namespace.to("x").except(Room(self.b.id)).emit("hello")
        #expect([self.a, self.b, self.c].map { $0.session.outboxBytes > 0 } == [true, false, false])
    }
}
