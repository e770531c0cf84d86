/// Servers as these tests want them.
import EngineIO
import SocketIO
import TestSupport
import Testing

typealias Log = EventLog<String>
typealias Transport = EngineIOTestClient.Transport

extension SocketIOConfiguration {
    /// The defaults on one event loop, with a shutdown that does not wait for handlers that a test left hanging.
    static func testing(_ change: (inout Self) -> Void = { _ in }) -> Self {
        var configuration = Self()
        configuration.shutdownTimeout = .milliseconds(200)
        change(&configuration)
        return configuration
    }
}

extension SocketIOServer {
    /// Logs errors and ends of sockets in the main namespace: `onError` as `error: …`, reasons as `left: …`.
    func logging(to log: Log, in name: String = "/") {
        let namespace = self.namespace(name)
        namespace.onError { _, error, context in log.append("error in \(context): \(error)") }
        namespace.onDisconnect { _, reason in log.append("left: \(reason)") }
    }
}

extension EventLog<String> {
    /// Waits for a line.
    func line(_ line: String) async throws {
        try await self.first(line) { $0 == line }
    }

    /// Waits for a line that begins so.
    @discardableResult
    func line(beginning: String) async throws -> String {
        try await self.first(beginning) { $0.hasPrefix(beginning) }
    }
}

/// A client that does nothing wrong; tests ask it whether the server still serves others.
struct Bystander {
    private let client: SocketIOTestClient

    /// Joins the main namespace, whose event `alive` the server under test acknowledges.
    init(port: Int) async throws {
        self.client = try await SocketIOTestClient.connect(port: port)
        try await self.client.join()
    }

    /// Adds the event that bystanders use.
    static func prepare(_ server: SocketIOServer) {
        server.namespace("/").acknowledge("alive") { _, arguments in arguments }
    }

    func expectService() async throws {
        try await self.client.emit("alive", "1", id: 7)
        try await self.client.expect("37[1]")
    }
}

extension EventLog where Element: Equatable {
    /// Waits until there are as many elements as expected, which must be the expected ones.
    func expect(_ expected: some Collection<Element>, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await self.count(expected.count)
        #expect(found == Array(expected), sourceLocation: sourceLocation)
    }
}
