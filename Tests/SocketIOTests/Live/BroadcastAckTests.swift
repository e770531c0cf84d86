/// Acknowledgements of broadcasts, with clients in memory and over a port.
import EngineIO
import SocketIOTesting
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.timeLimit(.minutes(1))) struct BroadcastAckTests {
    private static let ask = AckEvent<Int, String>("ask")

    private func code(_ answer: BroadcastAnswer<some Any>?) -> SocketIOError.Code? {
        guard case .failure(let error) = answer?.result else { return nil }
        return error.code
    }

    private func pendingAcks(_ crowd: Crowd) -> [Int] {
        crowd.sockets.map { $0.state.withLock { $0.acks.count } }
    }

    @Test(arguments: TestingMode.allCases)
    func `answers come as they arrive, one packet with one id for all`(mode: TestingMode) async throws {
        try await Crowd.with([["a"], ["a"], []], mode, transports: [.webSocket, .polling]) { crowd in
            var answers = try crowd.namespace.to("a").emitWithAck(Self.ask, "x").makeAsyncIterator()
            var questions: [ReceivedEvent] = []
            for client in crowd.clients[0...1] { questions.append(try await client.nextEvent("ask")) }
            for index in [1, 0] {
                try questions[index].acknowledge(with: index)
                let answer = try #require(await answers.next())
                #expect(answer.socket == crowd.sockets[index].id)
                #expect(try answer.result.get() == index)
            }
            #expect(await answers.next() == nil)
            #expect(self.pendingAcks(crowd) == [0, 0, 0])
            try await crowd.expectService()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `everything that was answered is collected by socket`(mode: TestingMode) async throws {
        try await Crowd.with([[], []], mode) { crowd in
            for (index, client) in crowd.clients.enumerated() { client.answer(Self.ask) { _ in index } }
            let replies = try await crowd.server.emitWithAck(Self.ask, "x").collected()
            #expect(replies.replies.sorted() == [0, 1])
            #expect(replies.bySocket == [crowd.sockets[0].id: 0, crowd.sockets[1].id: 1])
            #expect(replies.failures.isEmpty)
            #expect(replies.isComplete)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `by name all arguments come back, attachments too`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            let asked = EventLog<[Value]>()
            crowd.clients[0].answer("ask") { arguments in
                asked.append(try arguments.map { try $0.value })
                return ["a", .bytes(6, 7)]
            }
            let replies = try await crowd.namespace.emitWithAck("ask", [1, .bytes(5)]).collected()
            #expect(asked.all == [[1, .bytes(5)]])
            #expect(try replies.replies[0].map { try $0.value } == ["a", .bytes(6, 7)])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `whoever does not answer, leaves or answers wrongly is named`(mode: TestingMode) async throws {
        try await Crowd.with([[], [], [], []], mode) { crowd in
            let target = crowd.namespace.timeout(.seconds(3))
            async let collected = target.emitWithAck(Self.ask, "x").collected()
            var questions: [ReceivedEvent] = []
            for client in crowd.clients { questions.append(try await client.nextEvent("ask")) }
            try questions[0].acknowledge(7)
            try questions[1].acknowledge("seven")
            crowd.clients[2].disconnect()
            try await crowd.harness.time.advance(by: .seconds(3))
            let replies = try await collected
            #expect(replies.replies == [7])
            #expect(
                replies.failures.mapValues(\.code) == [
                    crowd.sockets[1].id: .invalidAcknowledgement, crowd.sockets[2].id: .disconnected,
                    crowd.sockets[3].id: .acknowledgementTimeout,
                ]
            )
            #expect(!replies.isComplete)
            #expect(self.pendingAcks(crowd) == [0, 0, 0, 0])
            // Too late: ignored.
            try questions[3].acknowledge(1)
            _ = try await crowd.clients[3].emitWithAck("alive")
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `the configuration has the timeout of operators that name none`(mode: TestingMode) async throws {
        let configuration = SocketIOConfiguration.testing { $0.acknowledgementTimeout = .seconds(9) }
        try await Crowd.with([[]], mode, configuration: configuration) { crowd in
            async let collected = crowd.namespace.emitWithAck(Self.ask, "x").collected()
            _ = try await crowd.clients[0].nextEvent("ask")
            try await crowd.harness.time.advance(by: .milliseconds(8999))
            #expect(self.pendingAcks(crowd) == [1])
            try await crowd.harness.time.advance(by: .milliseconds(1))
            let replies = try await collected
            #expect(replies.failures.mapValues(\.code) == [crowd.sockets[0].id: .acknowledgementTimeout])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `nobody to ask is answered at once`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            let replies = try await crowd.namespace.to("nobody").emitWithAck(Self.ask, "x").collected()
            #expect(replies.replies.isEmpty)
            #expect(replies.isComplete)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a socket asks the others and not itself`(mode: TestingMode) async throws {
        try await Crowd.with([["a"], ["a"]], mode) { crowd in
            crowd.clients[1].answer(Self.ask) { _ in 1 }
            let replies = try await crowd.sockets[0].to("a").emitWithAck(Self.ask, "x").collected()
            #expect(replies.bySocket == [crowd.sockets[1].id: 1])
            try await crowd.expectService()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `cancellation ends the wait, and no socket remembers it`(mode: TestingMode) async throws {
        try await Crowd.with([[], []], mode) { crowd in
            let namespace = crowd.namespace
            let task = Task {
                try await namespace.emitWithAck(Self.ask, "x").collected()
            }
            let question = try await crowd.clients[0].nextEvent("ask")
            _ = try await crowd.clients[1].nextEvent("ask")
            #expect(self.pendingAcks(crowd) == [1, 1])
            task.cancel()
            let result = await task.result
            #expect { try result.get() } throws: { ($0 as? SocketIOError)?.code == .cancelled }
            #expect(self.pendingAcks(crowd) == [0, 0])
            try question.acknowledge(1)
            try await crowd.expectService()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `answers nobody waits for are given up`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            _ = try crowd.namespace.emitWithAck(Self.ask, "x")
            #expect(self.pendingAcks(crowd) == [0])
            for await _ in try crowd.namespace.to("nobody").emitWithAck(Self.ask, "y") {}
            _ = try await crowd.clients[0].nextEvent("ask")
            try await crowd.expectService()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `only the first of two answers counts, and one of a stranger does not`(mode: TestingMode) async throws {
        try await Crowd.with([["a"], []], mode) { crowd in
            var answers = try crowd.namespace.to("a").emitWithAck(Self.ask, "x").makeAsyncIterator()
            let question = try await crowd.clients[0].nextEvent("ask")
            crowd.clients[1].sendRaw("30[9]")
            _ = try await crowd.clients[1].emitWithAck("alive")
            try question.acknowledge(1)
            try question.acknowledge(2)
            #expect(try await answers.next()?.result.get() == 1)
            #expect(await answers.next() == nil)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a volatile question that is dropped is out of time`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode, transports: [.polling]) { crowd in
            try await crowd.useUpPoll(of: 0)
            let target = crowd.namespace.volatile.timeout(.seconds(10))
            var answers = try target.emitWithAck(Self.ask, "x").makeAsyncIterator()
            try await crowd.harness.time.advance(by: .seconds(10))
            #expect(self.code(await answers.next()) == .acknowledgementTimeout)
            #expect(await answers.next() == nil)
            crowd.clients[0].resumeReading()
            _ = try await crowd.clients[0].nextEvent("last")
            try await crowd.expectService()
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `a shutdown answers for everybody`(mode: TestingMode) async throws {
        try await Crowd.with([[]], mode) { crowd in
            async let collected = crowd.namespace.emitWithAck(Self.ask, "x").collected()
            _ = try await crowd.clients[0].nextEvent("ask")
            await crowd.server.shutDown()
            #expect(try await collected.failures.mapValues(\.code) == [crowd.sockets[0].id: .disconnected])
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `many broadcasts at a time each get their own answers`(mode: TestingMode) async throws {
        try await Crowd.with(Array(repeating: [], count: 8), mode) { crowd in
            let namespace = crowd.namespace
            for client in crowd.clients { client.answer(Self.ask) { text in Int(text) ?? -1 } }
            let sum = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let replies = try? await namespace.emitWithAck(Self.ask, "\(number)").collected()
                        return replies?.replies == Array(repeating: number, count: 8)
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(sum == 50)
            #expect(self.pendingAcks(crowd) == Array(repeating: 0, count: 8))
        }
    }
}
