/// Events that are worth sending only now, with clients in memory and over a port.
import SocketIOTesting
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct VolatileTests {
    private static let event = Event<Int>("v")

    /// The events a client gets up to a mark that is emitted to it now.
    private func received(_ client: TestClient, of socket: Socket) async throws -> [String] {
        try socket.emit("mark")
        var events: [String] = []
        while let event = try await client.nextEvent() as ReceivedEvent?, event.name != "mark" {
            events.append(event.description)
        }
        return events
    }

    @Test(arguments: TestingMode.allCases)
    func `a WebSocket that has nothing to send takes a volatile event`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            try crowd.sockets[0].volatile.emit(Self.event, 1)
            #expect(try await crowd.clients[0].next(Self.event) == 1)
            try crowd.sockets[0].volatile.emit("v", 2)
            #expect(try await crowd.clients[0].next(Self.event) == 2)
            try crowd.namespace.volatile.emit(Self.event, 3)
            #expect(try await crowd.clients[0].next(Self.event) == 3)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `behind what was sent in the same turn a volatile event is dropped`(mode: TestingMode) async throws {
        let target = Event<String>("both")
        try await Crowd.with(
            [[]],
            mode,
            setUp: { server in
                // On the event loop, where nothing is flushed before the handler returns.
                server.namespace("/").on(target) { socket, kind in
                    try socket.emit(Self.event, 1)
                    if kind == "socket" { try socket.volatile.emit(Self.event, 2) }
                    if kind == "room" { try socket.namespace.to(Room(socket.id)).volatile.emit(Self.event, 3) }
                    try socket.emit(Self.event, 4)
                }
            },
            body: { crowd in
                for kind in ["socket", "room"] {
                    try crowd.clients[0].emit(target, kind)
                    #expect(try await crowd.clients[0].next(Self.event) == 1)
                    #expect(try await crowd.clients[0].next(Self.event) == 4)
                }
            }
        )
    }

    @Test(arguments: TestingMode.allCases)
    func `polling without a waiting request misses it, with one it does not`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode, transports: [.polling]) { crowd in
            let (client, socket) = (crowd.clients[0], crowd.sockets[0])
            try await crowd.useUpPoll(of: 0)
            try socket.volatile.emit(Self.event, 1)
            try crowd.namespace.volatile.emit(Self.event, 2)
            client.resumeReading()
            let received = try await self.received(client, of: socket)
            #expect(received == [#""last"()"#])
            try await crowd.harness.settle()
            try socket.volatile.emit(Self.event, 3)
            #expect(try await client.next(Self.event) == 3)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `of a broadcast only those who can take it get it, attachments with it`(mode: TestingMode) async throws {
        let transports: [TestClient.Transport] = [.webSocket, .polling, .webSocket]
        try await Crowd.with([["a"], ["a"], ["b"]], mode, transports: transports) { crowd in
            try await crowd.useUpPoll(of: 1)
            try crowd.server.to("a").volatile.emit("v", .bytes(1, 2))
            #expect(try await crowd.clients[0].nextEvent("v").arguments[0].value == .bytes(1, 2))
            crowd.clients[1].resumeReading()
            _ = try await crowd.clients[1].nextEvent("last")
            for index in 0...2 {
                let received = try await self.received(crowd.clients[index], of: crowd.sockets[index])
                #expect(received == [])
            }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a WebSocket whose client reads no more misses it, and only it`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            let (client, socket) = (crowd.clients[0], crowd.sockets[0])
            client.stopReading()
            let filler = String(repeating: "x", count: 100_000)
            var sent = 0
            // Until neither the network nor the channel takes any more.
            while socket.session.outboxBytes == 0 {
                try socket.emit("filler", .string(filler))
                sent += 1
                try await crowd.harness.settle()
            }
            try socket.volatile.emit(Self.event, 1)
            client.resumeReading()
            let events = try await self.received(client, of: socket)
            #expect(events.count == sent && events.allSatisfy { $0.hasPrefix(#""filler""#) })
            try await crowd.harness.settle()
            try socket.volatile.emit(Self.event, 2)
            #expect(try await client.next(Self.event) == 2)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a socket that has left sends nothing volatile to its successor`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            crowd.clients[0].disconnect()
            let successor = try await crowd.clients[0].join("/")
            try crowd.sockets[0].volatile.emit(Self.event, 1)
            try crowd.namespace.emit("end")
            #expect(try await successor.nextEvent().name == "end")
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `reserved names are refused`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            #expect(throws: SocketIOError.self) { try crowd.sockets[0].volatile.emit("disconnect") }
        }
    }
}
