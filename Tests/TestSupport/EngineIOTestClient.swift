/// An Engine.IO client for tests, over polling or a WebSocket.
import Foundation

/// What the open packet says.
package struct OpenPacket: Decodable, Sendable, Equatable {
    package var sid: String
    package var upgrades: [String]
    package var pingInterval: Int
    package var pingTimeout: Int
    package var maxPayload: Int

    /// Reads the packet, its type included.
    package init(packet: String) throws {
        guard packet.first == "0" else { throw HTTPTestError(description: "expected an open packet, got \(packet)") }
        self = try JSONDecoder().decode(OpenPacket.self, from: Data(packet.utf8.dropFirst()))
    }
}

/// A session over polling, with a connection for the polls and one for the posts.
package final class PollingTestClient: Sendable {
    package let open: OpenPacket
    /// The session's URL.
    package let target: String
    package let polls: HTTPTestClient
    package let posts: HTTPTestClient

    package var sid: String { self.open.sid }

    private init(open: OpenPacket, path: String, polls: HTTPTestClient, posts: HTTPTestClient) {
        self.open = open
        self.target = "\(path)?EIO=4&transport=polling&sid=\(open.sid)"
        self.polls = polls
        self.posts = posts
    }

    /// Opens a session.
    package static func connect(
        port: Int,
        path: String = "/engine.io/",
        query: String = "",
        headers: [(String, String)] = []
    ) async throws -> PollingTestClient {
        let polls = try await HTTPTestClient.connect(port: port)
        let response = try await polls.request("GET", "\(path)?EIO=4&transport=polling\(query)", headers: headers)
        guard response.status == 200 else { throw HTTPTestError(description: "\(response.status) \(response.text)") }
        let open = try OpenPacket(packet: response.text)
        return PollingTestClient(
            open: open,
            path: path,
            polls: polls,
            posts: try await HTTPTestClient.connect(port: port)
        )
    }

    /// Polls once.
    ///
    /// - Returns: The packets.
    package func poll(within patience: Duration = RawConnection.patience) async throws -> [String] {
        try await self.polls.send("GET", self.target)
        return try await self.receivePoll(within: patience)
    }

    /// Starts a poll; ``receivePoll(within:)`` reads its answer.
    package func startPoll() async throws {
        try await self.polls.send("GET", self.target)
    }

    /// Reads the answer to the poll that was started.
    package func receivePoll(within patience: Duration = RawConnection.patience) async throws -> [String] {
        let response = try await self.polls.receive(within: patience)
        guard response.status == 200 else {
            throw HTTPTestError(description: "poll answered \(response.status) \(response.text)")
        }
        return response.text.split(separator: "\u{1E}", omittingEmptySubsequences: false).map(String.init)
    }

    /// Posts packets and expects `ok`.
    package func post(_ packets: String...) async throws {
        let response = try await self.posts.request("POST", self.target, body: packets.joined(separator: "\u{1E}"))
        guard response.status == 200, response.text == "ok" else {
            throw HTTPTestError(description: "post answered \(response.status) \(response.text)")
        }
    }
}

/// Packets as they come over either transport; pings are answered on the way.
package enum EngineTestPacket: Sendable, Equatable {
    /// A packet of text, its type digit included.
    case text(String)
    /// A binary message.
    case binary([UInt8])
    /// The session has ended: a close packet, or the WebSocket's close frame.
    case end
}

