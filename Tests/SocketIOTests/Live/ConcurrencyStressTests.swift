/// Everything at once, from many tasks: order and tables must hold. Also run under the thread sanitizer.
import EngineIO
import MetricsTestKit
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct ConcurrencyStressTests {
    /// For how long.
    private static let time = Duration.seconds(2)
    private static let rooms: [Room] = ["red", "green", "blue"]

    /// What clients have seen.
    private final class Report: Sendable {
        private struct State {
            var received = 0
            var disorder: [String] = []
        }

        private let state = Mutex(State())

        var received: Int { self.state.withLock { $0.received } }
        var disorder: [String] { self.state.withLock { $0.disorder } }

        func note(_ fault: String?) {
            self.state.withLock { state in
                state.received += 1
                if let fault { state.disorder.append(fault) }
            }
        }
    }

    /// One connection of a client: checks that each sender's numbers rise, and answers what wants an answer.
    private struct Reader {
        private var last: [String: Int] = [:]

        /// - Returns: The answer to send.
        mutating func read(_ packet: String, _ report: Report) -> String? {
            guard packet.hasPrefix("2"), let bracket = packet.firstIndex(of: "[") else { return nil }
            let parts = packet[bracket...].dropFirst().dropLast().split(separator: ",")
            if parts.count == 3, let number = Int(parts[2]) {
                let sender = String(parts[1])
                let before = self.last.updateValue(number, forKey: sender) ?? -1
                report.note(before < number ? nil : "\(sender): \(number) after \(before)")
            }
            let id = packet[packet.index(after: packet.startIndex)..<bracket].filter(\.isNumber)
            return id.isEmpty ? nil : "3\(id)[\(id)]"
        }
    }

    // MARK: The server

    private static func prepare(_ server: SocketIOServer, log: EventLog<Bool>) {
        let namespace = server.namespace("/")
        namespace.use { socket in socket.join(Self.rooms.randomElement() ?? "red") }
        namespace.use { _ async in await Task.yield() }
        namespace.onConnect { socket async in
            log.append(true)
            socket.join("all")
            await Task.yield()
        }
        namespace.on(Event<String, Int>("say")) { socket, sender, number in
            try namespace.emit("said", .string(sender), .int(Int64(number)))
        }
        namespace.on(Event<String, Int>("sayLater")) { socket, sender, number async throws in
            await Task.yield()
            try socket.to(Self.rooms).emit("said", .string(sender), .int(Int64(number)))
        }
        namespace.on("move", order: .concurrent) { socket, _ async in
            socket.leave(Self.rooms)
            await Task.yield()
            socket.join(Self.rooms.randomElement() ?? "red")
        }
        namespace.onDisconnect { _, _ async in
            await Task.yield()
            log.append(false)
        }
    }

    // MARK: The clients

    /// Joins, talks and goes, again and again.
    private static func comeAndGo(
        _ name: Int,
        port: Int,
        until end: ContinuousClock.Instant,
        _ report: Report
    ) async throws {
        var round = 0
        while ContinuousClock.now < end {
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.send("0")
            let reading = Task {
                var reader = Reader()
                while let packet = try? await client.receive(within: .seconds(5)) {
                    if let answer = reader.read(packet, report) { try? await client.send(answer) }
                }
            }
            // A sender is a connection: nothing orders what is sent over two of them.
            let sender = "\"client \(name) \(round)\""
            for number in 0..<Int.random(in: 1...60) where ContinuousClock.now < end {
                // The two handlers of one socket take turns, so that their broadcasts keep the order too.
                try? await client.emit(number % 2 == 0 ? "say" : "sayLater", sender, "\(number)")
                if number % 7 == 0 { try? await client.emit("move") }
            }
            switch round % 3 {
            case 0: try? await client.close()
            case 1: try? await client.engine.cut()
            default: try? await client.send("1")
            }
            try? await client.engine.cut()
            reading.cancel()
            await reading.value
            round += 1
        }
    }

    // MARK: The application

    /// Uses the namespace in all ways at random.
    private static func disturb(_ number: Int, _ namespace: Namespace, until end: ContinuousClock.Instant) async {
        var sent = 0
        while ContinuousClock.now < end {
            sent += 1
            let room = self.rooms.randomElement() ?? "red"
            let socket = namespace.sockets.randomElement()
            switch Int.random(in: 0..<12) {
            case 0: socket?.join(self.rooms)
            case 1: socket?.leaveAll()
            case 2: namespace.in(room).socketsJoin("blue")
            case 3: namespace.except(room).socketsLeave("green")
            case 4: _ = try? await socket?.emitWithAck("ask", timeout: .milliseconds(20))
            case 5: _ = try? await namespace.to(room).timeout(.milliseconds(20)).emitWithAck("askAll").collected()
            case 6: _ = try? await namespace.fetchSockets().map(\.rooms)
            case 7 where sent % 5 == 0: socket?.disconnect(closingConnection: Bool.random())
            case 8: try? await socket?.emitWhenWritable("waited", [.int(Int64(sent))])
            case 9: try? namespace.volatile.emit("said", .string("volatile \(number)"), .int(Int64(sent)))
            default: try? namespace.to(room).to("all").emit("said", .string("server \(number)"), .int(Int64(sent)))
            }
            await Task.yield()
        }
    }

    @Test func `order and tables hold when everybody does everything at once`() async throws {
        let log = EventLog<Bool>()
        let report = Report()
        let configuration = SocketIOConfiguration.testing {
            $0.threads = 2
            $0.limits.eventsPerInbox = 8
            $0.engine.outboxHighWaterMark = 2000
            $0.engine.outboxLowWaterMark = 500
            // Some clients go without a word.
            $0.engine.pingInterval = .seconds(1)
            $0.engine.pingTimeout = .seconds(3)
        }
        try await WatchedServer.run(
            configuration,
            setUp: { Self.prepare($0, log: log) },
            body: { watched in
                let end = ContinuousClock.now + Self.time
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for name in 0..<8 {
                        group.addTask { try await Self.comeAndGo(name, port: watched.port, until: end, report) }
                    }
                    for number in 0..<4 {
                        group.addTask { await Self.disturb(number, watched.namespace, until: end) }
                    }
                    try await group.waitForAll()
                }
                try await watched.expectNothingLeft(in: "/")
                let connected = log.all.count { $0 }
                #expect(connected >= 8 && log.all.count { !$0 } == connected)
                #expect(report.received > 100)
                #expect(report.disorder.isEmpty, "\(report.disorder.prefix(10))")
                #expect(watched.lines.all.allSatisfy { $0.message != "handler failed" })
                #expect(try watched.metrics.expectMeter("socketio.sockets").lastValue == 0)
            }
        )
    }
}
