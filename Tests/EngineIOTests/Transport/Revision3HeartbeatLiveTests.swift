/// The heartbeat of clients of revision 3, which ping by themselves.
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct Revision3HeartbeatLiveTests {
        private let allowing = EngineIOConfiguration.allowingEIO3

        @Test func `the client pings, and the server answers without data`() async throws {
            try await withEngineServer(self.allowing) { server in
                let polling = try await Revision3Client.connect(port: server.port)
                try await polling.post("1:26:2probe")
                #expect(try await polling.poll().text == "1:31:3")
                let target = "/engine.io/?EIO=3&transport=websocket"
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                _ = try await webSocket.receiveText()
                try await webSocket.send("2")
                #expect(try await webSocket.receiveText() == "3")
            }
        }

        @Test func `a client that pings lives on, and one that only talks is given up`() async throws {
            var configuration = self.allowing
            configuration.pingInterval = .milliseconds(200)
            configuration.pingTimeout = .milliseconds(400)
            try await withEngineServer(configuration) { server in
                let target = "/engine.io/?EIO=3&transport=websocket"
                let pinging = try await WebSocketTestClient.connect(port: server.port, target)
                let talking = try await WebSocketTestClient.connect(port: server.port, target)
                _ = try await pinging.receiveText()
                let sid = try OpenPacket(packet: try await talking.receiveText()).sid
                try await talking.send("4a")
                #expect(try await talking.receiveText() == "4a")
                try await eventually("the one that only talks is given up") {
                    try await pinging.send("2")
                    #expect(try await pinging.receiveText() == "3")
                    return server.events.all.contains { $0.session.id.description == sid && $0.closeReason != nil }
                }
                #expect(try await talking.expectClose() == nil)
                #expect(try await server.closeReason(of: sid) == .pingTimeout)
                try await pinging.send("4alive")
                #expect(try await pinging.receiveText() == "4alive")
            }
        }

        @Test func `a silent client is given up after an upgrade as well`() async throws {
            var configuration = self.allowing
            configuration.pingInterval = .milliseconds(100)
            configuration.pingTimeout = .milliseconds(300)
            try await withEngineServer(configuration) { server in
                let client = try await Revision3Client.connect(port: server.port)
                let target = "/engine.io/?EIO=3&transport=websocket&sid=\(client.open.sid)"
                let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
                try await webSocket.send("2probe")
                try await webSocket.send("5")
                #expect(try await webSocket.receiveText() == "3probe")
                #expect(try await webSocket.expectClose() == nil)
                #expect(try await server.closeReason(of: client.open.sid) == .pingTimeout)
            }
        }

        @Test(arguments: ["1:3", "1:2"]) func `the server's part is not the client's`(body: String) async throws {
            try await withEngineServer(self.allowing) { server in
                let isPing = body == "1:2"
                if isPing {
                    let client = try await PollingTestClient.connect(port: server.port)
                    try await client.post("2")
                    #expect(try await server.closeReason(of: client.sid) == .transportError)
                } else {
                    let client = try await Revision3Client.connect(port: server.port)
                    try await client.post(body)
                    #expect(try await server.closeReason(of: client.open.sid) == .transportError)
                }
            }
        }

        @Test func `answers to pings that nobody reads are bounded`() async throws {
            var configuration = self.allowing
            configuration.limits.outboxBytes = 1000
            try await withEngineServer(configuration) { server in
                let client = try await Revision3Client.connect(port: server.port)
                try await client.post(String(repeating: "1:2", count: 1000))
                #expect(try await server.closeReason(of: client.open.sid) == .outboxOverflow)
            }
        }
    }
}
