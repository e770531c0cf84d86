/// What the harness tells of errors in handlers.
import SocketIO
import SocketIOTesting
import TestSupport
import Testing

extension HarnessTests {
    @Test(arguments: TestingMode.allCases)
    func `errors of handlers are told, also those that a hook takes`(mode: TestingMode) async throws {
        let server = try self.server { namespace in
            namespace.on("fail") { _, _ async throws in throw Failure() }
            namespace.on(Event<Int>("number")) { _, _ in }
        }
        server.namespace("/hooked").onError { _, _, _ in }
        server.namespace("/hooked").on("fail") { _, _ in throw Failure() }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            let hooked = try await client.join("/hooked")
            try hooked.emit("fail")
            let taken = try await harness.nextHandlerError()
            #expect(taken.error is Failure && taken.namespace == "/hooked")
            try client.emit("number", "x")
            let misfit = try await harness.nextHandlerError()
            #expect((misfit.error as? SocketIOError)?.code == .invalidArguments)
            try client.emit("fail")
            let failure = try await harness.nextHandlerError()
            #expect(failure.error is Failure && failure.namespace == "/" && failure.socket == client.id)
            #expect(harness.handlerErrors.isEmpty)
        }
    }

    @Test(arguments: TestingMode.allCases)
    func `who waits in vain is told what handlers have thrown, and for which event`(mode: TestingMode) async throws {
        let server = try self.server { namespace in
            namespace.onError { _, _, _ in }
            namespace.on("ask") { _, _ in throw Failure() }
            namespace.on("say") { socket, _ in try socket.emit("said", "text") }
        }
        try await server.test(mode) { harness in
            let client = try await harness.connect()
            let patience = Duration.milliseconds(50)
            try client.emit("ask")
            try await eventually("the handler has thrown") { !harness.handlerErrors.isEmpty }
            let unanswered = await #expect(throws: TestFailure.self) {
                _ = try await client.emitWithAck("ask", within: patience)
            }
            #expect(unanswered?.description.contains(#"handlers have thrown: Failure() in event "ask" of /#"#) == true)
            let unheard = await #expect(throws: TestFailure.self) {
                _ = try await client.nextEvent("said", within: patience)
            }
            #expect(unheard?.description.contains("handlers have thrown: Failure()") == true)
            try client.emit("say")
            let misfit = await #expect(throws: SocketIOError.self) {
                _ = try await client.next(Event<Int>("said"))
            }
            #expect(misfit?.message == #""said"("text"): the arguments cannot be decoded"#)
        }
    }
}
