/// The switch from polling to a WebSocket over real sockets.
import EngineIO
import TestSupport
import Testing

extension PollingTestClient {
    /// The URL of a candidate.
    var candidateTarget: String { self.target.replacing("transport=polling", with: "transport=websocket") }

    /// Opens a candidate for this session.
    func openCandidate(port: Int) async throws -> WebSocketTestClient {
        try await WebSocketTestClient.connect(port: port, self.candidateTarget)
    }

    /// Opens a candidate and probes with it.
    func probe(port: Int) async throws -> WebSocketTestClient {
        let candidate = try await self.openCandidate(port: port)
        try await candidate.send("2probe")
        let answer = try await candidate.receiveText()
        guard answer == "3probe" else { throw HTTPTestError(description: "the probe is answered \(answer)") }
        return candidate
    }

    /// Polls and posts, to show that the session lives and is on polling.
    func expectPollingWorks(_ text: String = "still polling") async throws {
        try await self.post("4\(text)")
        let packets = try await self.poll()
        guard packets == ["4\(text)"] else { throw HTTPTestError(description: "polled \(packets)") }
    }
}

extension LiveTests {
    @Suite struct UpgradeLiveTests {
        @Test func `a client changes over as the protocol says`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.startPoll()
                let candidate = try await client.probe(port: server.port)
                #expect(try await client.receivePoll() == ["6"])
                try await candidate.send("5")
                try await candidate.send("4a")
                #expect(try await candidate.receiveText() == "4a")
                let session = try await server.session(client.sid)
                #expect(session.transport == .webSocket)
                #expect(server.server.sessionCount == 1)
                // The old transport is closed to everybody.
                for (method, body) in [("GET", nil), ("POST", "4late")] {
                    let response = try await client.posts.request(method, client.target, body: body)
                    #expect(response.text == #"{"code":3,"message":"Bad request"}"#)
                }
                try await candidate.send("4b")
                #expect(try await candidate.receiveText() == "4b")
                try await candidate.close()
                #expect(try await server.closeReason(of: client.sid) == .transportClose)
            }
        }

        @Test func `probe and upgrade may come in one piece`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.openCandidate(port: server.port)
                try await candidate.send(TestFrame(.text, "2probe"), TestFrame(.text, "5"), TestFrame(.text, "4a"))
                #expect(try await candidate.receiveText() == "3probe")
                #expect(try await candidate.receiveText() == "4a")
            }
        }

        @Test func `a client may upgrade without a probe, and probe as often as it likes`() async throws {
            try await withEngineServer { server in
                let bold = try await PollingTestClient.connect(port: server.port)
                let first = try await bold.openCandidate(port: server.port)
                try await first.send(TestFrame(.text, "5"), TestFrame(.text, "4a"))
                #expect(try await first.receiveText() == "4a")
                let shy = try await PollingTestClient.connect(port: server.port)
                let second = try await shy.openCandidate(port: server.port)
                for _ in 0..<5 {
                    try await second.send("2probe")
                    #expect(try await second.receiveText() == "3probe")
                }
            }
        }

        @Test func `a poll that comes after the probe is released too, again and again`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                for _ in 0..<3 { #expect(try await client.poll(within: .seconds(2)) == ["6"]) }
                try await candidate.send("5")
                try await candidate.send("4a")
                #expect(try await candidate.receiveText() == "4a")
            }
        }

        @Test func `a client that does not wait for its poll gets it answered with a noop`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.openCandidate(port: server.port)
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                try await candidate.send("5")
                #expect(try await client.receivePoll() == ["6"])
                try await candidate.send("4a")
                #expect(try await candidate.receiveText() == "4a")
            }
        }

        @Test func `what was queued comes over the WebSocket after the upgrade, nothing before it`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                let session = try await server.session(client.sid)
                for index in 0..<100 { session.send(MessageUnit(text: "\(index)")) }
                // The only thing on the candidate before the upgrade is the answer to a probe.
                try await candidate.send("2probe")
                #expect(try await candidate.receiveText() == "3probe")
                try await candidate.send("5")
                for index in 0..<100 { #expect(try await candidate.receiveText() == "4\(index)") }
            }
        }

        @Test func `an upgrade during a post waits for its messages`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                let candidate = try await client.probe(port: server.port)
                let body = "4first\u{1E}4second"
                try await client.startPost(announcing: body.utf8.count, sending: String(body.prefix(4)))
                try await eventually("the post is under way") { session.isPosting }
                try await candidate.send(TestFrame(.text, "5"), TestFrame(.text, "4third"))
                try await eventually("the upgrade waits") { !session.hasCandidate }
                #expect(session.transport == .polling)
                try await client.posts.connection.send(String(body.dropFirst(4)))
                #expect(try await client.posts.receive().text == "ok")
                for text in ["4first", "4second", "4third"] { #expect(try await candidate.receiveText() == text) }
                #expect(server.texts(of: client.sid) == ["first", "second", "third"])
            }
        }

        @Test func `an upgrade during a post that is too large goes on`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.maximumPayloadBytes = 100
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                let candidate = try await client.probe(port: server.port)
                try await client.startPost(headers: ["Transfer-Encoding: chunked"], sending: "1\r\n4\r\n")
                try await eventually("the post is under way") { session.isPosting }
                try await candidate.send("5")
                try await client.posts.connection.send("65\r\n" + String(repeating: "x", count: 101) + "\r\n0\r\n\r\n")
                #expect(try await client.posts.receive().status == 413)
                try await candidate.send("4a")
                #expect(try await candidate.receiveText() == "4a")
            }
        }

        @Test func `a ping that is due during the upgrade is answered over either transport`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.pingInterval = .milliseconds(150)
            configuration.pingTimeout = .seconds(5)
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                var packets: [String] = []
                while !packets.contains("2") { packets += try await client.poll() }
                try await candidate.send(TestFrame(.text, "5"), TestFrame(.text, "3"))
                for _ in 0..<4 {
                    #expect(try await candidate.receiveText() == "2")
                    try await candidate.send("3")
                }
                #expect(server.events.all.compactMap(\.closeReason) == [])
            }
        }

        // MARK: Candidates that fail

        @Test(arguments: [false, true])
        func `a second candidate is closed without a code and the first is unaffected`(isUpgraded: Bool) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let first = try await client.probe(port: server.port)
                if isUpgraded {
                    try await first.send("5")
                    try await first.send("4up")
                    #expect(try await first.receiveText() == "4up")
                }
                let second = try await client.openCandidate(port: server.port)
                #expect(try await second.expectClose() == nil)
                if !isUpgraded { try await first.send("5") }
                try await first.send("4a")
                #expect(try await first.receiveText() == "4a")
            }
        }

        @Test(arguments: ["4message", "2", "2prob", "3probe", "1", "0", "6", "7", "", "b", "b!", "é"])
        func `a candidate that says anything else is closed and the session goes on`(packet: String) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.openCandidate(port: server.port)
                try await candidate.send(packet)
                #expect(try await candidate.expectClose() == nil)
                try await client.expectPollingWorks()
                #expect(server.texts(of: client.sid) == ["still polling"])
                // And may try again.
                let second = try await client.probe(port: server.port)
                try await second.send("5")
                try await second.send("4a")
                #expect(try await second.receiveText() == "4a")
            }
        }

        @Test func `a candidate that sends binary is closed and the session goes on`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                try await candidate.send(binary: [1, 2, 3])
                #expect(try await candidate.expectClose() == nil)
                try await client.expectPollingWorks()
            }
        }

        @Test func `a candidate that breaks the WebSocket's rules is closed with their code`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                try await candidate.send(TestFrame(.text, "5").with { $0.key = nil })
                #expect(try await candidate.expectClose() == 1002)
                try await client.expectPollingWorks()
            }
        }

        @Test(arguments: [false, true])
        func `a candidate that is cut off leaves the session on polling`(withReset: Bool) async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                let candidate = try await client.probe(port: server.port)
                if withReset { try await candidate.connection.reset() } else { try await candidate.connection.close() }
                try await eventually("the candidate is forgotten") { !session.hasCandidate }
                try await client.expectPollingWorks()
                _ = try await client.probe(port: server.port)
            }
        }

        @Test func `a candidate that says nothing is given up after a time`() async throws {
            var configuration = EngineIOConfiguration()
            configuration.upgradeTimeout = .milliseconds(300)
            try await withEngineServer(configuration) { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let silent = try await client.openCandidate(port: server.port)
                #expect(try await silent.expectClose() == nil)
                let probing = try await client.probe(port: server.port)
                #expect(try await probing.expectClose() == nil)
                try await client.expectPollingWorks()
            }
        }

        @Test func `a candidate of a session that is closed meanwhile is closed with it`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let candidate = try await client.probe(port: server.port)
                try await client.post("1")
                #expect(try await candidate.expectClose() == nil)
                #expect(try await server.closeReason(of: client.sid) == .transportClose)
                #expect(server.server.sessionCount == 0)
            }
        }

        @Test func `a candidate for a session that was closed is refused`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await client.post("1")
                let error = await #expect(throws: WebSocketTestError.self) {
                    try await client.openCandidate(port: server.port)
                }
                #expect(error?.response?.status == 400)
                #expect(error?.response?.text == "Session ID unknown")
            }
        }

        @Test func `a candidate for a session that is closing is closed`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                session.send(MessageUnit(text: "farewell"))
                session.close()
                let candidate = try await client.openCandidate(port: server.port)
                #expect(try await candidate.expectClose() == nil)
                #expect(try await client.poll() == ["4farewell"])
                #expect(try await client.poll() == ["1"])
            }
        }

        @Test func `a hundred abandoned candidates leave nothing behind`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(client.sid)
                for _ in 0..<100 {
                    let candidate = try await client.openCandidate(port: server.port)
                    try await candidate.connection.close()
                    try await eventually("the candidate is forgotten") { !session.hasCandidate }
                }
                try await client.expectPollingWorks()
                #expect(server.server.sessionCount == 1)
            }
        }
    }
}
