/// Every timer of the server fires at its time, not a millisecond sooner, with the time moved by hand.
import EngineIO
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

/// A timer of a connection that speaks bytes of its own.
struct WireTimer: Sendable, CustomTestStringConvertible {
    /// The option that sets the timer, whose default is its time.
    var name: String
    var duration: Duration
    /// Brings a connection to where the timer runs.
    var begin: @Sendable (RawWire) async throws -> Void
    /// What the server has sent at the end, if it says anything.
    var farewell: String?

    var testDescription: String { self.name }

    static let all: [WireTimer] = [
        WireTimer(name: "headTimeout before any request", duration: .seconds(60)) { _ in },
        WireTimer(name: "headTimeout in a head", duration: .seconds(60)) { $0.send("GET / HTTP/1.1\r\nHost: x") },
        WireTimer(name: "headTimeout between requests", duration: .seconds(60)) { wire in
            let answer = try await wire.request("GET", "/")
            #expect(answer.status == 404)
        },
        WireTimer(
            name: "bodyTimeout",
            duration: .seconds(30),
            begin: { wire in
                let open = try await wire.request("GET", "/socket.io/?EIO=4&transport=polling")
                let sid = try WireTimer.sid(in: open.body)
                wire.send("POST /socket.io/?EIO=4&transport=polling&sid=\(sid) HTTP/1.1\r\nHost: x\r\n")
                wire.send("Content-Length: 3\r\n\r\n4")
            },
            farewell: "408 Request Timeout"
        ),
        WireTimer(name: "connectTimeout over a WebSocket", duration: .seconds(45)) { wire in
            try await wire.openWebSocket("/socket.io/")
            try await wire.wait(for: "sid")
            // Answers the close handshake, or that would have its own timer.
        },
    ]

    static func sid(in open: String) throws -> String {
        let parts = open.split(separator: "\"", omittingEmptySubsequences: false)
        let position = try #require(parts.firstIndex(of: "sid"))
        return String(parts[position + 2])
    }
}

