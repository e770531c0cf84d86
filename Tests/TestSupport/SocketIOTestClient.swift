/// A Socket.IO client for tests, which sees packets as text.
import Foundation

/// The packets of a Socket.IO client, over either transport.
///
/// Packets are written and read as they are on the wire, without the Engine.IO type: `2["message","hi"]`.
package struct SocketIOTestClient: Sendable {
    package let engine: EngineIOTestClient

    /// Opens a session; no namespace is joined yet.
    package static func connect(
        port: Int,
        over transport: EngineIOTestClient.Transport = .webSocket,
        query: String = "",
        headers: [(String, String)] = []
    ) async throws -> SocketIOTestClient {
        SocketIOTestClient(
            engine: try await EngineIOTestClient.connect(
                port: port,
                over: transport,
                path: "/socket.io/",
                query: query,
                headers: headers
            )
        )
    }

    /// Joins a namespace.
    ///
    /// - Parameters:
    ///   - namespace: Its name.
    ///   - auth: The JSON sent along; `nil` for none.
    /// - Returns: The socket's id.
    @discardableResult
    package func join(_ namespace: String = "/", auth: String? = nil) async throws -> String {
        let prefix = namespace == "/" ? "" : namespace + ","
        try await self.send("0\(prefix)\(auth ?? "")")
        let answer = try await self.receive()
        guard answer.hasPrefix("0\(prefix){") else { throw HTTPTestError(description: "not let in: \(answer)") }
        let object = try JSONDecoder().decode(
            [String: String].self,
            from: Data(answer.dropFirst(1 + prefix.count).utf8)
        )
        guard let sid = object["sid"], object.count == 1 else { throw HTTPTestError(description: answer) }
        return sid
    }

    /// Sends packets.
    package func send(_ packets: String...) async throws {
        for packet in packets { try await self.engine.send("4" + packet) }
    }

    /// Sends an attachment.
    package func send(binary: [UInt8]) async throws {
        try await self.engine.send(binary: binary)
    }

    /// Emits an event.
    ///
    /// - Parameters:
    ///   - event: Its name.
    ///   - arguments: Each argument's JSON.
    ///   - namespace: The namespace.
    ///   - id: The acknowledgement id; `nil` when none is wanted.
    package func emit(_ event: String, _ arguments: String..., to namespace: String = "/", id: Int? = nil) async throws
    {
        let prefix = namespace == "/" ? "" : namespace + ","
        let list = (["\"\(event)\""] + arguments).joined(separator: ",")
        try await self.send("2\(prefix)\(id.map(String.init) ?? "")[\(list)]")
    }

    /// The next packet, which must be text.
    package func receive(within patience: Duration = RawConnection.patience) async throws -> String {
        let packet = try await self.engine.receiveText(within: patience)
        guard packet.first == "4" else { throw HTTPTestError(description: "expected a message, got \(packet)") }
        return String(packet.dropFirst())
    }

    /// The next packet, which must be an attachment.
    package func receiveBinary(within patience: Duration = RawConnection.patience) async throws -> [UInt8] {
        try await self.engine.receiveBinary(within: patience)
    }

    /// Waits for a packet, which must come next and be exactly this.
    package func expect(_ packet: String, within patience: Duration = RawConnection.patience) async throws {
        let found = try await self.receive(within: patience)
        guard found == packet else { throw HTTPTestError(description: "expected \(packet), got \(found)") }
    }

    /// Waits until the server has ended the connection; no packet may come before.
    package func expectEnd(within patience: Duration = RawConnection.patience) async throws {
        try await self.engine.expectEnd(within: patience)
    }

    /// Leaves as clients do, without leaving the namespaces first.
    package func close() async throws {
        try await self.engine.close()
    }
}
