/// Emitting no faster than a client reads, and what becomes of clients that do not read at all.
import EngineIO
import MetricsTestKit
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct WaitingEmitTests {
    private static let row = Event<Int, String>("row")
    private static let filler = String(repeating: "x", count: 20_000)

    /// A server with a client that has stopped reading.
    private func withStalledClient(
        _ change: (inout EngineIOConfiguration) -> Void = { _ in },
        setUp: (SocketIOServer) throws -> Void = { _ in },
        body: (WatchedServer, WebSocketTestClient, Socket) async throws -> Void
    ) async throws {
        let sockets = EventLog<Socket>()
        var configuration = SocketIOConfiguration.testing()
        configuration.engine.outboxHighWaterMark = 100_000
        configuration.engine.outboxLowWaterMark = 20_000
        change(&configuration.engine)
        try await WatchedServer.run(
            configuration,
            setUp: { server in
                server.namespace("/").onConnect { sockets.append($0) }
                try setUp(server)
            },
            body: { watched in
                let connection = try await RawConnection.connect(port: watched.port, receiveBuffer: 4096)
                let client = try await WebSocketTestClient.open(
                    on: HTTPTestClient(connection),
                    "/socket.io/?EIO=4&transport=websocket"
                )
                _ = try await client.receiveText()
                try await client.send("40")
                _ = try await client.receiveText()
                try await connection.stopReading()
                try await body(watched, client, try await sockets.count(1)[0])
                try await connection.close()
            }
        )
    }

    @Test func `whoever waits sends as fast as the client reads, everything and in order`() async throws {
        try await self.withStalledClient { watched, client, socket in
            let bystander = try await Bystander(port: watched.port)
            let count = 600
            let sizes = EventLog<Int>()
            let sending = Task {
                for number in 0..<count {
                    try await socket.emitWhenWritable(Self.row, number, Self.filler)
                    sizes.append(socket.session.outboxBytes)
                }
            }
            try await eventually("it waits") { socket.session.waitingSends == 1 }
            for _ in 0..<20 { try await bystander.expectService() }
            #expect(socket.isConnected && sizes.all.count < count)
            try await client.connection.resumeReading()
            for number in 0..<count { #expect(try await client.receiveText().hasPrefix("42[\"row\",\(number),")) }
            try await sending.value
            #expect(sizes.all.allSatisfy { $0 < 100_000 + 21_000 })
            #expect(socket.state.withLock { $0.sends == nil })
            #expect(watched.metrics.counterTotal(label: "engineio.limit_reached") == 0)
        }
    }

    @Test func `those that wait are served in the order of their calls`() async throws {
        try await self.withStalledClient { _, client, socket in
            let number = try await self.fill(socket)
            var waits: [Task<Void, any Error>] = []
            for waiting in 0..<10 {
                waits.append(Task { try await socket.emitWhenWritable("late", [.int(Int64(waiting))]) })
                try await eventually("it waits") { socket.session.waitingSends == waiting + 1 }
            }
            try await client.connection.resumeReading()
            for sent in 0..<number { #expect(try await client.receiveText().hasPrefix("42[\"row\",\(sent),")) }
            for waiting in 0..<10 { #expect(try await client.receiveText() == "42[\"late\",\(waiting)]") }
            for wait in waits { try await wait.value }
        }
    }

    /// Emits until nothing is written any more, and the outbox has no room.
    ///
    /// - Returns: The number of events.
    private func fill(_ socket: Socket) async throws -> Int {
        var number = 0
        while true {
            if socket.session.outboxBytes < 100_000 {
                try socket.emit(Self.row, number, Self.filler)
                number += 1
            } else if try await self.isStuck(socket.session) {
                return number
            }
        }
    }

    /// Whether the loop has had turns enough to write all that the system takes, and there is still no room.
    private func isStuck(_ session: Session) async throws -> Bool {
        for _ in 0..<10 {
            try await session.home.submit {}?.get()
            guard session.outboxBytes >= 100_000, !session.state.withLock(\.isSinkWritable) else { return false }
        }
        return true
    }

    /// Fills the outbox, then has an event wait.
    private func wait(on socket: Socket) async throws -> Task<SocketIOError.Code?, Never> {
        _ = try await self.fill(socket)
        let task = Task { () -> SocketIOError.Code? in
            do throws(SocketIOError) {
                try await socket.emitWhenWritable(Self.row, 1, "late")
                return nil
            } catch {
                return error.code
            }
        }
        try await eventually("it waits") { socket.session.waitingSends == 1 }
        return task
    }

    @Test func `cancellation ends the wait and sends nothing`() async throws {
        try await self.withStalledClient { _, client, socket in
            let wait = try await self.wait(on: socket)
            wait.cancel()
            #expect(await wait.value == .cancelled)
            #expect(socket.session.waitingSends == 0)
            #expect(socket.state.withLock { $0.sends == nil })
            try socket.emit("end")
            try await client.connection.resumeReading()
            while true {
                let text = try await client.receiveText()
                #expect(!text.contains("late"))
                if text == "42[\"end\"]" { break }
            }
        }
    }

    @Test func `a socket that leaves ends the wait, also when its connection stays`() async throws {
        try await self.withStalledClient { _, client, socket in
            let wait = try await self.wait(on: socket)
            socket.disconnect()
            #expect(await wait.value == .disconnected)
            #expect(socket.session.isOpen && socket.session.waitingSends == 0)
            try await client.connection.resumeReading()
            while true {
                let text = try await client.receiveText()
                #expect(!text.contains("late"))
                if text == "41" { break }
            }
        }
    }

    @Test func `a connection that is lost ends the wait`() async throws {
        try await self.withStalledClient { _, client, socket in
            let wait = try await self.wait(on: socket)
            try await client.connection.reset()
            #expect(await wait.value == .disconnected)
            #expect(socket.session.waitingSends == 0)
        }
    }

    @Test func `an event that cannot be sent at all throws at once`() async throws {
        try await self.withStalledClient { _, _, socket in
            let error = await #expect(throws: SocketIOError.self) { try await socket.emitWhenWritable("disconnect") }
            #expect(error?.code == .reservedEventName)
        }
    }

    @Test func `outgoing interceptors are asked`() async throws {
        try await self.withStalledClient(
            setUp: { $0.namespace("/").interceptOutgoing { _, event in event.name != "secret" } },
            body: { _, client, socket in
                try await socket.emitWhenWritable("secret")
                try await socket.emitWhenWritable("open")
                try await client.connection.resumeReading()
                #expect(try await client.receiveText() == "42[\"open\"]")
            }
        )
    }

    @Test func `with recovery the offsets are in the order in which events leave`() async throws {
        var configuration = SocketIOConfiguration.testing()
        configuration.connectionStateRecovery = ConnectionStateRecovery()
        let sockets = EventLog<Socket>()
        try await WatchedServer.run(
            configuration,
            setUp: { $0.namespace("/").onConnect { sockets.append($0) } },
            body: { watched in
                let client = try await SocketIOTestClient.connect(port: watched.port)
                try await client.send("0")
                _ = try await client.receive()
                let socket = try await sockets.count(1)[0]
                for number in 0..<20 {
                    if number % 2 == 0 {
                        try await socket.emitWhenWritable("e", [.int(Int64(number))])
                    } else {
                        try socket.emit("e", .int(Int64(number)))
                    }
                }
                var offsets: [String] = []
                for number in 0..<20 {
                    let parts = try await client.receive().split { "[],".contains($0) }
                    #expect(parts[2] == "\(number)")
                    offsets.append(String(parts[3].dropFirst().dropLast()))
                }
                #expect(Set(offsets).count == 20)
                #expect(offsets == offsets.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) })
                try await eventually("nobody has the turn") {
                    socket.session.state.withLock { $0.sendQueue == nil }
                }
            }
        )
    }

    // MARK: Broadcasts

    @Test func `a broadcast never waits: who does not read is cut off, the others get everything`() async throws {
        try await self.withStalledClient(
            { $0.limits.outboxBytes = 500_000 },
            body: { watched, _, socket in
                let other = try await SocketIOTestClient.connect(port: watched.port)
                try await other.join()
                let log = Log()
                watched.namespace.onDisconnect { _, reason in log.append("\(reason)") }
                var number = 0
                while socket.isConnected, number < 5000 {
                    try watched.namespace.emit(Self.row, number, Self.filler)
                    #expect(try await other.receive().hasPrefix("2[\"row\",\(number),"))
                    #expect(socket.session.outboxBytes <= 500_000)
                    number += 1
                }
                #expect(!socket.isConnected)
                try watched.namespace.emit("end")
                try await other.expect(#"2["end"]"#)
            }
        )
    }

    @Test func `volatile broadcasts are dropped for who does not read, under the policy that says so`() async throws {
        try await self.withStalledClient(
            {
                $0.limits.outboxBytes = 300_000
                $0.outboxPolicy = .dropOldestVolatile
            },
            body: { watched, client, socket in
                let other = try await SocketIOTestClient.connect(port: watched.port)
                try await other.join()
                for number in 0..<1000 {
                    try watched.namespace.volatile.emit(Self.row, number, Self.filler)
                    if number % 100 == 0 { try watched.namespace.emit("lasting", .int(Int64(number))) }
                    // Nothing is lost for who reads.
                    #expect(try await other.receive().hasPrefix("2[\"row\",\(number),"))
                    if number % 100 == 0 { try await other.expect("2[\"lasting\",\(number)]") }
                    #expect(socket.session.outboxBytes <= 300_000)
                }
                #expect(socket.isConnected)
                try watched.namespace.emit("end")
                try await client.connection.resumeReading()
                var (rows, lasting): ([Int], [Int]) = ([], [])
                while true {
                    let text = try await client.receiveText()
                    if text == "42[\"end\"]" { break }
                    let parts = text.split { "[],".contains($0) }
                    guard let number = Int(parts[2]) else { continue }
                    if parts[1] == "\"row\"" { rows.append(number) } else { lasting.append(number) }
                }
                #expect(lasting == Array(stride(from: 0, to: 1000, by: 100)))
                #expect(rows == rows.sorted() && rows.count < 1000 && rows.last == 999)
            }
        )
    }
}
