/// Selections are values: each step makes a new one.
import TestSupport
import Testing

@testable import SocketIO

@Suite struct BroadcastOperatorTests {
    private let namespace: Namespace
    private let socket: Socket

    init() throws {
        let sockets = try LooseSockets(adapter: InMemoryAdapter())
        self.namespace = sockets.namespace
        self.socket = sockets.socket()
    }

    @Test func `each step keeps what was selected before and changes no earlier one`() {
        let first = self.namespace.to("a")
        let second = first.in("b").to(["c", "d"]).except("e")
        #expect(first.selection.rooms == ["a"])
        #expect(first.selection.except == [])
        #expect(second.selection.rooms == ["a", "b", "c", "d"])
        #expect(second.selection.except == ["e"])
    }

    @Test func `a namespace selects everybody, and can leave a room out`() {
        #expect(self.namespace.except("a").selection.rooms == [])
        #expect(self.namespace.except("a").selection.except == ["a"])
        #expect(self.namespace.in("a").selection == self.namespace.to("a").selection)
    }

    @Test func `a socket's selections leave the socket out`() {
        let own = Room(self.socket.id)
        #expect(self.socket.broadcast.selection.except == [own])
        #expect(self.socket.to("a").selection.rooms == ["a"])
        #expect(self.socket.to("a").selection.except == [own])
        #expect(self.socket.in("a").selection == self.socket.to("a").selection)
        #expect(self.socket.except("b").selection.except == [own, "b"])
    }

    @Test func `an empty list of rooms is a selection of nobody, to which rooms can be added`() {
        let none: [Room] = []
        for selection in [self.namespace.to(none).selection, self.socket.to(none).selection] {
            #expect(selection.rooms == [])
            #expect(selection.reachesRoomsOnly)
        }
        #expect(self.socket.to(none).selection.except == [Room(self.socket.id)])
        #expect(self.namespace.to(none).to("a").selection == self.namespace.to("a").selection)
        #expect(self.namespace.to("a").to(none).selection == self.namespace.to("a").selection)
        #expect(self.namespace.except("a").to(none).selection.reachesRoomsOnly)
        #expect(self.namespace.to(none).except("a").selection.reachesRoomsOnly)
    }

    @Test func `leaving rooms out, or none, selects everybody else`() {
        #expect(!BroadcastSelection().reachesRoomsOnly)
        #expect(!self.namespace.except("a").selection.reachesRoomsOnly)
        #expect(!self.socket.broadcast.selection.reachesRoomsOnly)
        #expect(!self.socket.except("a").selection.reachesRoomsOnly)
    }

    @Test func `rooms are names`() {
        #expect(Room("a") == "a")
        #expect(Room(rawValue: "a").description == "a")
        #expect(Room(self.socket.id).rawValue == self.socket.id.rawValue)
    }
}
