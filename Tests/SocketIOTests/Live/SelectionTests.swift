/// What is done to many sockets at once, with clients in memory and over a port.
import EngineIO
import SocketIOTesting
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct SelectionTests {
    private enum NameKey: SocketValueKey { typealias Value = String }

    // MARK: Operators

    @Test(arguments: TestingMode.allCases)
    func `a server's selections are those of its main namespace`(mode: TestingMode) async throws {
        try await Crowd.with([["a"], ["b"], []], mode) { crowd in
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

    @Test(arguments: TestingMode.allCases)
    func `sockets are described with rooms, handshake and values`(mode: TestingMode) async throws {
        try await Crowd.with([["a", "b"], ["a"], []], mode) { crowd in
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

    @Test(arguments: TestingMode.allCases)
    func `a described socket can be emitted to, moved and disconnected`(mode: TestingMode) async throws {
        try await Crowd.with([[], []], mode) { crowd in
            let id = crowd.sockets[1].id
            let remote = try #require(try await crowd.server.to(Room(id)).fetchSockets().first)
            remote.join("x", "y")
            remote.leave("y")
            #expect(crowd.sockets[1].rooms == ["x", Room(id)])
            let counts = try await crowd.receivers { try remote.emit("e") }
            #expect(counts == [0, 1])
            remote.disconnect()
            #expect(try await crowd.clients[1].disconnected() == .serverDisconnect)
            try await eventually("it has left") { crowd.namespace.socketCount == 1 }
            // There is nobody any more.
            remote.join("x")
            try remote.emit("e")
            #expect(crowd.namespace.to("x").socketCount == 0)
        }
    }

    // MARK: Moving

    @Test(arguments: TestingMode.allCases)
    func `a selection joins and leaves rooms`(mode: TestingMode) async throws {
        try await Crowd.with([["a"], ["a"], []], mode) { crowd in
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

    @Test(arguments: TestingMode.allCases)
    func `a selection leaves the namespace, its connections stay`(mode: TestingMode) async throws {
        let log = Log()
        try await Crowd.with(
            [["a"], []],
            mode,
            setUp: { $0.logging(to: log) },
            body: { crowd in
                crowd.namespace.to("a").disconnectSockets()
                #expect(try await crowd.clients[0].disconnected() == .serverDisconnect)
                try await log.expect(["left: server namespace disconnect"])
                let again = try await crowd.clients[0].join("/")
                _ = try await again.emitWithAck("alive")
                _ = try await crowd.clients[1].emitWithAck("alive")
            }
        )
    }

    @Test(arguments: TestingMode.allCases)
    func `a selection's whole connections end`(mode: TestingMode) async throws {
        try await Crowd.with([[], [], []], mode, transports: [.webSocket, .polling]) { crowd in
            crowd.sockets[2].broadcast.disconnectSockets(closingConnection: true)
            for client in crowd.clients[0...1] {
                #expect(try await client.disconnected() == .serverDisconnect)
                await #expect(throws: TestFailure.self) { try await client.join("/") }
            }
            #expect(crowd.namespace.sockets.map(\.id) == [crowd.sockets[2].id])
            _ = try await crowd.clients[2].emitWithAck("alive")
        }
    }

    // MARK: Rooms

    @Test(arguments: TestingMode.allCases)
    func `several rooms are left at once, and all but the own`(mode: TestingMode) async throws {
        try await Crowd.with([["a", "b", "c", "d"]], mode) { crowd in
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

    @Test(arguments: TestingMode.allCases, [false, true])
    func `the room of another socket is refused, unless the configuration allows it`(
        mode: TestingMode,
        isAllowed: Bool
    ) async throws {
        let configuration = SocketIOConfiguration.testing { $0.allowsJoiningSocketRooms = isAllowed }
        try await Crowd.with([[], [], []], mode, configuration: configuration) { crowd in
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

    @Test(arguments: TestingMode.allCases)
    func `a middleware cannot enter the room of another socket either`(mode: TestingMode) async throws {
        try await Crowd.with(
            [[], []],
            mode,
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

    @Test(arguments: TestingMode.allCases)
    func `connecting and leaving are seen by who observes the rooms`(mode: TestingMode) async throws {
        let events = EventLog<RoomEvent>()
        try await Crowd.with(
            [["x"]],
            mode,
            setUp: { server in server.namespace("/").onRoomEvent { events.append($0) } },
            body: { crowd in
                let id = crowd.sockets[0].id
                crowd.clients[0].close()
                try await events.expect([
                    .created(Room(id)), .joined(Room(id), id), .created("x"), .joined("x", id), .left("x", id),
                    .deleted("x"), .left(Room(id), id), .deleted(Room(id)),
                ])
            }
        )
    }
}
