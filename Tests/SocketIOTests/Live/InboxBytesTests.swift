/// What waits for handlers is bounded in bytes too, over all namespaces of a connection.
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct InboxBytesTests {
    private static let text = Event<String>("text")
    private static let large = String(repeating: "x", count: 600)
    /// The handlers that have begun.
    private let begun = EventLog<Void>()

    /// A server that takes no more than 1,000 bytes, and in which everything waits at the gate.
    private func withServer(
        _ gate: Gate,
        setUp: (Namespace) -> Void = { _ in },
        body: (_ port: Int, _ sockets: EventLog<Socket>, _ log: Log) async throws -> Void
    ) async throws {
        let (sockets, log) = (EventLog<Socket>(), Log())
        let pass: @Sendable () async -> Void = {
            self.begun.append(())
            await gate.pass()
        }
        try await withSocketServer(
            .testing { $0.limits.inboxBytes = 1000 },
            setUp: { server in
                for name in ["/", "/other"] {
                    server.namespace(name).onConnect { sockets.append($0) }
                    server.namespace(name).on(Self.text) { _, text async in
                        await pass()
                        log.append("\(name) \(text.prefix(1))")
                    }
                    server.namespace(name).on(Event<String>("beside"), order: .concurrent) { _, text async in
                        await pass()
                        log.append("\(name) \(text.prefix(1))")
                    }
                }
                server.namespace("/").on(Event<ByteBuffer>("bytes")) { _, bytes async in
                    await pass()
                    log.append("\(bytes.readableBytes)")
                }
                _ = server.namespace("/free")
                setUp(server.namespace("/"))
            },
            body: { port in try await body(port, sockets, log) }
        )
    }

    @Test(arguments: Transport.allCases)
    func `events of several namespaces count together`(transport: Transport) async throws {
        let gate = Gate()
        try await self.withServer(gate) { port, sockets, log in
            let client = try await SocketIOTestClient.connect(port: port, over: transport)
            try await client.join()
            try await client.join("/other")
            let session = try await sockets.count(2)[0].session
            // In each namespace one is handled, and the other waits.
            let events = ["42", "42/other,"].flatMap { [#"\#($0)["text","a"]"#, #"\#($0)["text","\#(Self.large)"]"#] }
            async let sent: Void = client.engine.send(events[0], events[2], events[1], events[3])
            if transport == .webSocket { try await sent }
            try await eventually("the connection is held") { session.isInputHeld }
            gate.open()
            try await sent
            #expect(try await log.count(4).sorted() == ["/ a", "/ x", "/other a", "/other x"])
            try await eventually("the connection is read") { !session.isInputHeld }
            try await client.join("/free")
        }
    }

    @Test func `attachments count, until the handler of their event has ended`() async throws {
        let gate = Gate()
        try await self.withServer(gate) { port, sockets, log in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            let session = try await sockets.count(1)[0].session
            try await client.send(#"51-["bytes",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: Array(repeating: 0, count: 1000))
            try await eventually("the connection is held") { session.isInputHeld }
            gate.open()
            try await log.expect(["1000"])
            try await client.join("/other")
        }
    }

    @Test func `events count before the middlewares have let their socket in`() async throws {
        let (gate, connecting) = (Gate(), EventLog<Socket>())
        try await self.withServer(gate) { namespace in
            namespace.use { socket async throws in
                connecting.append(socket)
                await gate.pass()
            }
        } body: { port, _, log in
            let client = try await SocketIOTestClient.connect(port: port)
            let event = #"42["text","\#(Self.large)"]"#
            try await client.engine.send("40", event, event)
            let session = try await connecting.count(1)[0].session
            try await eventually("the connection is held") { session.isInputHeld }
            gate.open()
            try await log.expect(["/ x", "/ x"])
            _ = try await client.receive()
            try await client.join("/free")
        }
    }

    @Test func `handlers that run at the same time count until they have ended`() async throws {
        let gate = Gate()
        try await self.withServer(gate) { port, sockets, log in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            let session = try await sockets.count(1)[0].session
            for _ in 1...2 { try await client.emit("beside", "\"\(Self.large)\"") }
            try await eventually("the connection is held") { session.isInputHeld }
            gate.open()
            try await log.expect(["/ x", "/ x"])
            try await client.join("/free")
        }
    }

    @Test func `what a socket left waiting counts no more`() async throws {
        let gate = Gate()
        try await self.withServer(gate) { port, sockets, _ in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            let socket = try await sockets.count(1)[0]
            for text in ["a", Self.large, Self.large] { try await client.emit("text", "\"\(text)\"") }
            try await eventually("the connection is held") { socket.session.isInputHeld }
            socket.disconnect()
            try await client.expect("1")
            try await client.join("/free")
            gate.open()
        }
    }

    @Test func `what handlers are at work on counts until they have ended, also when their socket has left`()
        async throws
    {
        let gate = Gate()
        try await self.withServer(gate) { port, sockets, log in
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            let socket = try await sockets.count(1)[0]
            for name in ["text", "beside"] { try await client.emit(name, "\"\(Self.large)\"") }
            try await eventually("the connection is held") { socket.session.isInputHeld }
            // What only waits leaves with its socket.
            try await self.begun.count(2)
            socket.disconnect()
            try await client.expect("1")
            #expect(socket.session.isInputHeld)
            gate.open()
            try await log.expect(["/ x", "/ x"])
            try await client.join("/free")
        }
    }

    @Test func `holding and releasing in quick succession loses nothing`() async throws {
        let log = EventLog<Int>()
        let limits = Mutex<LimitReporter?>(nil)
        try await withSocketServer(
            .testing {
                $0.threads = 2
                $0.limits.inboxBytes = 50
            },
            setUp: { server in
                limits.withLock { $0 = server.environment.limits }
                server.namespace("/").on(Event<Int>("number")) { _, number async in
                    if number % 3 == 0 { await Task.yield() }
                    log.append(number)
                }
            },
            body: { port in
                let client = try await SocketIOTestClient.connect(port: port)
                try await client.join()
                for first in stride(from: 0, to: 600, by: 30) {
                    let frames = (first..<first + 30).map { TestFrame(.text, #"42["number",\#($0)]"#) }
                    try await client.engine.webSocket?.connection.send(frames.flatMap(\.bytes))
                }
                try await log.expect(Array(0..<600))
                #expect(limits.withLock { $0?.count(of: .inboxBytes) ?? 0 } > 0)
            }
        )
    }

    @Test func `a meter holds once, and releases at half`() {
        let meter = InboxMeter(limit: 10)
        let steps = [4, 6, 0, 5, -5, -4, -1, 10, -16, 2].map { meter.add($0) }
        #expect(steps == [.none, .hold, .none, .none, .none, .none, .release, .hold, .release, .none])
    }
}
