/// A running chat for tests, and clients in it.
import Logging
import SocketIO
import Synchronization
import TestSupport
import Testing

@testable import ChatApp

/// A chat on a port of its own, whose newcomers are called `User_1`, `User_2` and so on.
struct ChatStage: Sendable {
    /// Long enough that nothing goes unless a test says so.
    static let temporaryLifetime = Duration.seconds(3600)

    let chat: Chat
    let port: Int

    /// A client in the chat, and what it was introduced as.
    struct Visitor: Sendable {
        let client: SocketIOTestClient
        let sid: String
        var name: String
        let avatar: String

        /// The packet in which everybody receives a message of this client.
        func message(_ json: String, temp: Bool = false) -> String {
            let origin = #""from_sid":"\#(self.sid)","from_username":"\#(self.name)","avatar":"\#(self.avatar)""#
            return #"2["new_message",{\#(origin),"message":\#(json),"temp":\#(temp)}]"#
        }
    }

    /// Connects a client.
    func join(over transport: EngineIOTestClient.Transport = .webSocket) async throws -> Visitor {
        try await self.introduction(of: SocketIOTestClient.connect(port: self.port, over: transport))
    }

    /// Lets a client join, and checks that it is answered, then announced, then introduced.
    func introduction(of client: SocketIOTestClient) async throws -> Visitor {
        let sid = try await client.join()
        let announcement = try await client.receive()
        let match = try #require(announcement.wholeMatch(of: /2\["user_joined",{"username":"(User_\d+)"}\]/))
        let visitor = Visitor(client: client, sid: sid, name: String(match.1), avatar: "https://a.example/\(match.1)")
        let expected = #"{"sid":"\#(sid)","username":"\#(visitor.name)","avatar":"\#(visitor.avatar)"}"#
        try await client.expect(#"2["set_username",\#(expected)]"#)
        return visitor
    }

    /// Two clients, the first of which has seen the second arrive.
    func pair() async throws -> (Visitor, Visitor) {
        let first = try await self.join()
        let second = try await self.join()
        try await first.client.expect(#"2["user_joined",{"username":"\#(second.name)"}]"#)
        return (first, second)
    }
}

/// Runs a chat for the time of a test.
func withChat(logger: Logger = quietLogger(), body: (ChatStage) async throws -> Void) async throws {
    let counter = Atomic<Int>(0)
    let count: @Sendable () -> Int = { counter.add(1, ordering: .relaxed).newValue }
    let chat = Chat(temporaryLifetime: ChatStage.temporaryLifetime, logger: logger) {
        let name = "User_\(count())"
        return Member(username: name, avatar: "https://a.example/\(name)")
    }
    try await withSocketServer(
        setUp: { chat.install(in: $0.namespace("/")) },
        body: { port in try await body(ChatStage(chat: chat, port: port)) }
    )
}