@Suite(.timeLimit(.minutes(1))) struct TimerTests {
    private let log = Log()

    /// A server that writes down why sockets leave; pings are an hour apart unless a test is about them.
    private func server(
        hasHeartbeat: Bool = false,
        _ change: (inout SocketIOConfiguration) -> Void = { _ in },
        adapter: @escaping @Sendable (String) -> any Adapter = { _ in InMemoryAdapter() }
    ) throws -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.threads = 2
        if !hasHeartbeat { configuration.engine.pingInterval = .seconds(3600) }
        change(&configuration)
        let server = try SocketIOServer(configuration: configuration, logger: quietLogger(), makeAdapter: adapter)
        server.logging(to: self.log)
        return server
    }

    // MARK: Engine.IO

    @Test(arguments: Way.all)
    func `a client that answers pings stays for hours`(way: Way) async throws {
        try await self.server(hasHeartbeat: true).test(way.mode) { harness in
            let client = try await harness.connect(transport: way.transport)
            try await harness.time.advance(by: .seconds(3 * 3600))
            #expect(client.isConnected)
            #expect(self.log.all.isEmpty)
            #expect(harness.time.elapsed == .seconds(3 * 3600))
        }
    }

    @Test(arguments: Way.all)
    func `a client that does not answer pings goes after pingInterval and pingTimeout`(way: Way) async throws {
        try await self.server(hasHeartbeat: true).test(way.mode) { harness in
            let client = try await harness.connect(transport: way.transport)
            client.stopAnsweringPings()
            try await harness.time.advance(by: .milliseconds(44_999))
            #expect(client.isConnected)
            try await harness.time.advance(by: .milliseconds(1))
            try await client.disconnected()
            try await self.log.expect(["left: ping timeout"])
        }
    }

    @Test(arguments: TestingMode.allCases, WireTimer.all)
    func `a silent connection ends at its time`(mode: TestingMode, timer: WireTimer) async throws {
        try await self.server().test(mode) { harness in
            let wire = try await harness.openWire()
            try await timer.begin(wire)
            try await harness.time.advance(by: timer.duration - .milliseconds(1))
            try await harness.settle()
            #expect(!wire.hasEnded)
            try await harness.time.advance(by: .milliseconds(1))
            if timer.name.hasSuffix("WebSocket") {
                // The close frame; then the client has closeHandshakeTimeout.
                try await harness.time.advance(by: .seconds(30) - .milliseconds(1))
                #expect(!wire.hasEnded)
                try await harness.time.advance(by: .milliseconds(1))
            }
            let sent = try await wire.untilEnd()
            if let farewell = timer.farewell { #expect(sent.contains(farewell)) }
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a candidate that does not upgrade goes after upgradeTimeout, its session stays`(
        mode: TestingMode
    ) async throws {
        try await self.server { $0.engine.limits.closeHandshakeTimeout = .seconds(5) }.test(mode) { harness in
            let client = try await harness.connect(transport: .polling)
            let candidate = try await harness.openWire()
            try await candidate.openWebSocket("/socket.io/", sid: client.sessionID)
            try await harness.time.advance(by: .milliseconds(14_999))
            #expect(!candidate.hasEnded)
            try await harness.time.advance(by: .milliseconds(1))
            try await candidate.untilEnd()
            #expect(client.isConnected)
            try await client.upgrade()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a poll that comes after the probe is released a tenth of a second later`(mode: TestingMode) async throws {
        try await self.server().test(mode) { harness in
            let (polls, candidate) = (try await harness.openWire(), try await harness.openWire())
            let path = "/socket.io/?EIO=4&transport=polling"
            let sid = try WireTimer.sid(in: try await polls.request("GET", path).body)
            try await candidate.openWebSocket("/socket.io/", sid: sid)
            candidate.send(frame: "2probe")
            try await candidate.wait(for: "3probe")
            polls.start("GET", "\(path)&sid=\(sid)")
            try await harness.settle()
            let before = polls.received
            try await harness.time.advance(by: .milliseconds(99))
            #expect(polls.received == before)
            try await harness.time.advance(by: .milliseconds(1))
            #expect(try await polls.response() == (200, "6"))
        }
    }

    @Test(arguments: [(TestingMode.inMemory, true), (.inMemory, false), (.live, true), (.live, false)])
    func `a polling session that was closed waits closingTimeout for a request`(
        mode: TestingMode,
        isInTime: Bool
    ) async throws {
        let server = try self.server()
        try await server.test(mode) { harness in
            let (wire, path) = (try await harness.openWire(), "/socket.io/?EIO=4&transport=polling")
            let target = "\(path)&sid=\(try WireTimer.sid(in: try await wire.request("GET", path).body))"
            #expect(try await wire.request("POST", target, body: "40").body == "ok")
            #expect(try await wire.request("GET", target).body.hasPrefix("40{"))
            server.disconnectSockets(closingConnection: true)
            try await harness.time.advance(by: isInTime ? .milliseconds(29_999) : .seconds(30))
            let answer = try await wire.request("GET", target)
            #expect(answer.status == (isInTime ? 200 : 400))
            if isInTime { #expect(answer.body.hasSuffix("1")) }
        }
    }

    // MARK: Socket.IO

    @Test(arguments: TestingMode.allCases)
    func `attachments that do not come cost the connection after attachmentTimeout`(mode: TestingMode) async throws {
        try await self.server().test(mode) { harness in
            let client = try await harness.connect()
            client.sendRaw(#"51-["x",{"_placeholder":true,"num":0}]"#)
            try await harness.time.advance(by: .milliseconds(44_999))
            #expect(client.isConnected)
            try await harness.time.advance(by: .milliseconds(1))
            try await client.disconnected()
            try await self.log.expect(["left: forced close"])
        }
    }

    @Test(arguments: TestingMode.allCases, [nil, Duration.seconds(5)])
    func `a socket waits for an acknowledgement as long as it is told, or as configured`(
        mode: TestingMode,
        timeout: Duration?
    ) async throws {
        let server = try self.server()
        let log = self.log
        server.namespace("/").on("go") { socket, _ async throws in
            do {
                _ = try await socket.emitWithAck("ask", timeout: timeout)
            } catch {
                log.append((error as? SocketIOError)?.code.rawValue ?? "\(error)")
                throw error
            }
        }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            try client.emit("go")
            let question = try await client.nextEvent("ask")
            try await harness.time.advance(by: (timeout ?? .seconds(60)) - .milliseconds(1))
            #expect(log.all.isEmpty)
            try await harness.time.advance(by: .milliseconds(1))
            try await log.line("acknowledgementTimeout")
            // Too late: ignored.
            try question.acknowledge("x")
            try await harness.settle()
            #expect(client.isConnected)
        }
    }

    @Test(arguments: TestingMode.allCases, [nil, Duration.seconds(5)])
    func `a broadcast waits as long as it is told, or as configured`(mode: TestingMode, timeout: Duration?) async throws
    {
        let server = try self.server()
        try await server.test(mode) { harness in
            let clients = [try await harness.connect(), try await harness.connect(transport: .polling)]
            clients[0].answer(AckEvent<Int>("ask")) { 7 }
            let target = timeout.map { server.timeout($0) } ?? server.local
            async let collected = target.emitWithAck(AckEvent<Int>("ask")).collected()
            _ = try await clients[1].nextEvent("ask")
            try await harness.time.advance(by: timeout ?? .seconds(60))
            let replies = try await collected
            #expect(replies.bySocket == [clients[0].id: 7])
            #expect(replies.failures.mapValues(\.code) == [clients[1].id: .acknowledgementTimeout])
        }
    }

    @Test func `other servers have the same time, though no socket of ours keeps it`() async throws {
        let adapter = DistantServers()
        let server = try self.server(adapter: { _ in adapter })
        try await server.test { harness in
            let log = self.log
            let answers = try server.timeout(.seconds(8)).emitWithAck(AckEvent<Int>("ask"))
            let waiting = Task {
                let replies = try await answers.collected()
                log.append("silent servers: \(replies.silentServers)")
            }
            try await harness.time.advance(by: .milliseconds(7999))
            #expect(log.all.isEmpty)
            try await harness.time.advance(by: .milliseconds(1))
            try await waiting.value
            #expect(log.all == ["silent servers: 3"])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `timers of all kinds come in their order`(mode: TestingMode) async throws {
        let server = try self.server(hasHeartbeat: true)
        let log = self.log
        server.namespace("/").on(Event<Int>("wait")) { socket, seconds async in
            do throws(SocketIOError) {
                _ = try await socket.emitWithAck("ask", timeout: .seconds(seconds))
            } catch {
                log.append("\(seconds): \(error.code.rawValue)")
            }
        }
        try await server.test(mode) { harness in
            let silent = try await harness.connect()
            silent.stopAnsweringPings()
            let other = try await harness.connect()
            // Each on a connection of its own: a socket's handlers run one after the other.
            for seconds in [50, 10, 30] {
                let client = try await harness.connect(transport: .polling)
                try client.emit(Event<Int>("wait"), seconds)
                _ = try await client.nextEvent("ask")
            }
            for (time, line) in [
                (10, "10: acknowledgementTimeout"), (30, "30: acknowledgementTimeout"), (45, "left: ping timeout"),
                (50, "50: acknowledgementTimeout"),
            ] {
                try await harness.time.advance(by: .seconds(time) - harness.time.elapsed)
                try await log.line(line)
            }
            #expect(log.all.count == 4)
            #expect(other.isConnected)
        }
    }

}

/// Three servers that never say anything.
private final class DistantServers: ForwardingAdapter {
    let base = InMemoryAdapter()

    func broadcast(
        _ packet: BroadcastPacket,
        to selection: BroadcastSelection,
        flags: BroadcastFlags,
        collecting collector: AckCollector
    ) {
        collector.expectServers(3)
    }
}
