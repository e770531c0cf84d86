/// How many rooms a socket may be in, and what they may be called.
import EngineIO
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct RoomLimitTests {
    /// A server with one client, whose socket the test gets.
    private func withSocket(
        rooms: Int = 3,
        nameBytes: Int = 8,
        adapter: @escaping @Sendable () -> any Adapter = { InMemoryAdapter() },
        body: (Socket, EventLog<String>, SocketIOServer) async throws -> Void
    ) async throws {
        let errors = Log()
        let sockets = EventLog<Socket>()
        var configuration = SocketIOConfiguration.testing {
            $0.limits.roomsPerSocket = rooms
            $0.limits.roomNameBytes = nameBytes
        }
        configuration.port = 0
        let server = try SocketIOServer(
            configuration: configuration,
            logger: quietLogger(),
            makeAdapter: { _ in adapter() }
        )
        server.namespace("/").onConnect { sockets.append($0) }
        server.namespace("/").onError { _, error, context in
            errors.append("\(context) \((error as? SocketIOError)?.code.rawValue ?? "")")
        }
        let port = try await server.start()
        let client = try await SocketIOTestClient.connect(port: port)
        try await client.join()
        let socket = try await sockets.count(1)[0]
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(socket, errors, server))
        } catch {
            result = .failure(error)
        }
        await server.shutDown()
        try result.get()
    }

    private static func names(_ socket: Socket) -> Set<String> {
        Set(socket.rooms.map(\.rawValue)).subtracting([socket.id.rawValue])
    }

    @Test func `rooms are entered up to the limit, and one more is refused and reported`() async throws {
        try await self.withSocket { socket, errors, server in
            #expect(socket.join("a", "b"))
            #expect(!socket.join("c", "d", "e"))
            #expect(Self.names(socket) == ["a", "b", "c"])
            #expect(errors.all == ["join roomRefused"])
            #expect(server.environment.limits.count(of: .roomsPerSocket) == 1)
            socket.leave("b")
            #expect(socket.join("d"))
            #expect(Self.names(socket) == ["a", "c", "d"])
        }
    }

    @Test func `rooms that it is in, and its own, are not counted again`() async throws {
        try await self.withSocket { socket, errors, _ in
            #expect(socket.join("a", "b", "c"))
            #expect(socket.join("a", "b", "c", Room(socket.id), "a"))
            #expect(errors.all.isEmpty)
            #expect(!socket.join("a", "x"))
            #expect(Self.names(socket) == ["a", "b", "c"])
        }
    }

    @Test func `an adapter that does not count its rooms is limited all the same`() async throws {
        final class Plain: ForwardingAdapter { let base = InMemoryAdapter() }
        try await self.withSocket(
            adapter: { Plain() },
            body: { socket, errors, _ in
                #expect(socket.join("a", "b", "c"))
                #expect(!socket.join("d"))
                #expect(Self.names(socket) == ["a", "b", "c"])
                #expect(errors.all == ["join roomRefused"])
            }
        )
    }

    @Test func `what others make a socket join is limited too`() async throws {
        try await self.withSocket { socket, errors, server in
            server.in(Room(socket.id)).socketsJoin("a", "b", "c", "d")
            #expect(Self.names(socket).count == 3)
            #expect(errors.all == ["join roomRefused"])
        }
    }

    @Test func `a name that is too long is refused, in bytes`() async throws {
        try await self.withSocket { socket, errors, server in
            #expect(socket.join("12345678"))
            #expect(!socket.join("123456789", "ok"))
            // Four characters of three bytes.
            #expect(!socket.join("€€€€"))
            #expect(Self.names(socket) == ["12345678", "ok"])
            #expect(errors.all == ["join roomRefused", "join roomRefused"])
            #expect(server.environment.limits.count(of: .roomNameBytes) == 2)
        }
    }

    @Test func `in a middleware the same limits hold`() async throws {
        let joined = EventLog<Bool>()
        let sockets = EventLog<Socket>()
        try await withSocketServer(
            .testing {
                $0.limits.roomsPerSocket = 2
                $0.limits.roomNameBytes = 3
            },
            setUp: { server in
                server.namespace("/").use { socket in
                    joined.append(socket.join("a", "long", "b"))
                    joined.append(socket.join("a"))
                    joined.append(socket.join("c"))
                    #expect(Self.names(socket) == ["a", "b"])
                }
                server.namespace("/").onConnect { sockets.append($0) }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                #expect(Self.names(try await sockets.count(1)[0]) == ["a", "b"])
                #expect(joined.all == [false, true, false])
            }
        )
    }

    @Test func `who has left joins nothing`() async throws {
        try await self.withSocket { socket, errors, server in
            socket.disconnect()
            socket.join("a", "b", "c", "d")
            #expect(socket.rooms.isEmpty)
            #expect(server.namespace("/").rooms.isEmpty)
        }
    }

    @Test func `a socket joined by many tasks at once is in hardly more rooms than it may`() async throws {
        try await self.withSocket(rooms: 100, nameBytes: 20) { socket, _, _ in
            let tasks = 8
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        for number in 0..<200 { socket.join(Room("\(task) \(number)")) }
                    }
                }
            }
            #expect((100..<(100 + tasks)).contains(Self.names(socket).count))
        }
    }
}