/// A session over one of the transports, seen as a sequence of packets.
package final actor EngineIOTestClient {
    /// How the packets travel.
    package enum Transport: Sendable, CaseIterable {
        case polling
        case webSocket
    }

    private enum Connection {
        case polling(PollingTestClient)
        case webSocket(WebSocketTestClient)
    }

    package nonisolated let open: OpenPacket
    private let connection: Connection
    /// Packets of the last poll that have not been asked for.
    private var ahead: [String] = []

    private init(open: OpenPacket, connection: Connection) {
        self.open = open
        self.connection = connection
    }

    /// Opens a session.
    ///
    /// - Parameters:
    ///   - query: What to add to the query, beginning with `&`.
    package static func connect(
        port: Int,
        over transport: Transport,
        path: String = "/engine.io/",
        query: String = "",
        headers: [(String, String)] = []
    ) async throws -> EngineIOTestClient {
        switch transport {
        case .polling:
            let client = try await PollingTestClient.connect(port: port, path: path, query: query, headers: headers)
            return EngineIOTestClient(open: client.open, connection: .polling(client))
        case .webSocket:
            let target = "\(path)?EIO=4&transport=websocket\(query)"
            let client = try await WebSocketTestClient.connect(port: port, target, headers: headers)
            let open = try OpenPacket(packet: try await client.receiveText())
            return EngineIOTestClient(open: open, connection: .webSocket(client))
        }
    }

    /// The WebSocket, when that is the transport.
    package nonisolated var webSocket: WebSocketTestClient? {
        guard case .webSocket(let client) = self.connection else { return nil }
        return client
    }

    /// The polling client, when that is the transport.
    package nonisolated var polling: PollingTestClient? {
        guard case .polling(let client) = self.connection else { return nil }
        return client
    }

    // MARK: Sending

    /// Sends packets of text, their type digits included; over polling in one body.
    package func send(_ packets: String...) async throws {
        switch self.connection {
        case .polling(let client):
            try await client.post(packets.joined(separator: "\u{1E}"))
        case .webSocket(let client):
            try await client.connection.send(packets.flatMap { TestFrame(.text, $0).bytes })
        }
    }

    /// Sends a binary message.
    package func send(binary: [UInt8]) async throws {
        switch self.connection {
        case .polling(let client): try await client.post("b" + Data(binary).base64EncodedString())
        case .webSocket(let client): try await client.send(binary: binary)
        }
    }

    // MARK: Receiving

    /// The next packet that is neither a ping, which is answered, nor a noop.
    package func receive(within patience: Duration = RawConnection.patience) async throws -> EngineTestPacket {
        let deadline = ContinuousClock.now + patience
        while true {
            let packet = try await self.nextPacket(within: max(.zero, deadline - .now))
            switch packet {
            case .text("2"): try await self.send("3")
            case .text("6"): break
            default: return packet
            }
        }
    }

    /// The next packet, which must be text.
    package func receiveText(within patience: Duration = RawConnection.patience) async throws -> String {
        let packet = try await self.receive(within: patience)
        guard case .text(let text) = packet else { throw HTTPTestError(description: "expected text, got \(packet)") }
        return text
    }

    /// The next packet, which must be binary.
    package func receiveBinary(within patience: Duration = RawConnection.patience) async throws -> [UInt8] {
        let packet = try await self.receive(within: patience)
        guard case .binary(let bytes) = packet else {
            throw HTTPTestError(description: "expected binary, got \(packet)")
        }
        return bytes
    }

    /// Waits until the server has ended the session; no message may come before.
    package func expectEnd(within patience: Duration = RawConnection.patience) async throws {
        let packet = try await self.receive(within: patience)
        guard packet == .end else { throw HTTPTestError(description: "expected the end, got \(packet)") }
    }

    private func nextPacket(within patience: Duration) async throws -> EngineTestPacket {
        switch self.connection {
        case .polling(let client): try await self.nextPacket(of: client, within: patience)
        case .webSocket(let client): try await Self.nextPacket(of: client, within: patience)
        }
    }

    private func nextPacket(of client: PollingTestClient, within patience: Duration) async throws -> EngineTestPacket {
        if self.ahead.isEmpty {
            try await client.startPoll()
            let response = try await client.polls.receive(within: patience)
            // After the session's end its id is unknown.
            if response.status == 400, response.text.hasPrefix(#"{"code":1"#) { return .end }
            guard response.status == 200 else {
                throw HTTPTestError(description: "\(response.status) \(response.text)")
            }
            self.ahead = response.text.split(separator: "\u{1E}", omittingEmptySubsequences: false).map(String.init)
        }
        let packet = self.ahead.removeFirst()
        if packet == "1" { return .end }
        guard packet.hasPrefix("b") else { return .text(packet) }
        guard let data = Data(base64Encoded: String(packet.dropFirst())) else {
            throw HTTPTestError(description: "no base64: \(packet)")
        }
        return .binary(Array(data))
    }

    private static func nextPacket(
        of client: WebSocketTestClient,
        within patience: Duration
    ) async throws -> EngineTestPacket {
        switch try await client.receive(within: patience) {
        case .text(let text): .text(text)
        case .binary(let bytes): .binary(bytes)
        case .close: .end
        case let other: throw WebSocketTestError(description: "unexpected \(other)")
        }
    }

    // MARK: Ending

    /// Leaves as clients do: a close packet over polling, the close handshake over a WebSocket.
    package func close() async throws {
        switch self.connection {
        case .polling(let client): try await client.post("1")
        case .webSocket(let client): try await client.close()
        }
    }

    /// Cuts the connections without a word.
    package func cut() async throws {
        switch self.connection {
        case .polling(let client):
            try await client.polls.connection.close()
            try await client.posts.connection.close()
        case .webSocket(let client):
            try await client.connection.reset()
        }
    }
}
