/// The example of the harness's article, word for word.
import Logging
import SocketIO
import SocketIOTesting
import Testing

@Suite struct QuizTests {
    let join = Event<String>("join")
    let joined = Event<String>("joined")
    let answer = AckEvent<Int, String>("answer")

    func makeServer() throws -> SocketIOServer {
        let server = try SocketIOServer(logger: Logger(label: "quiz"))
        let quiz = server.namespace("/quiz")
        quiz.on(self.join) { socket, name in
            socket.join("players")
            try quiz.to("players").emit(self.joined, name)
            let length = try await socket.emitWithAck(self.answer, "your favourite word?", timeout: .seconds(20))
            try socket.emit("points", .int(Int64(length)))
        }
        return server
    }

    @Test(arguments: TestingMode.allCases)
    func `an answer in time is worth its length`(mode: TestingMode) async throws {
        try await self.makeServer().test(mode) { harness in
            let ada = try await harness.connect("/quiz")
            ada.answer(self.answer) { question in question.count }
            try ada.emit(self.join, "Ada")
            #expect(try await ada.next(self.joined) == "Ada")
            #expect(try await ada.next(Event<Int>("points")) == 20)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who does not answer for twenty seconds gets nothing`(mode: TestingMode) async throws {
        try await self.makeServer().test(mode) { harness in
            let ada = try await harness.connect("/quiz")
            try ada.emit(self.join, "Ada")
            _ = try await ada.nextEvent("answer")
            try await harness.time.advance(by: .seconds(20))
            let thrown = try await harness.nextHandlerError()
            #expect((thrown.error as? SocketIOError)?.code == .acknowledgementTimeout)
        }
    }
}
