/// Rooms that come and go, who is told, and who is in them.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RoomEventTests {
    private let events = EventLog<RoomEvent>()

    private func observe(_ namespace: Namespace) {
        namespace.onRoomEvent { [events] in events.append($0) }
    }

    /// Anybody may enter the room of anybody.
    private static func open() -> SocketIOConfiguration {
        var configuration = SocketIOConfiguration.testing()
        configuration.allowsJoiningSocketRooms = true
        return configuration
    }

    @Test(arguments: TestingMode.allCases)
    func `a room is created before its first socket enters, deleted after its last has left`(
        mode: TestingMode
    ) async throws {
        try await Crowd.with([[], []], mode) { server in
            self.observe(server.namespace("/"))
        } body: { crowd in
            let (a, b) = (crowd.sockets[0], crowd.sockets[1])
            a.join(["x", "x"])
            b.join("x")
            a.leave(["x", "y"])
            a.leave("x")
            b.leave("x")
            let events = try await self.events.count(10)
            #expect(
                events == [
                    .created(Room(a.id)), .joined(Room(a.id), a.id), .created(Room(b.id)), .joined(Room(b.id), b.id),
                    .created("x"), .joined("x", a.id), .joined("x", b.id), .left("x", a.id), .left("x", b.id),
                    .deleted("x"),
                ]
            )
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a socket whose client goes leaves its rooms, its own last`(mode: TestingMode) async throws {
        try await Crowd.with([["x"]], mode) { crowd in
            self.observe(crowd.namespace)
            let id = crowd.sockets[0].id
            crowd.clients[0].disconnect()
            let own = Room(id)
            let events = try await self.events.count(4)
            #expect(events == [.left("x", id), .deleted("x"), .left(own, id), .deleted(own)])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a room that an id names lives as long as anybody is in it`(mode: TestingMode) async throws {
        try await Crowd.with([[], []], mode, configuration: Self.open()) { crowd in
            let (a, b) = (crowd.sockets[0].id, crowd.sockets[1])
            self.observe(crowd.namespace)
            let room = Room(a)
            b.join(room)
            crowd.clients[0].disconnect()
            try await self.events.count(2)
            b.leave(room)
            // The thread that told of the client may tell of these as well.
            let events = try await self.events.count(4)
            #expect(events == [.joined(room, b.id), .left(room, a), .left(room, b.id), .deleted(room)])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `an observer may change rooms itself, and every observer hears of it in order`(
        mode: TestingMode
    ) async throws {
        try await Crowd.with([[]], mode) { crowd in
            let a = crowd.sockets[0]
            crowd.namespace.onRoomEvent { event in
                if event == .joined("x", a.id) { a.join("y") }
                if event == .joined("y", a.id) { a.leave("x") }
            }
            self.observe(crowd.namespace)
            a.join("x")
            let events = try await self.events.count(6)
            #expect(
                events == [
                    .created("x"), .joined("x", a.id), .created("y"), .joined("y", a.id), .left("x", a.id),
                    .deleted("x"),
                ]
            )
            #expect(crowd.namespace.rooms == ["y"])
        }
    }

    @Test func `of many threads the events keep the order of what happened`() async throws {
        try await Crowd.with(Array(repeating: [], count: 8), .inMemory) { crowd in
            self.observe(crowd.namespace)
            await withTaskGroup(of: Void.self) { group in
                for socket in crowd.sockets {
                    group.addTask {
                        for _ in 0..<200 {
                            socket.join("x")
                            socket.leave("x")
                        }
                    }
                }
            }
            // One thread may still be telling what another did.
            try await eventually("all have left") {
                let events = self.events.all
                return events.last == .deleted("x") && events.count(where: \.isLeaving) == 8 * 200
            }
            self.expectOrder(of: self.events.all)
        }
    }

    private func expectOrder(of events: [RoomEvent]) {
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
        #expect(!exists && inside.isEmpty)
    }

    // MARK: Looking

    @Test(arguments: TestingMode.allCases)
    func `rooms are counted without an array, and selections as they are selected`(mode: TestingMode) async throws {
        try await Crowd.with([["x", "y"], ["x"], []], mode, configuration: Self.open()) { crowd in
            let (a, b, c) = (crowd.sockets[0], crowd.sockets[1], crowd.sockets[2])
            let namespace = crowd.namespace
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
            b.join(Room(c.id))
            #expect(namespace.to(Room(c.id)).socketCount == 2)
        }
    }
}

extension RoomEvent {
    fileprivate var isLeaving: Bool {
        if case .left = self { true } else { false }
    }
}
