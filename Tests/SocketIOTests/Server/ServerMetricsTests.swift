/// What a server tells a metrics backend.
import MetricsTestKit
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct ServerMetricsTests {
    private struct Failure: Error {}

    private static func prepare(_ server: SocketIOServer) {
        server.namespace("/").on("throw") { _, _ in throw Failure() }
        server.namespace("/").on("async") { _, _ async throws in throw Failure() }
        server.namespace("/").onError { _, _, _ in }
        server.namespace("/refusing").use { _ in throw ConnectRefusal("no") }
        server.namespace("/failing").use { _ in throw Failure() }
        server.namespace("/bad").onConnect { _ in throw Failure() }
        server.namespace("/bad").onDisconnecting { _, _ in throw Failure() }
        server.namespace("/bad").onDisconnect { _, _ in throw Failure() }
        server.namespace("/bad").intercept { _, _ in throw Failure() }
    }

    private static func sockets(_ watched: WatchedServer) throws -> Double? {
        try watched.metrics.expectMeter("socketio.sockets").lastValue
    }

    @Test func `sockets are counted while they are there, connects and disconnects for good`() async throws {
        try await WatchedServer.run(setUp: Self.prepare) { watched in
            let clients = [
                try await SocketIOTestClient.connect(port: watched.port),
                try await SocketIOTestClient.connect(port: watched.port, over: .polling),
            ]
            for client in clients { try await client.join() }
            try await clients[0].join("/bad")
            #expect(try Self.sockets(watched) == 3)
            #expect(watched.metrics.counterTotal(label: "socketio.connects", dimensions: []) == 3)
            try await clients[0].send("1")
            try await eventually("one has left") { try Self.sockets(watched) == 2 }
            try await clients[0].engine.close()
            try await clients[1].engine.close()
            try await eventually("all have left") { try Self.sockets(watched) == 0 }
            let total = { reason in
                watched.metrics.counterTotal(label: "socketio.disconnects", dimensions: [("reason", reason)])
            }
            #expect(total("client namespace disconnect") == 1)
            #expect(total("transport close") == 2)
            #expect(watched.metrics.counterTotal(label: "socketio.connects", dimensions: []) == 3)
        }
    }

    @Test(arguments: [
        ("/refusing", "application"), ("/failing", "error"), ("/none", "namespace"),
    ])
    func `refusals are counted by their cause`(namespace: String, cause: String) async throws {
        try await WatchedServer.run(setUp: Self.prepare) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            for _ in 0..<2 {
                try await client.send("0\(namespace),")
                #expect(try await client.receive().hasPrefix("4\(namespace),"))
            }
            let counters = watched.metrics.counters(label: "socketio.refusals")
            #expect(counters.map(\.totalValue) == [2])
            #expect(counters.first?.dimensions.map(\.1) == [cause])
            #expect(watched.metrics.counterTotal(label: "socketio.connects", dimensions: []) == 0)
        }
    }

    @Test func `the engine's metrics go to the same place`() async throws {
        try await WatchedServer.run(setUp: Self.prepare) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            #expect(try watched.metrics.expectMeter("engineio.sessions").lastValue == 1)
            #expect(watched.metrics.counterTotal(label: "engineio.handshakes", dimensions: []) == 1)
        }
    }

    @Test func `a refusal for a limit is counted as such`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.limits.namespacesPerConnection = 1 }
        try await WatchedServer.run(configuration, setUp: Self.prepare) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try await client.send("0/bad,")
            try await client.expect(#"4/bad,{"message":"Too many namespaces"}"#)
            #expect(watched.metrics.counterTotal(label: "socketio.refusals", dimensions: [("cause", "limit")]) == 1)
        }
    }

    @Test func `errors of handlers are counted by where they come from, never by the event's name`() async throws {
        try await WatchedServer.run(setUp: Self.prepare) { watched in
            let client = try await SocketIOTestClient.connect(port: watched.port)
            try await client.join()
            try await client.join("/bad")
            try await client.emit("throw")
            try await client.emit("async")
            try await client.emit("whatever", to: "/bad")
            try await client.send("0/failing,")
            _ = try await client.receive()
            try await client.send("1/bad,")
            let expected = [
                "event": 2, "connect": 1, "interceptor": 1, "middleware": 1, "disconnecting": 1, "disconnect": 1,
            ]
            try await eventually("all are counted") {
                watched.metrics.counterTotal(label: "socketio.handler_errors") == 7
            }
            for (context, count) in expected {
                let total = watched.metrics.counterTotal(
                    label: "socketio.handler_errors",
                    dimensions: [("context", context)]
                )
                #expect(total == Int64(count), "\(context)")
            }
        }
    }
}
