/// Requests that are not as they should be, and the server they are tried on.
import EngineIO
import HTTPTypes
import TestSupport
import Testing

/// What is sent on a connection, and what must come of it.
struct OddRequest: Sendable, CustomTestStringConvertible {
    /// What becomes of the connection.
    enum Fate: Sendable {
        /// The server ends it.
        case ends
        /// The next request is served.
        case stays
    }

    var testDescription: String
    var bytes: [UInt8]
    /// The statuses of the answers, in their order.
    var statuses: [Int]
    var fate: Fate
    /// The paths that reach the application.
    var paths: [String]

    init(_ name: String, _ bytes: [UInt8], _ statuses: [Int], _ fate: Fate, paths: [String] = []) {
        self.testDescription = name
        self.bytes = bytes
        self.statuses = statuses
        self.fate = fate
        self.paths = paths
    }

    init(_ name: String, _ text: String, _ statuses: [Int], _ fate: Fate, paths: [String] = []) {
        self.init(name, Array(text.utf8), statuses, fate, paths: paths)
    }

    /// A request that is refused, whose connection ends.
    static func refused(_ name: String, _ text: String, _ status: Int = 400) -> Self {
        Self(name, text, [status], .ends)
    }
}

/// A server with a session that nothing of all this may disturb.
struct OddRequestStage {
    let server: EngineTestServer
    /// The paths that have reached the application.
    let paths: EventLog<String>
    private let bystander: EngineIOTestClient

    /// Runs a test on a server.
    static func run(
        _ configuration: EngineIOConfiguration = EngineIOConfiguration(),
        _ body: (Self) async throws -> Void
    ) async throws {
        let paths = EventLog<String>()
        let responder: HTTPResponder = { request, _ in
            paths.append(request.path ?? "")
            return .text(request.path ?? "")
        }
        try await withEngineServer(configuration, responder: responder) { server in
            let bystander = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
            let stage = Self(server: server, paths: paths, bystander: bystander)
            try await body(stage)
            try await stage.checkBystander()
        }
    }

    /// Sends a request, and looks at the answers, at the connection, and at what the application was told.
    func check(_ request: OddRequest) async throws {
        let client = HTTPTestClient(try await RawConnection.connect(port: self.server.port))
        try await client.connection.send(request.bytes)
        for status in request.statuses { #expect(try await client.receive().status == status) }
        switch request.fate {
        case .ends: try await client.expectEnd()
        case .stays: #expect(try await client.request("GET", "/next").text == "/next")
        }
        #expect(self.paths.all == request.paths + (request.fate == .stays ? ["/next"] : []))
    }

    /// Whether the other session goes on.
    func checkBystander() async throws {
        try await self.bystander.send("4alive")
        #expect(try await self.bystander.receiveText() == "4alive")
        #expect(self.server.server.sessionCount == 1)
    }
}
