/// Both timers of the heartbeat, over both transports.
import EngineIO
import TestSupport
import Testing

extension LiveTests {
    @Suite struct HeartbeatLiveTests {
        /// For clients that are to be given up.
        private var strict: EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.pingInterval = .milliseconds(60)
            configuration.pingTimeout = .milliseconds(300)
            return configuration
        }

        /// For clients that are to live, on a busy machine too.
        private var patient: EngineIOConfiguration {
            var configuration = EngineIOConfiguration()
            configuration.pingInterval = .milliseconds(50)
            configuration.pingTimeout = .milliseconds(1000)
            return configuration
        }

        @Test func `a WebSocket that answers pings lives on`() async throws {
            try await withEngineServer(self.patient) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let webSocket = try #require(client.webSocket)
                let start = ContinuousClock.now
                for _ in 0..<25 {
                    #expect(try await webSocket.receiveText() == "2")
                    try await webSocket.send("3")
                }
                // Longer than an interval and a timeout: it were gone without its pongs.
                #expect(ContinuousClock.now - start >= .milliseconds(1050))
                try await webSocket.send("4alive")
                #expect(try await client.receiveText() == "4alive")
            }
        }

        @Test func `a polling client that answers pings lives on`() async throws {
            try await withEngineServer(self.patient) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                for _ in 0..<25 {
                    #expect(try await client.poll() == ["2"])
                    try await client.post("3")
                }
                try await client.post("4alive")
                #expect(try await client.poll().contains("4alive"))
            }
        }

        @Test func `a WebSocket that does not answer is closed without a code`() async throws {
            try await withEngineServer(self.strict) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let webSocket = try #require(client.webSocket)
                let start = ContinuousClock.now
                #expect(try await webSocket.receiveText() == "2")
                // Messages are no signs of life.
                try await webSocket.send("4a")
                #expect(try await webSocket.receiveText() == "4a")
                #expect(try await webSocket.expectClose() == nil)
                #expect(ContinuousClock.now - start >= .milliseconds(290))
                #expect(try await server.closeReason(of: client.open.sid) == .pingTimeout)
            }
        }

        @Test func `a poll that waits hears of the timeout`() async throws {
            try await withEngineServer(self.strict) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                #expect(try await client.poll() == ["2"])
                #expect(try await client.poll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .pingTimeout)
                #expect(try await client.polls.request("GET", client.target).status == 400)
            }
        }

        @Test func `a client that has gone without a word is given up`() async throws {
            try await withEngineServer(self.strict) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                #expect(try await server.closeReason(of: client.sid) == .pingTimeout)
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a pong nobody asked for does no harm`() async throws {
            try await withEngineServer(self.patient) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                try await client.send("3", "3probe", "4a")
                #expect(try await client.receiveText() == "4a")
            }
        }

        @Test(arguments: EngineIOTestClient.Transport.allCases)
        func `a ping of the client ends the session`(over transport: EngineIOTestClient.Transport) async throws {
            try await withEngineServer { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: transport)
                try await client.send("2")
                try await client.expectEnd()
                #expect(try await server.closeReason(of: client.open.sid) == .transportError)
            }
        }
    }
}
