/// Nothing is lost, doubled or reordered while a session changes its transport and both sides keep talking.
import EngineIO
import Synchronization
import TestSupport
import Testing

/// A client that polls and posts at the same time, then upgrades, then goes on: as browsers do.
private struct TalkingClient {
    let polling: PollingTestClient
    let port: Int
    /// How many messages go out over polling, and how many in all.
    let polled: Int
    let total: Int

    /// Plays the whole session.
    ///
    /// - Returns: Everything the server sent, in the order it came.
    func play() async throws -> [String] {
        let isPausing = Mutex(false)
        async let polls = self.receiveOverPolling { isPausing.withLock { $0 } }
        async let posts: Void = self.sendOverPolling()
        let candidate = try await self.polling.probe(port: self.port)
        isPausing.withLock { $0 = true }
        // The client waits for the poll and the post under way before it upgrades.
        var received = try await polls
        try await posts
        try await candidate.send("5")
        async let sent: Void = self.sendOver(candidate)
        while received.last != "4done" {
            let text = try await candidate.receiveText()
            if text != "6" { received.append(text) }
        }
        try await sent
        return received
    }

    private func receiveOverPolling(until isPausing: () -> Bool) async throws -> [String] {
        var received: [String] = []
        repeat {
            received += try await self.polling.poll().filter { $0 != "6" }
        } while !isPausing()
        return received
    }

    private func sendOverPolling() async throws {
        for start in stride(from: 0, to: self.polled, by: 10) {
            try await self.polling.post((start..<(start + 10)).map { "4\($0)" }.joined(separator: "\u{1E}"))
        }
    }

    private func sendOver(_ candidate: WebSocketTestClient) async throws {
        for index in self.polled..<self.total { try await candidate.send("4\(index)") }
    }
}

extension LiveTests {
    @Suite struct UpgradeOrderLiveTests {
        @Test(arguments: [1, 2, 4])
        func `messages keep their order while both sides talk during the upgrade`(threads: Int) async throws {
            let echo: SessionRecorder.Reaction = { event in
                guard let text = event.text else { return }
                event.session.send(MessageUnit(text: text))
                if text == "599" { event.session.send(MessageUnit(text: "done")) }
            }
            try await withEngineServer(threads: threads, reaction: echo) { server in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await self.expectOrder(server, echoing: 600) }
                    }
                    try await group.waitForAll()
                }
                // Each client has left in the end, and none for another reason.
                #expect(server.events.all.compactMap(\.closeReason).allSatisfy { $0 == .transportClose })
            }
        }

        private func expectOrder(_ server: EngineTestServer, echoing total: Int) async throws {
            let polling = try await PollingTestClient.connect(port: server.port)
            let client = TalkingClient(polling: polling, port: server.port, polled: 300, total: total)
            let received = try await client.play()
            #expect(received == (0..<total).map { "4\($0)" } + ["4done"])
            #expect(server.texts(of: polling.sid) == (0..<total).map(String.init))
        }

        @Test func `what other threads send during the upgrade keeps its order`() async throws {
            try await withEngineServer(reaction: SessionRecorder.silent) { server in
                let polling = try await PollingTestClient.connect(port: server.port)
                let session = try await server.session(polling.sid)
                async let sent: Void = Self.send(2000, to: session)
                let client = TalkingClient(polling: polling, port: server.port, polled: 0, total: 0)
                let received = try await client.play()
                await sent
                #expect(received == (0..<2000).map { "4\($0)" } + ["4done"])
            }
        }

        private static func send(_ count: Int, to session: Session) async {
            for index in 0..<count {
                session.send(MessageUnit(text: "\(index)"))
                // Give way now and then, so that the sending lasts as long as the upgrade.
                if index % 20 == 0 { await Task.yield() }
            }
            session.send(MessageUnit(text: "done"))
        }
    }
}
