/// Clients that would exhaust a careless server: those that never read, and those that never speak.
import EngineIO
import HTTPTypes
import NIOCore
import TestSupport
import Testing

extension LiveTests {
    @Suite struct CrowdLiveTests {
        @Test func `a WebSocket that never reads is cut off, and nobody else notices`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.outboxBytes = 1 << 20
            try await withEngineServer(configuration) { server in
                let connection = try await RawConnection.connect(port: server.port, receiveBuffer: 4096)
                let lazy = try await WebSocketTestClient.open(
                    on: HTTPTestClient(connection),
                    "/engine.io/?EIO=4&transport=websocket"
                )
                let sid = try OpenPacket(packet: try await lazy.receiveText()).sid
                try await connection.stopReading()
                let session = try await server.session(sid)
                let other = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let unit = MessageUnit(text: String(repeating: "x", count: 50_000))
                var largest = 0
                // Far more than the outbox and the system's buffers hold.
                for index in 0..<2000 where session.isOpen {
                    session.send(unit)
                    largest = max(largest, session.outboxBytes)
                    guard index % 10 == 0 else { continue }
                    try await other.send("4\(index)")
                    #expect(try await other.receiveText() == "4\(index)")
                }
                #expect(try await server.closeReason(of: sid) == .outboxOverflow)
                #expect(largest <= 1 << 20)
                #expect(session.outboxBytes == 0)
                try await connection.resumeReading()
                // What the system had taken arrives; then the connection is gone, without a farewell.
                let rest = try await connection.readToEnd()
                #expect(rest.count < 100_000_000)
                try await other.send("4alive")
                #expect(try await other.receiveText() == "4alive")
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `a polling client that never polls is cut off too`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.outboxBytes = 100_000
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                for _ in 0..<200 { session.send(MessageUnit(text: String(repeating: "x", count: 1000))) }
                #expect(try await server.closeReason(of: client.sid) == .outboxOverflow)
                #expect(session.outboxBytes == 0)
                #expect(try await client.polls.request("GET", client.target).status == 400)
            }
        }

        @Test func `a client that reads slowly gets everything`() async throws {
            try await withEngineServer { server in
                let connection = try await RawConnection.connect(port: server.port, receiveBuffer: 4096)
                let client = try await WebSocketTestClient.open(
                    on: HTTPTestClient(connection),
                    "/engine.io/?EIO=4&transport=websocket"
                )
                let sid = try OpenPacket(packet: try await client.receiveText()).sid
                try await connection.stopReading()
                let session = try await server.session(sid)
                for index in 0..<100 {
                    session.send(MessageUnit(text: "\(index) " + String(repeating: "x", count: 60_000)))
                }
                try await eventually("the connection is full") { session.outboxBytes > 0 }
                try await connection.resumeReading()
                for index in 0..<100 {
                    let text = try await client.receiveText()
                    #expect(text.hasPrefix("4\(index) "))
                    #expect(text.utf8.count > 60_000)
                }
                #expect(session.outboxBytes == 0)
            }
        }

        @Test func `a client that reads no answers is not worked for until it does`() async throws {
            // Far more than the system's buffers and the connection's hold.
            let (total, size) = (160, 256 << 10)
            let asked = EventLog<Int>()
            let page = ByteBuffer(repeating: UInt8(ascii: "x"), count: size)
            let responder: HTTPResponder = { request, _ in
                guard let path = request.path, let number = Int(path.dropFirst()) else { return .text("other") }
                asked.append(number)
                let headers: HTTPFields = [HTTPField.Name("X-Number")!: "\(number)"]
                return ApplicationResponse(headers: headers, body: page)
            }
            // One loop for both clients.
            try await withEngineServer(threads: 1, responder: responder) { server in
                let lazy = try await RawConnection.connect(port: server.port, receiveBuffer: 16 << 10)
                try await lazy.stopReading()
                try await lazy.send((0..<total).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
                try await asked.count(1)
                let other = try await HTTPTestClient.connect(port: server.port)
                // Each takes the same way as one of the lazy client's, and the way back: those would all be answered.
                for _ in 0..<(2 * total) { #expect(try await other.request("GET", "/other").text == "other") }
                #expect(asked.all.count <= total / 2)
                try await lazy.resumeReading()
                let client = HTTPTestClient(lazy)
                for number in 0..<total {
                    let response = try await client.receive()
                    #expect(response["x-number"] == "\(number)")
                    #expect(response.body.count == size)
                }
                #expect(asked.all == Array(0..<total))
                #expect(try await other.request("GET", "/other").text == "other")
            }
        }

        @Test func `five thousand connections that say nothing leave room for those that do`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.headTimeout = .seconds(3)
            try await withEngineServer(configuration) { server in
                let talking = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let silent = try await Self.connect(5000, port: server.port)
                let start = ContinuousClock.now
                for transport in EngineIOTestClient.Transport.allCases {
                    let client = try await EngineIOTestClient.connect(port: server.port, over: transport)
                    try await client.send("4a")
                    #expect(try await client.receiveText() == "4a")
                }
                try await talking.send("4b")
                #expect(try await talking.receiveText() == "4b")
                #expect(ContinuousClock.now - start < .seconds(5))
                // Whoever says nothing is sent away in the end.
                for connection in silent { #expect(try await connection.readToEnd(within: .seconds(20)) == []) }
                try await talking.send("4c")
                #expect(try await talking.receiveText() == "4c")
            }
        }

        private static func connect(_ count: Int, port: Int) async throws -> [RawConnection] {
            try await withThrowingTaskGroup(of: [RawConnection].self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var connections: [RawConnection] = []
                        for _ in 0..<(count / 20) { connections.append(try await RawConnection.connect(port: port)) }
                        return connections
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
    }
}
