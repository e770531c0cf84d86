/// Events that are worth sending only now.
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct VolatileTests {
    private static let event = Event<Int>("v")

    /// What a client gets up to a mark that is emitted to it now.
    private func received(_ client: SocketIOTestClient, of socket: Socket) async throws -> [String] {
        try socket.emit("mark")
        var packets: [String] = []
        while let packet = try await client.receive() as String?, packet != #"2["mark"]"# { packets.append(packet) }
        return packets
    }

    @Test func `a WebSocket that has nothing to send takes a volatile event`() async throws {
        try await Crowd.with([[]]) { crowd in
            try crowd.sockets[0].volatile.emit(Self.event, 1)
            try await crowd.clients[0].expect(#"2["v",1]"#)
            try crowd.sockets[0].volatile.emit("v", 2)
            try await crowd.clients[0].expect(#"2["v",2]"#)
            try crowd.namespace.volatile.emit(Self.event, 3)
            try await crowd.clients[0].expect(#"2["v",3]"#)
        }
    }

    @Test func `behind what was sent in the same turn a volatile event is dropped`() async throws {
        let target = Event<String>("both")
        try await Crowd.with(
            [[]],
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
                    try await crowd.clients[0].emit("both", "\"\(kind)\"")
                    try await crowd.clients[0].expect(#"2["v",1]"#)
                    try await crowd.clients[0].expect(#"2["v",4]"#)
                }
            }
        )
    }

    @Test func `polling without a waiting request misses it, with one it does not`() async throws {
        try await Crowd.with([[]], transports: [.polling]) { crowd in
            let (client, socket) = (crowd.clients[0], crowd.sockets[0])
            try socket.volatile.emit(Self.event, 1)
            try crowd.namespace.volatile.emit(Self.event, 2)
            #expect(try await self.received(client, of: socket) == [])
            let polling = try #require(client.engine.polling)
            try await polling.startPoll()
            try await eventually("the request waits") { socket.session.state.withLock { $0.polling.poll != nil } }
            try socket.volatile.emit(Self.event, 3)
            #expect(try await polling.receivePoll() == [#"42["v",3]"#])
        }
    }

    @Test func `of a broadcast only those who can take it get it, attachments with it`() async throws {
        try await Crowd.with([["a"], ["a"], ["b"]], transports: [.webSocket, .polling, .webSocket]) { crowd in
            try crowd.server.to("a").volatile.emit("v", .bytes(1, 2))
            try await crowd.clients[0].expect(#"51-["v",{"_placeholder":true,"num":0}]"#)
            #expect(try await crowd.clients[0].receiveBinary() == [1, 2])
            for index in 0...2 {
                #expect(try await self.received(crowd.clients[index], of: crowd.sockets[index]) == [])
            }
        }
    }

    @Test func `a socket that has left sends nothing volatile to its successor`() async throws {
        try await Crowd.with([[]]) { crowd in
            try await crowd.clients[0].send("1")
            try await crowd.clients[0].join()
            try crowd.sockets[0].volatile.emit(Self.event, 1)
            try crowd.namespace.emit("end")
            try await crowd.clients[0].expect(#"2["end"]"#)
        }
    }

    @Test func `reserved names are refused`() async throws {
        try await Crowd.with([[]]) { crowd in
            #expect(throws: SocketIOError.self) { try crowd.sockets[0].volatile.emit("disconnect") }
        }
    }
}
