/// Clients of Socket.IO 2, packet by packet over real connections.
import EngineIO
import Logging
import SocketIO
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct SocketIO2Tests {
    private static let target = "/socket.io/?EIO=3&transport=websocket"

    private static func allowing(
        _ change: (inout SocketIOConfiguration) -> Void = { _ in }
    ) -> SocketIOConfiguration {
        .testing { configuration in
            configuration.engine.allowsEIO3 = true
            change(&configuration)
        }
    }

    /// Opens a connection.
    ///
    /// - Returns: The client, which nothing but the open packet has been read from, and the session's id.
    private static func open(_ port: Int, query: String = "") async throws -> (WebSocketTestClient, sid: String) {
        let client = try await WebSocketTestClient.connect(port: port, self.target + query)
        return (client, try OpenPacket(packet: try await client.receiveText()).sid)
    }

    /// Opens a connection that has joined the main namespace.
    private static func join(_ port: Int, query: String = "") async throws -> (WebSocketTestClient, sid: String) {
        let (client, sid) = try await self.open(port, query: query)
        #expect(try await client.receiveText() == "40")
        return (client, sid)
    }

    // MARK: Joining

    @Test func `the main namespace is joined without being asked for, and nothing is said of ids`() async throws {
        let log = Log()
        try await withSocketServer(
            Self.allowing(),
            setUp: { server in
                for name in ["/", "/custom"] {
                    server.namespace(name).onConnect { socket in
                        log.append("\(socket.id) \(socket.handshake.auth?.json ?? "none") \(socket.rooms.count)")
                    }
                }
            },
            body: { port in
                let (client, sid) = try await Self.join(port)
                try await client.send("40/custom,")
                #expect(try await client.receiveText() == "40/custom,")
                try await log.line("\(sid) none 1")
                try await log.line("/custom#\(sid) none 1")
            }
        )
    }

    @Test func `over polling the answer comes with the first poll`() async throws {
        try await withSocketServer(Self.allowing()) { port in
            let client = try await HTTPTestClient.connect(port: port)
            let target = "/socket.io/?EIO=3&transport=polling"
            let text = try await client.request("GET", target).text
            let open = try OpenPacket(packet: String(text[text.firstIndex(of: "0")!...]))
            #expect(try await client.request("GET", "\(target)&sid=\(open.sid)").text == "2:40")
        }
    }

    @Test(arguments: [
        ("40/custom?token=abc&x=1,", #"{"token":"abc","x":"1"}"#),
        ("40/custom?token=a%20b+c&token=d", #"{"token":"d"}"#),
        ("40/custom?,", "none"), ("40/custom", "none"), (#"40/custom,{"token":"ignored"}"#, "none"),
        ("40/custom?\u{FC}=%F0%9F%98%80,", "{\"\u{FC}\":\"😀\"}"),
    ])
    func `the query behind a namespace is its auth`(packet: String, auth: String) async throws {
        let log = Log()
        try await withSocketServer(
            Self.allowing(),
            setUp: { server in
                server.namespace("/custom").onConnect { log.append($0.handshake.auth?.json ?? "none") }
            },
            body: { port in
                let (client, _) = try await Self.join(port)
                try await client.send(packet)
                #expect(try await client.receiveText() == "40/custom,")
                try await log.expect([auth])
                try await client.send("42/custom,1[\"nobody\"]")
                try await client.send("40/custom?again=1,")
                #expect(try await client.expectClose() == nil)
            }
        )
    }

    @Test func `a query may be longer than a name may be, and has its own bound`() async throws {
        let log = Log()
        try await withSocketServer(
            Self.allowing { $0.engine.limits.headerBytes = 2000 },
            setUp: { server in
                server.namespace("/custom").onConnect { log.append("\($0.handshake.auth?.byteCount ?? 0)") }
            },
            body: { port in
                let (client, _) = try await Self.join(port)
                try await client.send("40/custom?t=" + String(repeating: "x", count: 1997) + ",")
                #expect(try await client.receiveText() == "40/custom,")
                try await log.expect(["\(1997 + 8)"])
                let (other, _) = try await Self.join(port)
                try await other.send("40/custom?t=" + String(repeating: "x", count: 1998) + ",")
                #expect(try await other.expectClose() == nil)
                let (third, _) = try await Self.join(port)
                try await third.send("40/" + String(repeating: "x", count: 512) + "?t=1,")
                #expect(try await third.expectClose() == nil)
                // Clients of today have no such query.
                let new = try await SocketIOTestClient.connect(port: port)
                try await new.send("0/custom?t=" + String(repeating: "x", count: 600) + ",")
                try await new.expectEnd()
            }
        )
    }

    @Test func `a client that asks for the main namespace again is at fault, unless it has left it`() async throws {
        try await withSocketServer(Self.allowing()) { port in
            let (client, _) = try await Self.join(port)
            try await client.send("41")
            try await client.send("40")
            #expect(try await client.receiveText() == "40")
            try await client.send("40")
            #expect(try await client.expectClose() == nil)
        }
    }

    // MARK: Refusals

    private struct Reason: Sendable {
        var refusal: ConnectRefusal
        var payload: String
    }

    private static let reasons = [
        Reason(refusal: ConnectRefusal("no entry"), payload: #""no entry""#),
        Reason(refusal: ConnectRefusal("no entry", data: ["code": 7]), payload: #"{"code":7}"#),
        Reason(refusal: ConnectRefusal("no entry", data: [1]), payload: "[1]"),
        Reason(refusal: ConnectRefusal("no entry", data: []), payload: "[]"),
        Reason(refusal: ConnectRefusal("no entry", data: 0), payload: #""no entry""#),
        Reason(refusal: ConnectRefusal("no entry", data: ""), payload: #""no entry""#),
        Reason(refusal: ConnectRefusal("no entry", data: nil), payload: #""no entry""#),
        Reason(refusal: ConnectRefusal("no entry", data: .null), payload: #""no entry""#),
        Reason(refusal: ConnectRefusal("no entry", data: true), payload: "true"),
    ]

    @Test(arguments: Self.reasons.indices) func `a refusal is its data, or else its text`(index: Int) async throws {
        let reason = Self.reasons[index]
        try await withSocketServer(
            Self.allowing(),
            setUp: { server in
                for name in ["/", "/admin"] { server.namespace(name).use { _ in throw reason.refusal } }
                _ = server.namespace("/custom")
            },
            body: { port in
                let (client, _) = try await Self.open(port)
                #expect(try await client.receiveText() == "44\(reason.payload)")
                try await client.send("40/admin?a=1,")
                #expect(try await client.receiveText() == "44/admin,\(reason.payload)")
                // As in Node, in the form of today's clients.
                try await client.send("40/nope,")
                #expect(try await client.receiveText() == #"44/nope,{"message":"Invalid namespace"}"#)
                try await client.send("40/custom,")
                #expect(try await client.receiveText() == "40/custom,")
            }
        )
    }

    @Test func `an error that is no refusal says nothing of itself`() async throws {
        struct Secret: Error {}
        try await withSocketServer(
            Self.allowing(),
            setUp: { $0.namespace("/").use { _ async throws in throw Secret() } },
            body: { port in
                let (client, _) = try await Self.open(port)
                #expect(try await client.receiveText() == #"44"Internal error""#)
            }
        )
    }

    @Test func `who is let in nowhere is closed in time`() async throws {
        try await withSocketServer(
            Self.allowing { $0.connectTimeout = .milliseconds(50) },
            setUp: { $0.namespace("/").use { _ in throw ConnectRefusal("no") } },
            body: { port in
                let (client, _) = try await Self.open(port)
                #expect(try await client.receiveText() == #"44"no""#)
                #expect(try await client.expectClose() == nil)
            }
        )
    }

    @Test func `the id of the session does not get into the log`() async throws {
        struct Failure: Error {}
        try await WatchedServer.run(
            Self.allowing(),
            setUp: { $0.namespace("/").onConnect { _ in throw Failure() } },
            body: { watched in
                let (_, sid) = try await Self.join(watched.port)
                let line = try await watched.lines.first("the failure") { $0.metadata["socketio.socket"] != nil }
                #expect(line.metadata["socketio.socket"] == "\(sid.prefix(4))…")
            }
        )
    }

    @Test func `a connection that the application closes at once is not kept`() async throws {
        try await WatchedServer.run(
            Self.allowing(),
            setUp: { $0.namespace("/").onConnect { $0.disconnect(closingConnection: true) } },
            body: { watched in
                let (client, _) = try await Self.join(watched.port)
                #expect(try await client.receiveText() == "41")
                #expect(try await client.expectClose() == nil)
                try await eventually("no session is kept") {
                    watched.server.state.withLock { $0.engine?.sessionCount } == 0
                }
                try await watched.expectNothingLeft(in: "/")
            }
        )
    }

    @Test func `a query that is refused for its rate is left out of the answer`() async throws {
        try await withSocketServer(
            Self.allowing { $0.limits.eventsPerSecond = RateLimit(1, burst: 1, beyond: .drop) },
            setUp: { _ = $0.namespace("/custom") },
            body: { port in
                let (client, _) = try await Self.join(port)
                try await client.send("42[\"a\"]")
                try await client.send("40/custom?token=abc,")
                #expect(try await client.receiveText() == #"44/custom,"Too many requests""#)
            }
        )
    }

    // MARK: Events

    private static func echo(_ server: SocketIOServer) {
        server.namespace("/").acknowledge("message") { socket, arguments -> [Value]? in
            try socket.emit("message-back", arguments: arguments)
            return try arguments.map { try $0.value }
        }
        server.namespace("/").acknowledge("ask") { socket, _ async throws -> [Value]? in
            let answer = try await socket.emitWithAck("question", [1])
            return try answer.map { try $0.value }
        }
        server.namespace("/").acknowledge("everybody") { socket, arguments -> [Value]? in
            try socket.namespace.emit("news", arguments: arguments)
            return nil
        }
    }

    @Test func `events and acknowledgements pass both ways, with binary data`() async throws {
        try await withSocketServer(Self.allowing(), setUp: Self.echo) { port in
            let (client, _) = try await Self.join(port)
            try await client.send(#"4212["message","😀",{"a":1}]"#)
            #expect(try await client.receiveText() == #"42["message-back","😀",{"a":1}]"#)
            #expect(try await client.receiveText() == #"4312["😀",{"a":1}]"#)
            try await client.send(#"451-7["message",{"_placeholder":true,"num":0}]"#)
            try await client.send(binary: [4, 9, 8])
            #expect(try await client.receiveText() == #"451-["message-back",{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receive() == .binary([4, 9, 8]))
            #expect(try await client.receiveText() == #"461-7[{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receive() == .binary([4, 9, 8]))
            try await client.send(#"421["ask"]"#)
            #expect(try await client.receiveText() == #"420["question",1]"#)
            try await client.send(#"461-0[{"_placeholder":true,"num":0}]"#)
            try await client.send("b4AQI=")
            #expect(try await client.receiveText() == #"461-1[{"_placeholder":true,"num":0}]"#)
            #expect(try await client.receive() == .binary([4, 1, 2]))
        }
    }

    @Test func `clients of both generations share a room`() async throws {
        try await withSocketServer(Self.allowing(), setUp: Self.echo) { port in
            let (old, _) = try await Self.join(port)
            let new = try await SocketIOTestClient.connect(port: port)
            try await new.join()
            try await old.send(#"451-["everybody","from old",{"_placeholder":true,"num":0}]"#)
            try await old.send(binary: [4, 1, 2])
            let head = #"51-["news","from old",{"_placeholder":true,"num":0}]"#
            #expect(try await old.receiveText() == "4" + head)
            #expect(try await old.receive() == .binary([4, 1, 2]))
            try await new.expect(head)
            #expect(try await new.receiveBinary() == [1, 2])
            try await new.emit("everybody", #""from new""#)
            try await new.expect(#"2["news","from new"]"#)
            #expect(try await old.receiveText() == #"42["news","from new"]"#)
        }
    }

    @Test func `the server says good-bye as ever`() async throws {
        let log = Log()
        try await withSocketServer(
            Self.allowing(),
            setUp: { server in
                server.logging(to: log)
                server.namespace("/custom").onConnect { $0.disconnect() }
                server.namespace("/").acknowledge("close") { socket, _ -> [Value]? in
                    socket.disconnect(closingConnection: true)
                    return nil
                }
            },
            body: { port in
                let (client, _) = try await Self.join(port)
                try await client.send("40/custom,")
                #expect(try await client.receiveText() == "40/custom,")
                #expect(try await client.receiveText() == "41/custom,")
                try await client.send("42[\"close\"]")
                #expect(try await client.receiveText() == "41")
                #expect(try await client.expectClose() == nil)
                try await log.line("left: server namespace disconnect")
            }
        )
    }

    // MARK: Recovery

    @Test func `there is no coming back for them, and they do not disturb those who can`() async throws {
        try await withSocketServer(
            Self.allowing { $0.connectionStateRecovery = ConnectionStateRecovery() },
            setUp: { server in
                Self.echo(server)
                _ = server.namespace("/custom")
            },
            body: { port in
                let (old, _) = try await Self.join(port)
                try await old.send(#"421["message","direct"]"#)
                #expect(try await old.receiveText() == #"42["message-back","direct"]"#)
                #expect(try await old.receiveText() == #"431["direct"]"#)
                // A broadcast is encoded once, with the offset that others need.
                try await old.send(#"42["everybody","all"]"#)
                #expect(try await old.receiveText().hasPrefix(#"42["news","all",""#))
                try await old.send("40/custom?pid=a&offset=b,")
                #expect(try await old.receiveText() == "40/custom,")
            }
        )
    }
}
