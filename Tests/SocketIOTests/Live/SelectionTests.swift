/// What is done to many sockets at once, over real connections.
import EngineIO
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct SelectionTests {
    private enum NameKey: SocketValueKey { typealias Value = String }

    // MARK: Operators

    @Test func `a server's selections are those of its main namespace`() async throws {
        try await Crowd.with([["a"], ["b"], []]) { crowd in
            let (server, a) = (crowd.server, crowd.sockets[0])
            let cases: [(emit: () throws -> Void, expected: [Int])] = [
                ({ try server.emit("e") }, [1, 1, 1]),
                ({ try server.to("a").emit("e") }, [1, 0, 0]),
                ({ try server.in(["a", "b"]).emit("e") }, [1, 1, 0]),
                ({ try server.except("a").emit("e") }, [0, 1, 1]),
                ({ try server.except(["a", "b"]).emit("e") }, [0, 0, 1]),
                ({ try server.except([]).emit("e") }, [1, 1, 1]),
                ({ try server.local.compress(false).timeout(.seconds(1)).emit("e") }, [1, 1, 1]),
                ({ try crowd.namespace.in(["b"]).emit("e") }, [0, 1, 0]),
                ({ try crowd.namespace.to(["a", "b"]).except(["b", "c"]).emit("e") }, [1, 0, 0]),
                ({ try a.in(["a", "b"]).emit("e") }, [0, 1, 0]),
                ({ try a.except(["b"]).emit("e") }, [0, 0, 1]),
                ({ try a.local.emit("e") }, [0, 1, 1]),
            ]
            for (number, one) in cases.enumerated() {
                let counts = try await crowd.receivers(of: one.emit)
                #expect(counts == one.expected, "case \(number)")
            }
        }
    }

    // MARK: Fetching

    @Test func `sockets are described with rooms, handshake and values`() async throws {
        try await Crowd.with([["a", "b"], ["a"], []]) { crowd in
            crowd.sockets[0][NameKey.self] = "Ada"
            #expect(try await crowd.server.fetchSockets().count == 3)
            let found = try await crowd.namespace.to("b").fetchSockets()
            let first = try #require(found.first)
            #expect(found.count == 1)
            #expect(first.id == crowd.sockets[0].id)
            #expect(first.rooms == ["a", "b", Room(first.id)])
            #expect(first.handshake.address == "127.0.0.1")
            #expect(first.handshake.query("EIO") == "4")
            #expect(first[NameKey.self] == "Ada")
            #expect(try await crowd.sockets[0].to("a").fetchSockets().map(\.id) == [crowd.sockets[1].id])
            #expect(try await crowd.namespace.to("nobody").fetchSockets().isEmpty)
        }
    }

    @Test func `a described socket can be emitted to, moved and disconnected`() async throws {
        try await Crowd.with([[], []]) { crowd in
            let id = crowd.sockets[1].id
            let remote = try #require(try await crowd.server.to(Room(id)).fetchSockets().first)
            remote.join("x", "y")
            remote.leave("y")
            #expect(crowd.sockets[1].rooms == ["x", Room(id)])
            let counts = try await crowd.receivers { try remote.emit("e") }
            #expect(counts == [0, 1])
            remote.disconnect()
            try await crowd.clients[1].expect("1")
            try await eventually("it has left") { crowd.namespace.socketCount == 1 }
            // There is nobody any more.
            remote.join("x")
            try remote.emit("e")
            #expect(crowd.namespace.to("x").socketCount == 0)
        }
    }

    // MARK: Moving

    @Test func `a selection joins and leaves rooms`() async throws {
        try await Crowd.with([["a"], ["a"], []]) { crowd in
            crowd.namespace.to("a").socketsJoin("x", "y")
            #expect(crowd.namespace.to("x").socketCount == 2)
            crowd.sockets[0].to("a").socketsLeave("x")
            #expect(crowd.namespace.sockets(in: "x").map(\.id) == [crowd.sockets[0].id])
            crowd.server.socketsJoin(["z"])
            crowd.namespace.except("a").socketsLeave(["z", "y"])
            #expect(crowd.namespace.to("z").socketCount == 2)
            #expect(crowd.namespace.to("y").socketCount == 2)
            let counts = try await crowd.receivers { try crowd.namespace.to("z").emit("e") }
            #expect(counts == [1, 1, 0])
        }
    }

    // MARK: Disconnecting

    @Test func `a selection leaves the namespace, its connections stay`() async throws {
        let log = Log()
        try await Crowd.with(
            [["a"], []],
            setUp: { $0.logging(to: log) },
            body: { crowd in
                crowd.namespace.to("a").disconnectSockets()
                try await crowd.clients[0].expect("1")
                try await log.expect(["left: server namespace disconnect"])
                try await crowd.clients[0].join()
                try await crowd.expectService()
            }
        )
    }

    @Test func `a selection's whole connections end`() async throws {
        try await Crowd.with([[], [], []], transports: [.webSocket, .polling]) { crowd in
            crowd.sockets[2].broadcast.disconnectSockets(closingConnection: true)
            for client in crowd.clients[0...1] {
                try await client.expect("1")
                try await client.expectEnd()
            }
            #expect(crowd.namespace.sockets.map(\.id) == [crowd.sockets[2].id])
            try await crowd.clients[2].emit("alive", "1", id: 7)
            try await crowd.clients[2].expect("37[1]")
        }
    }

    // MARK: Rooms

    @Test func `several rooms are left at once, and all but the own`() async throws {
        try await Crowd.with([["a", "b", "c", "d"]]) { crowd in
            let socket = crowd.sockets[0]
            socket.leave("a", "nowhere", "b")
            #expect(socket.rooms == ["c", "d", Room(socket.id)])
            socket.leave(["c"])
            socket.leaveAll()
            #expect(socket.rooms == [Room(socket.id)])
            #expect(crowd.namespace.rooms.isEmpty)
            let counts = try await crowd.receivers { try crowd.namespace.to(Room(socket.id)).emit("e") }
            #expect(counts == [1])
        }
    }

    @Test(arguments: [false, true])
    func `the room of another socket is refused, unless the configuration allows it`(isAllowed: Bool) async throws {
        let configuration = SocketIOConfiguration.testing { $0.allowsJoiningSocketRooms = isAllowed }
        try await Crowd.with([[], [], []], configuration: configuration) { crowd in
            let room = Room(crowd.sockets[0].id)
            crowd.sockets[1].join(room, "x")
            crowd.sockets[0].join(room)
            crowd.namespace.to(Room(crowd.sockets[2].id)).socketsJoin(room)
            #expect(crowd.sockets[1].rooms.contains(room) == isAllowed)
            #expect(crowd.sockets[1].rooms.contains("x"))
            let counts = try await crowd.receivers { try crowd.namespace.to(room).emit("secret") }
            #expect(counts == (isAllowed ? [1, 1, 1] : [1, 0, 0]))
        }
    }

    @Test func `a middleware cannot enter the room of another socket either`() async throws {
        try await Crowd.with(
            [[], []],
            setUp: { server in
                let namespace = server.namespace("/")
                namespace.use { socket in
                    socket.join("early")
                    socket.join(namespace.sockets.map { Room($0.id) })
                    socket.leave("early")
                }
            },
            body: { crowd in
                #expect(crowd.sockets[1].rooms == [Room(crowd.sockets[1].id)])
            }
        )
    }

    @Test func `connecting and leaving are seen by who observes the rooms`() async throws {
        let events = EventLog<RoomEvent>()
        try await Crowd.with(
            [["x"]],
            setUp: { server in server.namespace("/").onRoomEvent { events.append($0) } },
            body: { crowd in
                let id = crowd.sockets[0].id
                try await crowd.clients[0].close()
                try await events.expect([
                    .created(Room(id)), .joined(Room(id), id), .created("x"), .joined("x", id), .left("x", id),
                    .deleted("x"), .left(Room(id), id), .deleted(Room(id)),
                ])
            }
        )
    }
}
