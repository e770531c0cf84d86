/// A server of which a test sees everything: what it counts, what it logs, what it keeps.
import Logging
import MetricsTestKit
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import EngineIO
@testable import SocketIO

/// A line of a log.
struct LogLine: Sendable {
    var level: Logger.Level
    var message: String
    var metadata: Logger.Metadata
}

/// A running server.
struct WatchedServer: Sendable {
    let server: SocketIOServer
    let port: Int
    let metrics: TestMetrics
    let lines: EventLog<LogLine>
    /// The sockets that have been let in, and those that were asked about.
    let sockets: WeakSockets

    var namespace: Namespace { self.server.namespace("/") }

    /// Runs a server for the time of a test.
    ///
    /// - Parameters:
    ///   - configuration: The server's configuration; its port is replaced by a free one.
    ///   - time: The server's time, when the test moves it.
    ///   - setUp: Registers handlers before the server starts.
    ///   - body: The test.
    static func run(
        _ configuration: SocketIOConfiguration = .testing(),
        time: ManualTime? = nil,
        setUp: (SocketIOServer) throws -> Void = { _ in },
        body: (WatchedServer) async throws -> Void
    ) async throws {
        var configuration = configuration
        configuration.port = 0
        configuration.threads = configuration.threads ?? 2
        let metrics = TestMetrics()
        let lines = EventLog<LogLine>()
        let logger = Logger(label: "watched") { _ in WatchedLogHandler(lines: lines) }
        let server = try SocketIOServer(configuration: configuration, logger: logger, metrics: metrics)
        let sockets = WeakSockets()
        server.onNamespaceCreated { namespace in namespace.use { sockets.add($0) } }
        server.namespace("/").use { sockets.add($0) }
        Bystander.prepare(server)
        try setUp(server)
        let port = try await Self.start(server, time: time)
        let watched = WatchedServer(server: server, port: port, metrics: metrics, lines: lines, sockets: sockets)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(watched))
        } catch {
            result = .failure(error)
        }
        await Self.shutDown(server, time: time)
        try result.get()
    }

    private static func start(_ server: SocketIOServer, time: ManualTime?) async throws -> Int {
        guard let time else { return try await server.start() }
        let entrance = try await server.startUnderTest(time: time, host: "127.0.0.1", tap: { _ in }, observer: { _ in })
        return try #require(entrance.address?.port)
    }

    private static func shutDown(_ server: SocketIOServer, time: ManualTime?) async {
        if let time {
            await time.advance { await server.shutDown() }
        } else {
            await server.shutDown()
        }
    }

    // MARK: Counting

    /// How often a limit was reached, as the metrics have it.
    func count(ofLimit limit: String) -> Int64 {
        self.metrics.counterTotal(label: "socketio.limit_reached", dimensions: [("limit", limit)])
    }

    /// Waits until a limit has been reached so often, and checks that it was logged.
    func expectLimit(_ limit: String, times: Int64 = 1) async throws {
        try await eventually("\(limit) is counted \(times) times") { self.count(ofLimit: limit) >= times }
        #expect(self.count(ofLimit: limit) == times)
        let line = try await self.lines.first("a line about \(limit)") { line in
            line.message == "limit reached" && line.metadata["socketio.limit"] == "\(limit)"
        }
        #expect(line.level == .warning)
        #expect(line.metadata["socketio.omitted"] == "0")
    }

    // MARK: What is kept

    /// Checks that nothing is left of the clients that have gone.
    ///
    /// - Parameters:
    ///   - names: The namespaces to look into.
    ///   - home: A session of a client that is still there, if any: its loop's wheel must hold nothing but its heartbeat.
    func expectNothingLeft(in names: String...) async throws {
        for name in names {
            let namespace = self.server.namespace(name)
            try await eventually("\(name) is empty") { namespace.socketCount == 0 && namespace.rooms.isEmpty }
            if let adapter = namespace.adapter as? InMemoryAdapter {
                try await eventually("the tables of \(name) are empty") { adapter.entryCount == 0 }
            }
        }
        try await eventually("no handler is under way") { self.server.environment.tasks.count == 0 }
        try await eventually("no socket is kept: \(self.sockets.living)") { self.sockets.living == 0 }
    }
}

/// Sockets that it does not keep.
final class WeakSockets: Sendable {
    private struct Reference: Sendable {
        weak var socket: Socket?
    }

    private let references = Mutex<[Reference]>([])

    func add(_ socket: Socket) {
        self.references.withLock { $0.append(Reference(socket: socket)) }
    }

    /// The number of sockets that somebody keeps.
    var living: Int { self.references.withLock { $0.count { $0.socket != nil } } }

    /// The number of sockets there have been.
    var count: Int { self.references.withLock { $0.count } }

    /// The loops of those that live.
    var deadlineCount: Int {
        self.references.withLock { references in
            let homes = references.compactMap { $0.socket?.session.home }
            var seen: Set<ObjectIdentifier> = []
            return homes.filter { seen.insert(ObjectIdentifier($0)).inserted }.map(\.deadlineCount).reduce(0, +)
        }
    }
}

private struct WatchedLogHandler: LogHandler {
    let lines: EventLog<LogLine>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(lines: EventLog<LogLine>) {
        self.lines = lines
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.lines.append(
            LogLine(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
        )
    }
}
