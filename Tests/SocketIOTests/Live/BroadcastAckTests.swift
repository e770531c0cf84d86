/// Acknowledgements of broadcasts, over real connections.
import EngineIO
import Synchronization
import TestSupport
import Testing

@testable import SocketIO

@Suite(.serialized, .timeLimit(.minutes(1))) struct BroadcastAckTests {
    private static let ask = AckEvent<Int, String>("ask")

    private func code(_ answer: BroadcastAnswer<some Any>?) -> SocketIOError.Code? {
        guard case .failure(let error) = answer?.result else { return nil }
        return error.code
    }

    private func pendingAcks(_ crowd: Crowd) -> [Int] {
        crowd.sockets.map { $0.state.withLock { $0.acks.count } }
    }

    @Test func `answers come as they arrive, one packet with one id for all`() async throws {
        try await Crowd.with([["a"], ["a"], []], transports: [.webSocket, .polling]) { crowd in
            var answers = try crowd.namespace.to("a").emitWithAck(Self.ask, "x").makeAsyncIterator()
            for client in crowd.clients[0...1] { try await client.expect(#"20["ask","x"]"#) }
            for index in [1, 0] {
                try await crowd.clients[index].send("30[\(index)]")
                let answer = try #require(await answers.next())
                #expect(answer.socket == crowd.sockets[index].id)
                #expect(try answer.result.get() == index)
            }
            #expect(await answers.next() == nil)
            #expect(self.pendingAcks(crowd) == [0, 0, 0])
            try await crowd.expectService()
        }
    }

    @Test func `everything that was answered is collected by socket`() async throws {
        try await Crowd.with([[], []]) { crowd in
            async let collected = crowd.server.emitWithAck(Self.ask, "x").collected()
            for (index, client) in crowd.clients.enumerated() {
                try await client.expect(#"20["ask","x"]"#)
                try await client.send("30[\(index)]")
            }
            let replies = try await collected
            #expect(replies.replies.sorted() == [0, 1])
            #expect(replies.bySocket == [crowd.sockets[0].id: 0, crowd.sockets[1].id: 1])
            #expect(replies.failures.isEmpty)
            #expect(replies.isComplete)
        }
    }

    @Test func `by name all arguments come back, attachments too`() async throws {
        try await Crowd.with([[]]) { crowd in
            async let collected = crowd.namespace.emitWithAck("ask", [1, .bytes(5)]).collected()
            try await crowd.clients[0].expect(#"51-0["ask",1,{"_placeholder":true,"num":0}]"#)
            #expect(try await crowd.clients[0].receiveBinary() == [5])
            try await crowd.clients[0].send(#"61-0["a",{"_placeholder":true,"num":0}]"#)
            try await crowd.clients[0].send(binary: [6, 7])
            #expect(try await collected.replies[0].map { try $0.value } == ["a", .bytes(6, 7)])
        }
    }

    @Test func `whoever does not answer, leaves or answers wrongly is named`() async throws {
        try await Crowd.with([[], [], [], []]) { crowd in
            let target = crowd.namespace.timeout(.milliseconds(300))
            async let collected = target.emitWithAck(Self.ask, "x").collected()
            for client in crowd.clients { try await client.expect(#"20["ask","x"]"#) }
            try await crowd.clients[0].send("30[7]")
            try await crowd.clients[1].send(#"30["seven"]"#)
            try await crowd.clients[2].send("1")
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
            try await crowd.clients[3].send("30[1]", #"28["alive"]"#)
            try await crowd.clients[3].expect("38[]")
        }
    }

    @Test func `the configuration has the timeout of operators that name none`() async throws {
        let configuration = SocketIOConfiguration.testing { $0.acknowledgementTimeout = .milliseconds(30) }
        try await Crowd.with([[]], configuration: configuration) { crowd in
            let replies = try await crowd.namespace.emitWithAck(Self.ask, "x").collected()
            #expect(replies.failures.mapValues(\.code) == [crowd.sockets[0].id: .acknowledgementTimeout])
        }
    }

    @Test func `nobody to ask is answered at once`() async throws {
        try await Crowd.with([[]]) { crowd in
            let replies = try await crowd.namespace.to("nobody").emitWithAck(Self.ask, "x").collected()
            #expect(replies.replies.isEmpty)
            #expect(replies.isComplete)
        }
    }

    @Test func `a socket asks the others and not itself`() async throws {
        try await Crowd.with([["a"], ["a"]]) { crowd in
            async let collected = crowd.sockets[0].to("a").emitWithAck(Self.ask, "x").collected()
            try await crowd.clients[1].expect(#"20["ask","x"]"#)
            try await crowd.clients[1].send("30[1]")
            #expect(try await collected.bySocket == [crowd.sockets[1].id: 1])
            try await crowd.expectService()
        }
    }

    @Test func `cancellation ends the wait, and no socket remembers it`() async throws {
        try await Crowd.with([[], []]) { crowd in
            let namespace = crowd.namespace
            let task = Task {
                try await namespace.timeout(.seconds(3600)).emitWithAck(Self.ask, "x").collected()
            }
            for client in crowd.clients { try await client.expect(#"20["ask","x"]"#) }
            #expect(self.pendingAcks(crowd) == [1, 1])
            task.cancel()
            let result = await task.result
            #expect { try result.get() } throws: { ($0 as? SocketIOError)?.code == .cancelled }
            #expect(self.pendingAcks(crowd) == [0, 0])
            try await crowd.clients[0].send("30[1]")
            try await crowd.expectService()
        }
    }

    @Test func `answers nobody waits for are given up`() async throws {
        try await Crowd.with([[]]) { crowd in
            _ = try crowd.namespace.timeout(.seconds(3600)).emitWithAck(Self.ask, "x")
            #expect(self.pendingAcks(crowd) == [0])
            for await _ in try crowd.namespace.to("nobody").emitWithAck(Self.ask, "y") {}
            try await crowd.clients[0].expect(#"20["ask","x"]"#)
            try await crowd.expectService()
        }
    }

    @Test func `only the first of two answers counts, and one of a stranger does not`() async throws {
        try await Crowd.with([["a"], []]) { crowd in
            var answers = try crowd.namespace.to("a").emitWithAck(Self.ask, "x").makeAsyncIterator()
            try await crowd.clients[0].expect(#"20["ask","x"]"#)
            try await crowd.clients[1].send("30[9]", #"28["alive"]"#)
            try await crowd.clients[1].expect("38[]")
            try await crowd.clients[0].send("30[1]", "30[2]")
            #expect(try await answers.next()?.result.get() == 1)
            #expect(await answers.next() == nil)
        }
    }

    @Test func `a volatile question that is dropped is out of time`() async throws {
        try await Crowd.with([[]], transports: [.polling]) { crowd in
            let target = crowd.namespace.volatile.timeout(.milliseconds(30))
            var answers = try target.emitWithAck(Self.ask, "x").makeAsyncIterator()
            #expect(self.code(await answers.next()) == .acknowledgementTimeout)
            #expect(await answers.next() == nil)
            try await crowd.expectService()
        }
    }

    @Test func `a shutdown answers for everybody`() async throws {
        try await Crowd.with([[]]) { crowd in
            async let collected = crowd.namespace.emitWithAck(Self.ask, "x").collected()
            try await crowd.clients[0].expect(#"20["ask","x"]"#)
            await crowd.server.shutDown()
            #expect(try await collected.failures.mapValues(\.code) == [crowd.sockets[0].id: .disconnected])
        }
    }

    @Test func `many broadcasts at a time each get their own answers`() async throws {
        try await Crowd.with(Array(repeating: [], count: 8)) { crowd in
            let namespace = crowd.namespace
            let sums = Task {
                await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let replies = try? await namespace.emitWithAck(Self.ask, "\(number)").collected()
                            return replies?.replies == Array(repeating: number, count: 8)
                        }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
            }
            for client in crowd.clients {
                for _ in 0..<50 {
                    // 2<id>["ask","<n>"]
                    let parts = try await client.receive().dropFirst().dropLast(2).split(separator: #"["ask",""#)
                    try await client.send("3\(parts[0])[\(parts[1])]")
                }
            }
            #expect(await sums.value == 50)
            #expect(self.pendingAcks(crowd) == Array(repeating: 0, count: 8))
        }
    }
}
