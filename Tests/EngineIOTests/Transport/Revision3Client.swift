/// A client of revision 3 for the tests over real sockets.
import EngineIO
import TestSupport

/// A session of revision 3 over polling.
struct Revision3Client {
    let open: OpenPacket
    let target: String
    let polls: HTTPTestClient
    let posts: HTTPTestClient

    static func connect(port: Int, query: String = "EIO=3&transport=polling") async throws -> Self {
        let polls = try await HTTPTestClient.connect(port: port)
        let response = try await polls.request("GET", "/engine.io/?\(query)")
        guard response.status == 200, let colon = response.text.firstIndex(of: ":") else {
            throw HTTPTestError(description: "\(response.status) \(response.text)")
        }
        let packet = String(response.text[response.text.index(after: colon)...])
        guard response.text == "\(packet.utf16.count):\(packet)" else {
            throw HTTPTestError(description: response.text)
        }
        let open = try OpenPacket(packet: packet)
        return Self(
            open: open,
            target: "/engine.io/?\(query)&sid=\(open.sid)",
            polls: polls,
            posts: try await HTTPTestClient.connect(port: port)
        )
    }

    /// Polls once.
    func poll() async throws -> HTTPTestResponse { try await self.polls.request("GET", self.target) }

    func post(_ body: String) async throws {
        let response = try await self.posts.request("POST", self.target, body: body)
        guard response.status == 200, response.text == "ok" else {
            throw HTTPTestError(description: "\(response.status) \(response.text)")
        }
    }

    func post(binary: [UInt8], contentType: String = "application/octet-stream") async throws {
        try await self.posts.send("POST", self.target, headers: [("Content-Type", contentType)], bytes: binary)
        let response = try await self.posts.receive()
        guard response.status == 200 else { throw HTTPTestError(description: "\(response.status)") }
    }
}

extension EngineIOConfiguration {
    /// The defaults, with clients of revision 3 let in.
    static var allowingEIO3: Self {
        var configuration = Self()
        configuration.allowsEIO3 = true
        return configuration
    }
}
