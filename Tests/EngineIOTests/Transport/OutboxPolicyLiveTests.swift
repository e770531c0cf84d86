/// Clients that stop reading, under each way to deal with them: memory stays bounded, nobody else is disturbed.
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct OutboxPolicyLiveTests {
        /// A WebSocket that has stopped reading, and its session.
        private static func stalled(
            on server: EngineTestServer
        ) async throws -> (client: WebSocketTestClient, session: Session) {
            let connection = try await RawConnection.connect(port: server.port, receiveBuffer: 4096)
            let client = try await WebSocketTestClient.open(
                on: HTTPTestClient(connection),
                "/engine.io/?EIO=4&transport=websocket"
            )
            let sid = try OpenPacket(packet: try await client.receiveText()).sid
            try await connection.stopReading()
            return (client, try await server.session(sid))
        }

        private static func expectService(from client: EngineIOTestClient) async throws {
            try await client.send("4alive")
            #expect(try await client.receiveText() == "4alive")
        }

        @Test func `who waits for room sends no faster than the client reads, and loses nothing`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.outboxHighWaterMark = 200_000
            configuration.outboxLowWaterMark = 50_000
            try await withEngineServer(configuration) { server in
                let (client, session) = try await Self.stalled(on: server)
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let (count, size) = (400, 50_000)
                let sent = EventLog<Int>()
                let sending = Task {
                    for number in 0..<count {
                        try await session.sendWhenWritable(
                            MessageUnit(text: "\(number) " + String(repeating: "x", count: size))
                        )
                        sent.append(session.outboxBytes)
                    }
                }
                try await eventually("sending waits") { session.waitingSends == 1 }
                for _ in 0..<20 { try await Self.expectService(from: other) }
                #expect(sent.all.count < count)
                #expect(session.isOpen)
                try await client.connection.resumeReading()
                for number in 0..<count {
                    #expect(try await client.receiveText().hasPrefix("4\(number) "))
                }
                try await sending.value
                #expect(sent.all.allSatisfy { $0 <= 200_000 + size + 100 })
                try await Self.expectService(from: other)
            }
        }

        @Test func `a handler may send a client that reads more than its outbox holds`() async throws {
            let text = String(repeating: "x", count: 10_000)
            let flood: SessionRecorder.Reaction = { event in
                guard event.text == "flood" else { return }
                for number in 0..<900 { event.session.send(MessageUnit(text: "\(number) \(text)")) }
            }
            try await withEngineServer(reaction: flood) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                try await client.send("4flood")
                for number in 0..<900 { #expect(try await client.receiveText().hasPrefix("4\(number) ")) }
                #expect(server.events.all.allSatisfy { $0.closeReason == nil })
            }
        }

        @Test func `who waits for a client that goes is told`() async throws {
            try await withEngineServer { server in
                let (client, session) = try await Self.stalled(on: server)
                let sending = Task {
                    let unit = MessageUnit(text: String(repeating: "x", count: 50_000))
                    while true { try await session.sendWhenWritable(unit) }
                }
                try await eventually("sending waits") { session.waitingSends == 1 }
                try await client.connection.reset()
                let error = await #expect(throws: EngineIOError.self) { try await sending.value }
                #expect(error?.code == .sessionClosed)
                #expect(session.waitingSends == 0)
            }
        }

        @Test func `volatile messages are dropped for a client that does not read, which stays`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.outboxPolicy = .dropOldestVolatile
            configuration.limits.outboxBytes = 1 << 20
            try await withEngineServer(configuration) { server in
                let (client, session) = try await Self.stalled(on: server)
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let filler = String(repeating: "x", count: 20_000)
                var largest = 0
                session.send(MessageUnit(text: "first"))
                for number in 0..<2000 {
                    session.sendVolatile(MessageUnit(text: "v\(number) \(filler)"))
                    largest = max(largest, session.outboxBytes)
                    if number % 100 == 0 {
                        session.send(MessageUnit(text: "lasting \(number)"))
                        try await Self.expectService(from: other)
                    }
                }
                #expect(session.isOpen)
                #expect(largest <= 1 << 20)
                session.send(MessageUnit(text: "last"))
                try await client.connection.resumeReading()
                var texts: [String] = []
                while texts.last != "4last" { texts.append(String(try await client.receiveText().prefix(12))) }
                let lasting = texts.filter { $0.hasPrefix("4l") || $0.hasPrefix("4f") }
                let expected = stride(from: 0, to: 2000, by: 100).map { "4lasting \($0)" }
                #expect(lasting == ["4first"] + expected.map { String($0.prefix(12)) } + ["4last"])
                let numbers = texts.compactMap { text in
                    text.hasPrefix("4v") ? Int(text.dropFirst(2).prefix { $0 != " " }) : nil
                }
                #expect(numbers == numbers.sorted() && numbers.count < 2000)
                // The latest are there, the oldest were dropped.
                #expect(numbers.last == 1999)
            }
        }

        @Test func `under the policy that drops, a client that does not read lasting messages is cut off`() async throws
        {
            var configuration = EngineIOConfiguration()
            configuration.outboxPolicy = .dropOldestVolatile
            configuration.limits.outboxBytes = 100_000
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                for number in 0..<200 {
                    session.sendVolatile(MessageUnit(text: "v\(number)"))
                    session.send(MessageUnit(text: String(repeating: "x", count: 1000)))
                }
                #expect(try await server.closeReason(of: client.sid) == .outboxOverflow)
                #expect(session.outboxBytes == 0)
            }
        }
    }
}
