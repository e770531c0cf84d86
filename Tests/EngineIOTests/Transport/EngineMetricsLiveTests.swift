/// What the engine tells through swift-metrics.
import HTTPTypes
import Metrics
import MetricsTestKit
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct EngineMetricsLiveTests {
        private func value(_ metrics: TestMetrics, _ label: String, _ dimensions: (String, String)...) throws -> Int64 {
            try metrics.expectCounter(label, dimensions).totalValue
        }

        @Test func `sessions, connections, handshakes, upgrades and closes are counted`() async throws {
            let metrics = TestMetrics()
            try await withMetricsFactory(metrics) {
                try await withEngineServer { server in
                    let polling = try await PollingTestClient.connect(port: server.port)
                    let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                    #expect(try metrics.expectMeter("engineio.sessions").lastValue == 2)
                    #expect(try metrics.expectMeter("engineio.connections").lastValue == 3)
                    let target = "/engine.io/?EIO=4&transport=websocket&sid=\(polling.sid)"
                    let upgrade = try await WebSocketTestClient.connect(port: server.port, target)
                    try await upgrade.send("2probe")
                    #expect(try await upgrade.receiveText() == "3probe")
                    try await upgrade.send("5")
                    let session = try await server.session(polling.sid)
                    try await eventually("it is upgraded") { session.transport == .webSocket }
                    try await webSocket.close()
                    #expect(try await server.closeReason(of: webSocket.open.sid) == .transportClose)
                    try await eventually("it is gone") { server.server.sessionCount == 1 }
                    // The other one's client is there until the end, which it would otherwise be the cause of.
                    await server.server.shutDown(timeout: .milliseconds(200))
                    withExtendedLifetime((polling, upgrade)) {}
                }
            }
            #expect(try self.value(metrics, "engineio.handshakes", ("transport", "polling")) == 1)
            #expect(try self.value(metrics, "engineio.handshakes", ("transport", "websocket")) == 1)
            #expect(try self.value(metrics, "engineio.upgrades") == 1)
            #expect(try self.value(metrics, "engineio.closes", ("reason", "transport close")) == 1)
            #expect(try self.value(metrics, "engineio.closes", ("reason", "server shutting down")) == 1)
            // Nothing is left when the server has shut down.
            #expect(try metrics.expectMeter("engineio.sessions").lastValue == 0)
            #expect(try metrics.expectMeter("engineio.connections").lastValue == 0)
        }

        @Test(
            arguments: [
                (0, "GET", "EIO=4&transport=x"), (1, "GET", "EIO=4&transport=polling&sid=none"),
                (2, "PUT", "EIO=4&transport=polling"), (3, "GET", "EIO=4&transport=websocket"),
                (4, "GET", "EIO=4&transport=polling&no=1"), (5, "GET", "EIO=3&transport=polling"),
            ]
        )
        func `refusals are counted by their code`(code: Int, method: String, query: String) async throws {
            let metrics = TestMetrics()
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { $0.queryValue("no") == nil ? .allow : .refuse(message: nil) }
            try await withMetricsFactory(metrics) {
                try await withEngineServer(configuration) { server in
                    _ = try await HTTPTestClient.connect(port: server.port).request(method, "/engine.io/?\(query)")
                }
            }
            let counters = metrics.counters(label: "engineio.refusals")
            #expect(counters.reduce(0) { $0 + $1.totalValue } == 1)
            #expect(try self.value(metrics, "engineio.refusals", ("code", "\(code)")) == 1)
        }

        @Test func `a session that there is no room for was never opened`() async throws {
            let metrics = TestMetrics()
            var configuration = EngineIOConfiguration()
            configuration.limits.sessions = 1
            try await withMetricsFactory(metrics) {
                try await withEngineServer(configuration) { server in
                    let client = try await HTTPTestClient.connect(port: server.port)
                    for status in [200, 403, 403] {
                        let response = try await client.request("GET", "/engine.io/?EIO=4&transport=polling")
                        #expect(response.status == status)
                    }
                    #expect(server.events.all.count == 1)
                }
            }
            #expect(try self.value(metrics, "engineio.handshakes", ("transport", "polling")) == 1)
            #expect(try self.value(metrics, "engineio.refusals", ("code", "4")) == 2)
        }
    }
}
