/// A server that has no descriptors left, as a process of its own: it must not spin, and must recover.
import NIOCore
import TestSupport
import Testing

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

@Suite(.serialized) struct DescriptorTests {
    /// More than a server needs for itself, and few enough to be used up.
    private static let limit = 48

    private static let upgrade = "/socket.io/?EIO=4&transport=websocket"

    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
        try self.folder.write("<p>chat", to: "templates/index.html")
    }

    private func start() async throws -> (process: ChatProcess, port: Int) {
        let arguments = "--host 127.0.0.1 --port 0"
        let process = try ChatProcess(in: self.folder, arguments, descriptorLimit: Self.limit)
        return (process, try await process.port())
    }

    /// The lines that tell of a connection that could not be accepted.
    private func pauses(_ process: ChatProcess) -> [String] {
        process.lines.all.filter { $0.contains("limit=descriptors") }
    }

    /// Asks for a session.
    private func ask(_ port: Int) async throws -> HTTPTestClient {
        let client = try await HTTPTestClient.connect(port: port)
        try await client.send("GET", Self.upgrade, headers: WebSocketTestClient.headers)
        return client
    }

    /// Opens sessions until the server cannot accept another one.
    ///
    /// - Returns: The sessions' connections; the last one may not have been accepted.
    private func exhaust(_ process: ChatProcess, port: Int) async throws -> [HTTPTestClient] {
        var sessions: [HTTPTestClient] = []
        while self.pauses(process).isEmpty {
            let client = try await self.ask(port)
            try await eventually("it is accepted, or the server pauses") {
                let status = try? await client.receive(within: .milliseconds(1)).status
                return status == 101 || !self.pauses(process).isEmpty
            }
            sessions.append(client)
            try #require(sessions.count < Self.limit)
        }
        return sessions
    }

    @Test func `a server without descriptors pauses, and accepts again when there are some`() async throws {
        let (process, port) = try await self.start()
        var sessions = try await self.exhaust(process, port: port)
        // There is no descriptor left for this one.
        let waiting = try await self.ask(port)
        try await eventually("it has tried again") { self.pauses(process).count >= 4 }
        // Without the pauses it would have tried a hundred thousand times by now.
        #expect(self.pauses(process).count < 10)
        #expect(self.pauses(process).allSatisfy { $0.contains("omitted=0") })
        // Those that are in are served.
        let first = try #require(sessions.first)
        try await first.connection.send(TestFrame(.text, "40").bytes)
        _ = try await first.connection.read("the packet that opens the session") { buffer, _ in
            buffer.readableBytesView.firstRange(of: Array("40{\"sid\"".utf8)).map { _ in () }
        }
        for client in sessions.suffix(5) { try await client.connection.reset() }
        sessions.removeLast(5)
        #expect(try await waiting.receive().status == 101)
        _ = try await WebSocketTestClient.connect(port: port, Self.upgrade)
        process.send(SIGTERM)
    }

    @Test func `connections that say nothing make room for those that do`() async throws {
        let (process, port) = try await self.start()
        let session = try await WebSocketTestClient.connect(port: port, Self.upgrade)
        var idle: [RawConnection] = []
        for _ in 0..<Self.limit { idle.append(try await RawConnection.connect(port: port)) }
        try await eventually("the server pauses") { !self.pauses(process).isEmpty }
        // None of the idle ones leaves by itself.
        for _ in 0..<20 { _ = try await WebSocketTestClient.connect(port: port, Self.upgrade) }
        #expect(try await idle[0].readToEnd() == [])
        #expect(try await session.receiveText().hasPrefix("0{"))
        try await session.send("40")
        #expect(try await session.receiveText().hasPrefix("40{"))
        process.send(SIGTERM)
    }
}
