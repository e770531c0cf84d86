/// Clients that come back, and what is on its way to them meanwhile: from middlewares, too much, or too late.
import NIOCore
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

extension RecoveryTests {
    @Test func `what a middleware emits to a client that comes back arrives once`() async throws {
        let configuration = Self.configuration { $0.skipsMiddlewares = false }
        try await Self.withServer(configuration) { chat in
            chat.use { socket in try? socket.emit("hello", 1) }
        } body: { port, chat, log in
            let (first, reply, _) = try await Self.join(port)
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("missed", 2)
            let (_, _, before) = try await Self.join(port, pid: reply.pid)
            #expect(try before.map(Self.bare) == [#"2["missed",2]"#, #"2["hello",1]"#])
        }
    }

    @Test func `what a middleware emits when there is room to a client that comes back arrives once`() async throws {
        let configuration = Self.configuration { $0.skipsMiddlewares = false }
        try await Self.withServer(configuration) { chat in
            chat.use { socket async in try? await socket.emitWhenWritable("hello", [1]) }
        } body: { port, chat, log in
            let (first, reply, before) = try await Self.join(port)
            #expect(try before.map(Self.bare) == [#"2["hello",1]"#])
            try await log.line("in: false Ada")
            try await Self.lose(first)
            try await log.line(beginning: "out")
            try chat.emit("missed", 2)
            let offset = try Self.offset(of: try #require(before.first))
            let (second, _, missed) = try await Self.join(port, pid: reply.pid, offset: offset)
            #expect(try missed.map(Self.bare) == [#"2["missed",2]"#, #"2["hello",1]"#])
            let socket = try #require(chat.socket(SocketID(rawValue: reply.sid)))
            try await socket.emitWhenWritable("now", [3])
            #expect(try Self.bare(try await second.receive()) == #"2["now",3]"#)
        }
    }

    @Test(arguments: Transport.allCases)
    func `who missed more than fits its outbox joins anew, over the same connection`(transport: Transport) async throws
    {
        var configuration = Self.configuration()
        configuration.engine.limits.outboxBytes = 20_000
        let text = String(repeating: "x", count: 900)
        try await Self.withServer(configuration) { port, chat, log in
            for (count, isRecovered) in [(10, true), (12, false)] {
                let (first, reply, _) = try await Self.join(port, over: transport)
                let seen = log.all.count { $0.hasPrefix("out") }
                try await Self.lose(first)
                try await eventually("it has left") { log.all.count { $0.hasPrefix("out") } > seen }
                for _ in 1...count { try chat.emit("missed", .string(text)) }
                let (second, again, before) = try await Self.join(port, over: transport, pid: reply.pid)
                #expect((again.sid == reply.sid) == isRecovered)
                #expect(before.count == (isRecovered ? count : 0))
                try await second.send("1")
            }
        }
    }

    @Test func `what is kept goes in time`() async throws {
        let time = ManualTime()
        let source = TimeSource(manual: time)
        let store = RecoveryStore(
            settings: ConnectionStateRecovery(),
            mostMissedBytes: 1 << 20,
            limits: LimitReporter(label: "test", logger: quietLogger(), time: source),
            time: source
        )
        var packet: OutboundPacket? = OutboundPacket.event("e", namespace: "/")
        packet?.endArray()
        _ = store.send(
            &packet,
            to: .socket(SocketID(rawValue: "")),
            observed: nil,
            unlessEnteredSince: nil
        ) { _ in }
        #expect(store.counts == (1, 0))
        await time.advance(by: .seconds(121))
        #expect(store.counts == (0, 0))
    }
}
