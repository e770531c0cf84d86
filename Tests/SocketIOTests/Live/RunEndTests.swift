/// Running is structured: it ends only when all of the application's code has that the server called.
import EngineIO
import SocketIO
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct RunEndTests {
    /// Code of the application that waits at a gate, and how a client makes the server call it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Registers the code, which calls the closure.
        var prepare: @Sendable (SocketIOServer, @escaping Work) -> Void = { _, _ in }
        var configure: @Sendable (inout SocketIOConfiguration, @escaping Work) -> Void = { _, _ in }
        /// What each adapter does when it starts and closes.
        var adapter: @Sendable (_ namespace: String, @escaping Work) -> (start: Work, close: Work) = { _, _ in
            (Self.nothing, Self.nothing)
        }
        var responds = false
        var act: @Sendable (SocketIOServer, Int) async throws -> SocketIOTestClient?

        typealias Work = @Sendable () async -> Void

        private static let nothing: Work = {}

        static func join(_ server: SocketIOServer, _ port: Int) async throws -> SocketIOTestClient {
            let client = try await SocketIOTestClient.connect(port: port)
            try await client.join()
            return client
        }

        /// A client that joins, then sends packets.
        private static func handler(
            _ name: String,
            sends packets: [String] = [],
            _ prepare: @escaping @Sendable (SocketIOServer, @escaping Work) -> Void
        ) -> Self {
            Self(
                testDescription: name,
                prepare: prepare,
                act: { server, port in
                    let client = try await Self.join(server, port)
                    for packet in packets { try await client.send(packet) }
                    return client
                }
            )
        }

        /// A client that asks for a namespace, and gets no answer.
        private static func asking(
            _ name: String,
            for namespace: String,
            _ prepare: @escaping @Sendable (SocketIOServer, @escaping Work) -> Void
        ) -> Self {
            Self(
                testDescription: name,
                prepare: prepare,
                act: { _, port in
                    let client = try await SocketIOTestClient.connect(port: port)
                    try await client.send("0\(namespace),")
                    return client
                }
            )
        }

        /// A request whose answer nobody waits for.
        @Sendable private static func request(_ server: SocketIOServer, port: Int, _ target: String) async throws {
            try await HTTPTestClient.connect(port: port).send("GET", target)
        }

        static let all: [Self] = [
            .handler("an event's handler", sends: [#"2["work"]"#]) { server, work in
                server.namespace("/").on("work") { _, _ async in await work() }
            },
            .handler("a concurrent handler", sends: [#"2["work"]"#]) { server, work in
                server.namespace("/").on("work", order: .concurrent) { _, _ async in await work() }
            },
            .handler("an acknowledging handler", sends: [#"21["work"]"#]) { server, work in
                server.namespace("/").acknowledge("work") { _, _ async in
                    await work()
                    return []
                }
            },
            .handler("a connect handler") { server, work in
                server.namespace("/").onConnect { _ async in await work() }
            },
            .handler("a disconnect handler", sends: ["1"]) { server, work in
                server.namespace("/").onDisconnect { _, _ async in await work() }
            },
            .asking("a middleware", for: "/members") { server, work in
                server.namespace("/members").use { _ async in await work() }
            },
            .asking("a predicate of namespaces", for: "/anything") { server, work in
                _ = server.namespaces { _, _ async in
                    await work()
                    return false
                }
            },
            Self(
                testDescription: "a late adapter's start",
                adapter: { name, work in (name == "/late" ? work : Self.nothing, Self.nothing) },
                act: { server, _ in
                    _ = server.namespace("/late")
                    return nil
                }
            ),
            Self(
                testDescription: "the end of a namespace that its clients have left",
                prepare: { server, _ in _ = server.namespaces { name, _ in name == "/brief" } },
                configure: { configuration, _ in configuration.removesEmptyNamespaces = true },
                adapter: { name, work in (Self.nothing, name == "/brief" ? work : Self.nothing) },
                act: { _, port in
                    let client = try await SocketIOTestClient.connect(port: port)
                    try await client.join("/brief")
                    try await client.send("1/brief,")
                    return client
                }
            ),
            Self(
                testDescription: "the decision about a handshake",
                configure: { configuration, work in
                    configuration.engine.allowRequest = { _ in
                        await work()
                        return .allow
                    }
                },
                act: { server, port in
                    try await Self.request(server, port: port, "/socket.io/?EIO=4&transport=polling")
                    return nil
                }
            ),
            Self(
                testDescription: "a responder",
                responds: true,
                act: { server, port in
                    try await Self.request(server, port: port, "/page")
                    return nil
                }
            ),
        ]
    }

    @Test(arguments: Case.all)
    func `running ends only after`(code: Case) async throws {
        let log = Log()
        let gate = Gate()
        let work: Case.Work = {
            log.append("begun")
            await gate.pass()
            log.append("ended, cancelled \(Task.isCancelled)")
        }
        var configuration = SocketIOConfiguration()
        configuration.port = 0
        configuration.threads = 1
        configuration.shutdownTimeout = .seconds(30)
        code.configure(&configuration, work)
        let server = try SocketIOServer(
            configuration: configuration,
            logger: quietLogger(),
            responder: { _, _ in
                if code.responds { await work() }
                return .text("late")
            },
            makeAdapter: { name in
                let (start, close) = code.adapter(name, work)
                return WorkingAdapter(start: start, close: close)
            }
        )
        code.prepare(server, work)
        let running = Task {
            try await server.run()
            log.append("run ended")
        }
        try await eventually("the server listens") { server.port != nil }
        let port = try #require(server.port)
        let client = try await code.act(server, port)
        try await log.line("begun")
        running.cancel()
        try await client?.expectEnd()
        try await client?.engine.webSocket?.connection.close()
        try await eventually("nobody listens") { (try? await RawConnection.connect(port: port)) == nil }
        gate.open()
        try await running.value
        // The connection of a client that has gone may have ended long ago.
        #expect(log.all == ["begun", "ended, cancelled false", "run ended"])
    }
}

/// An adapter that is busy when it starts and closes.
private final class WorkingAdapter: ForwardingAdapter {
    let base = InMemoryAdapter()
    private let startWork: RunEndTests.Case.Work
    private let closeWork: RunEndTests.Case.Work

    init(start: @escaping RunEndTests.Case.Work, close: @escaping RunEndTests.Case.Work) {
        self.startWork = start
        self.closeWork = close
    }

    func start() async throws { await self.startWork() }
    func close() async { await self.closeWork() }
}
