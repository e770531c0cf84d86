/// Clients that send more than they may: dropped, made to wait, or sent away.
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct RateLimitTests {
    private static func configuration(
        events: RateLimit? = nil,
        bytes: RateLimit? = nil
    ) -> SocketIOConfiguration {
        .testing {
            $0.limits.eventsPerSecond = events
            $0.limits.bytesPerSecond = bytes
        }
    }

    private static func count(_ server: SocketIOServer, into log: EventLog<Int>) {
        server.namespace("/").on(Event<Int>("number")) { _, number in log.append(number) }
    }

    // MARK: Dropping

    @Test(arguments: Transport.allCases)
    func `events beyond the rate are dropped and counted, and nothing else is`(transport: Transport) async throws {
        let log = EventLog<Int>()
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 6, beyond: .drop))
        try await WatchedServer.run(
            configuration,
            setUp: { Self.count($0, into: log) },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
                try await client.join()
                for number in 1...100 { try await client.emit("number", "\(number)") }
                // Joining was one, so five are left.
                try await eventually("all have arrived") {
                    log.all.count + Int(watched.count(ofLimit: "eventsPerSecond")) == 100
                }
                #expect(log.all == [1, 2, 3, 4, 5])
                try await Bystander(port: watched.port).expectService()
            }
        )
    }

    @Test func `a dropped event is not acknowledged, its attachments are dropped with it, its payload is not read`()
        async throws
    {
        let log = EventLog<Int>()
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 2, beyond: .drop))
        try await WatchedServer.run(
            configuration,
            setUp: { Self.count($0, into: log) },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.emit("number", "1")
                // The second is no JSON, which nobody finds out.
                try await client.sendPacket(#"52-7["alive",{"_placeholder":true,"num":0}]"#, with: [1], [2])
                try await client.send("2[no JSON", #"28["alive"]"#)
                // What a client answers, and what makes it leave, are no events.
                try await client.send("399[]", "1", "0/other,")
                try await client.expect(#"4/other,{"message":"Too many requests"}"#)
                #expect(log.all == [1])
                #expect(watched.count(ofLimit: "eventsPerSecond") == 4)
                #expect(watched.namespace.socketCount == 0)
            }
        )
    }

    @Test(arguments: [
        #"2/other,["x"]"#, #"55-/other,["x"]"#, "0", "5999-[]", "9",
    ])
    func `what is dropped must keep the rules all the same`(packet: String) async throws {
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 1, beyond: .drop))
        try await WatchedServer.run(configuration) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try await client.send(packet)
            for _ in 0..<5 where packet.hasPrefix("55") { try? await client.send(binary: [1]) }
            try await client.expectEnd()
        }
    }

    @Test func `bytes beyond the rate are dropped, acknowledgements too`() async throws {
        let log = EventLog<Int>()
        let configuration = Self.configuration(bytes: RateLimit(0.001, burst: 100, beyond: .drop))
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                Self.count(server, into: log)
                server.namespace("/").on("big") { _, arguments in log.append(arguments.count) }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                // Taken whole, attachment included, as long as anything is left.
                try await client.sendPacket(
                    #"51-["big",{"_placeholder":true,"num":0}]"#,
                    with: [UInt8](repeating: 1, count: 5000)
                )
                try await log.count(1)
                for number in 1...3 { try await client.emit("number", "\(number)") }
                try await client.send("31[]")
                try await eventually("four are dropped") { watched.count(ofLimit: "bytesPerSecond") == 4 }
                #expect(log.all == [1])
            }
        )
    }

    // MARK: Closing

    @Test(arguments: Transport.allCases)
    func `a client beyond the rate is sent away with a reason of its own`(transport: Transport) async throws {
        let log = Log()
        let numbers = EventLog<Int>()
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 4, beyond: .close))
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                server.logging(to: log)
                Self.count(server, into: numbers)
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
                try await client.join()
                for number in 1...50 { try? await client.emit("number", "\(number)") }
                try await log.line("left: rate exceeded")
                #expect(numbers.all == [1, 2, 3])
                try await client.expectEnd()
                #expect(watched.count(ofLimit: "eventsPerSecond") == 1)
            }
        )
    }

    @Test func `attachments count as bytes`() async throws {
        let log = Log()
        let configuration = Self.configuration(bytes: RateLimit(0.001, burst: 1000, beyond: .close))
        try await WatchedServer.run(
            configuration,
            setUp: { $0.logging(to: log) },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                try await client.sendPacket(#"52-["alive"]"#, with: [UInt8](repeating: 1, count: 2000), [1])
                try await log.line("left: rate exceeded")
                #expect(watched.count(ofLimit: "bytesPerSecond") == 1)
            }
        )
    }

    // MARK: Making it wait

    @Test(arguments: Transport.allCases)
    func `a client that has to wait is served at the rate, in order, and loses nothing`(
        transport: Transport
    ) async throws {
        let (log, sockets) = (EventLog<Int>(), EventLog<Socket>())
        let (count, burst) = (30, 10)
        let configuration = Self.configuration(events: RateLimit(50, burst: burst, beyond: .delay))
        let time = ManualTime()
        try await WatchedServer.run(
            configuration,
            time: time,
            setUp: { server in
                Self.count(server, into: log)
                server.namespace("/").onConnect { sockets.append($0) }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
                try await client.join()
                let session = try await sockets.count(1)[0].session
                let sending = Task { for number in 1...count { try await client.emit("number", "\(number)") } }
                // Joining was one, and one more than the burst is taken.
                for taken in stride(from: burst, through: count, by: 2) {
                    #expect(try await log.count(taken) == Array(1...taken))
                    guard taken < count else { break }
                    try await eventually("the connection is held") { session.isInputHeld }
                    #expect(log.all.count == taken)
                    // What was taken too much is made up for before the next: two of them in 40 ms.
                    await time.advance(by: .milliseconds(41))
                }
                #expect(watched.count(ofLimit: "eventsPerSecond") == 11)
                await time.advance(by: .seconds(1))
                try await sending.value
                try await client.emit("alive", id: 1)
                try await client.expect("31[]")
            }
        )
    }

    @Test(arguments: Transport.allCases)
    func `a client that has to wait is all that waits`(transport: Transport) async throws {
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 5, beyond: .delay))
        try await WatchedServer.run(configuration) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port, over: transport)
            try await client.join()
            let sending = Task { while !Task.isCancelled { try await client.emit("alive") } }
            defer { sending.cancel() }
            try await watched.expectLimit("eventsPerSecond")
            try await Bystander(port: watched.port).expectService()
            try await client.engine.cut()
            await #expect(throws: (any Error).self) { try await sending.value }
        }
    }

    @Test func `a connection that has to wait is not read, and leaves no deadline when it ends`() async throws {
        let configuration = Self.configuration(bytes: RateLimit(0.001, burst: 100, beyond: .delay))
        let sockets = EventLog<Socket>()
        try await WatchedServer.run(
            configuration,
            setUp: { $0.namespace("/").onConnect { sockets.append($0) } },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                let session = try await sockets.count(1)[0].session
                let deadlines = session.home.deadlineCount
                try await client.emit("x", #""\#(String(repeating: "x", count: 10_000))""#)
                try await client.emit("x")
                try await eventually("the connection is held") { session.isInputHeld }
                #expect(session.home.deadlineCount == deadlines + 1)
                try await watched.expectLimit("bytesPerSecond")
                // Hours are to be made up for.
                try await client.engine.cut()
                session.close()
                try await eventually("no deadline is left") { session.home.deadlineCount < deadlines }
            }
        )
    }

    @Test func `both rates may hold one connection, which is read again`() async throws {
        let log = EventLog<Int>()
        let configuration = Self.configuration(
            events: RateLimit(100, burst: 2, beyond: .delay),
            bytes: RateLimit(500, burst: 10, beyond: .delay)
        )
        try await WatchedServer.run(
            configuration,
            setUp: { Self.count($0, into: log) },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join()
                for number in 1...20 { try await client.emit("number", "\(number)") }
                #expect(try await log.count(20) == Array(1...20))
                #expect(watched.count(ofLimit: "bytesPerSecond") >= 1)
            }
        )
    }

    @Test func `the rate is the connection's, whatever number of namespaces it has joined`() async throws {
        let log = EventLog<Int>()
        let configuration = Self.configuration(events: RateLimit(0.001, burst: 10, beyond: .drop))
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                for name in ["/a", "/b"] { server.namespace(name).on("e") { _, _ in log.append(1) } }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.join("/a")
                try await client.join("/b")
                for _ in 0..<50 {
                    try await client.emit("e", to: "/a")
                    try await client.emit("e", to: "/b")
                }
                try await eventually("all have arrived") {
                    log.all.count + Int(watched.count(ofLimit: "eventsPerSecond")) == 100
                }
                #expect(log.all.count == 8)
            }
        )
    }

    @Test func `packets of MessagePack are counted as others are`() async throws {
        /// A map of type and namespace, with an event's array when there is a name.
        func packet(_ type: UInt8, _ name: String? = nil) -> [UInt8] {
            let list = name.map { [0xA4] + "data".utf8 + [0x91, 0xA0 | UInt8($0.utf8.count)] + Array($0.utf8) } ?? []
            return [name == nil ? 0x82 : 0x83, 0xA4] + "type".utf8 + [type] + list + [0xA3] + "nsp".utf8 + [0xA1, 0x2F]
        }
        let log = Log()
        var configuration = Self.configuration(events: RateLimit(0.001, burst: 3, beyond: .drop))
        configuration.parser = .messagePack
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                server.logging(to: log)
                server.namespace("/").on("e") { _, _ in log.append("e") }
            },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.send(binary: packet(0))
                _ = try await client.receiveBinary()
                for _ in 0..<5 { try await client.send(binary: packet(2, "e")) }
                // To leave is always possible; to come again is an event too many.
                try await client.send(binary: packet(1))
                try await log.line("left: client namespace disconnect")
                try await client.send(binary: packet(0))
                let refusal = String(decoding: try await client.receiveBinary(), as: UTF8.self)
                #expect(refusal.contains("Too many requests"))
                #expect(log.all == ["e", "e", "left: client namespace disconnect"])
                #expect(watched.count(ofLimit: "eventsPerSecond") == 4)
            }
        )
    }
}

extension SocketIOTestClient {
    /// Sends a packet and its attachments.
    fileprivate func sendPacket(_ packet: String, with attachments: [UInt8]...) async throws {
        try await self.send(packet)
        for attachment in attachments { try await self.send(binary: attachment) }
    }
}
