/// Each limit that a client can reach is counted and logged.
import HTTPTypes
import Logging
import Metrics
import MetricsTestKit
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

/// A limit, and a client that reaches it.
struct ReachedLimit: Sendable, CustomTestStringConvertible {
    var limit: LimitName
    var configure: @Sendable (inout EngineIOConfiguration) -> Void
    var reach: @Sendable (EngineTestServer) async throws -> Void

    var testDescription: String { self.limit.name }

    init(_ limit: LimitName, _ configure: @escaping @Sendable (inout EngineIOConfiguration) -> Void) {
        self.limit = limit
        self.configure = configure
        self.reach = { _ in }
    }

    /// The same limit, and the client that reaches it.
    func reached(by reach: @escaping @Sendable (EngineTestServer) async throws -> Void) -> Self {
        var copy = self
        copy.reach = reach
        return copy
    }

    private static let handshake = "/engine.io/?EIO=4&transport=polling"

    private static func get(_ target: String, _ server: EngineTestServer) async throws {
        _ = try await HTTPTestClient.connect(port: server.port).request("GET", target)
    }

    private static func post(_ body: String, _ server: EngineTestServer) async throws {
        let client = try await PollingTestClient.connect(port: server.port)
        _ = try await client.posts.request("POST", client.target, body: body)
    }

    private static func send(_ frames: [TestFrame], _ server: EngineTestServer) async throws {
        let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
        for frame in frames { try await client.webSocket?.send(frame) }
        _ = try await client.webSocket?.receiveClose()
    }

    static let all = [
        Self(.sessions) { $0.limits.sessions = 1 }.reached { server in
            for _ in 0..<2 { try await Self.get(Self.handshake, server) }
        },
        Self(.connections) { $0.limits.connections = 1 }.reached { server in
            let first = try await HTTPTestClient.connect(port: server.port)
            _ = try await first.request("GET", "/")
            _ = try await RawConnection.connect(port: server.port).readToEnd()
            try await first.connection.close()
        },
        Self(.connectionsWithoutHandshake) { $0.limits.connectionsWithoutHandshake = 1 }.reached { server in
            let first = try await RawConnection.connect(port: server.port)
            try await Self.get("/page", server)
            _ = try await first.readToEnd()
        },
        Self(.connectionsPerAddress) { $0.limits.connectionsPerAddress = 1 }.reached { server in
            let first = try await HTTPTestClient.connect(port: server.port)
            _ = try await first.request("GET", "/")
            _ = try await RawConnection.connect(port: server.port).readToEnd()
            try await first.connection.close()
        },
        Self(.handshakesPerSecondPerAddress) { configuration in
            configuration.limits.handshakesPerSecondPerAddress = 0.01
            configuration.limits.handshakeBurstPerAddress = 1
        }.reached { server in
            for _ in 0..<2 { try await Self.get(Self.handshake, server) }
        },
        Self(.openRequestsPerAddress) { $0.limits.openRequestsPerAddress = 1 }.reached { server in
            let slow = try await HTTPTestClient.connect(port: server.port)
            try await slow.connection.send(
                "POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await slow.receive().status == 100)
            try await Self.get("/page", server)
        },
        Self(.packetsPerPayload) { $0.limits.packetsPerPayload = 2 }.reached { server in
            try await Self.post("4a\u{1E}4b\u{1E}4c", server)
        },
        Self(.outboxBytes) { $0.limits.outboxBytes = 100 }.reached { server in
            let client = try await PollingTestClient.connect(port: server.port)
            let session = try await server.session(client.sid)
            for _ in 0..<2 { session.send(MessageUnit(text: String(repeating: "a", count: 90))) }
        },
        Self(.fragmentsPerMessage) { $0.limits.fragmentsPerMessage = 2 }.reached { server in
            let rest = TestFrame(.continuation, "b", isFinal: false)
            try await Self.send([TestFrame(.text, "4a", isFinal: false), rest, rest], server)
        },
        Self(.maximumPayloadBytes) { $0.maximumPayloadBytes = 10 }.reached { server in
            try await Self.post(String(repeating: "4", count: 11), server)
        },
        Self(.maximumPayloadBytes) { $0.maximumPayloadBytes = 10 }.reached { server in
            try await Self.send([TestFrame(.text, String(repeating: "4", count: 11))], server)
        },
        Self(.headers) { $0.limits.headerBytes = 100 }.reached { server in
            try await Self.get("/\(String(repeating: "a", count: 100))", server)
        },
        Self(.headTimeout) { $0.limits.headTimeout = .milliseconds(30) }.reached { server in
            let client = try await RawConnection.connect(port: server.port)
            try await client.send("GET /")
            _ = try await client.readToEnd()
        },
        Self(.bodyTimeout) { $0.limits.bodyTimeout = .milliseconds(30) }.reached { server in
            let client = try await RawConnection.connect(port: server.port)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
            _ = try await client.readToEnd()
        },
        Self(.upgradeTimeout) { $0.upgradeTimeout = .milliseconds(30) }.reached { server in
            let client = try await PollingTestClient.connect(port: server.port)
            let target = "/engine.io/?EIO=4&transport=websocket&sid=\(client.sid)"
            let webSocket = try await WebSocketTestClient.connect(port: server.port, target)
            _ = try await webSocket.receiveClose()
        },
        Self(.closingTimeout) { $0.limits.closingTimeout = .milliseconds(30) }.reached { server in
            let client = try await PollingTestClient.connect(port: server.port)
            try await server.session(client.sid).close()
            try await eventually("the session is given up") { server.server.sessionCount == 0 }
        },
        Self(.closeHandshakeTimeout) { $0.limits.closeHandshakeTimeout = .milliseconds(30) }.reached { server in
            let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
            try await server.session(client.open.sid).close()
            _ = try await client.webSocket?.connection.readToEnd()
        },
    ]
}

extension LiveTests {
    @Suite struct LimitReportLiveTests {
        @Test(arguments: ReachedLimit.all)
        func `a limit that is reached is counted and logged`(_ reached: ReachedLimit) async throws {
            var configuration = EngineIOConfiguration()
            reached.configure(&configuration)
            let metrics = TestMetrics()
            let log = LogRecorder()
            try await withMetricsFactory(metrics) {
                // With one loop the server sees connections in the order in which they were made.
                try await withEngineServer(configuration, threads: 1, logger: log.logger) { server in
                    #expect(server.server.limits.count(of: reached.limit) == 0)
                    try await reached.reach(server)
                    try await eventually("it is counted") { server.server.limits.count(of: reached.limit) == 1 }
                }
            }
            let counter = try metrics.expectCounter("engineio.limit_reached", [("limit", reached.limit.name)])
            #expect(counter.totalValue == 1)
            #expect(metrics.counters(label: "engineio.limit_reached").count == 1)
            let line = try #require(log.lines.first { $0.message == "limit reached" })
            #expect(line.level == .warning)
            #expect(line.metadata["engineio.limit"] == reached.limit.name)
        }

        @Test func `a flood is counted whole and logged in part`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.limits.packetsPerPayload = 1
            let log = LogRecorder()
            try await withEngineServer(configuration, logger: log.logger) { server in
                for _ in 0..<50 {
                    let client = try await PollingTestClient.connect(port: server.port)
                    _ = try await client.posts.request("POST", client.target, body: "4a\u{1E}4b")
                }
                #expect(server.server.limits.count(of: .packetsPerPayload) == 50)
            }
            let lines = log.lines.filter { $0.message == "limit reached" }
            #expect((1..<50).contains(lines.count))
        }
    }
}
