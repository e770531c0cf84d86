/// A server that shuts down: whoever is connected is told, in whatever state, and whoever comes is sent away.
import Dispatch
import HTTPTypes
import NIOCore
import TestSupport
import Testing

@testable import EngineIO

extension LiveTests {
    @Suite struct DrainLiveTests {
        private static let handshake = "/engine.io/?EIO=4&transport=polling"

        /// Waits until the server does not listen any more.
        private func isDraining(_ server: EngineTestServer) async throws {
            try await eventually("no connection is taken any more") {
                (try? await RawConnection.connect(port: server.port)) == nil
            }
        }

        /// A client whose first poll waits at the server.
        private func waitingClient(of server: EngineTestServer) async throws -> PollingTestClient {
            let client = try await PollingTestClient.connect(port: server.port)
            try await client.startPoll()
            let session = try await server.session(client.sid)
            try await eventually("the poll waits") { session.holdsPoll }
            return client
        }

        // MARK: Who is told, and how

        @Test func `a polling client without a waiting poll is told with its next ones`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                try await server.session(client.sid).send(MessageUnit(text: "last"))
                async let outcome = server.server.shutDown(timeout: .seconds(10))
                #expect(try await server.closeReason(of: client.sid) == .serverShuttingDown)
                try await self.isDraining(server)
                #expect(try await client.poll() == ["4last"])
                #expect(try await client.poll() == ["1"])
                #expect(await outcome == ShutdownOutcome())
            }
        }

        @Test func `a polling client with a waiting poll is told at once`() async throws {
            try await withEngineServer { server in
                let client = try await self.waitingClient(of: server)
                async let outcome = server.server.shutDown(timeout: .seconds(10))
                #expect(try await client.receivePoll() == ["1"])
                #expect(try await server.closeReason(of: client.sid) == .serverShuttingDown)
                #expect(await outcome == ShutdownOutcome())
            }
        }

        @Test func `a client that is about to upgrade is told on both ways`() async throws {
            try await withEngineServer { server in
                let client = try await self.waitingClient(of: server)
                let webSocket = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket&sid=\(client.sid)"
                )
                try await webSocket.send("2probe")
                #expect(try await webSocket.receiveText() == "3probe")
                #expect(try await client.receivePoll() == ["6"])
                try await client.startPoll()
                let session = try await server.session(client.sid)
                try await eventually("the poll waits") { session.holdsPoll }
                async let outcome = server.server.shutDown(timeout: .seconds(10))
                #expect(try await client.receivePoll() == ["1"])
                #expect(try await webSocket.expectClose() == .some(nil))
                try await webSocket.connection.close()
                #expect(try await server.closeReason(of: client.sid) == .serverShuttingDown)
                #expect(await outcome == ShutdownOutcome())
            }
        }

        @Test func `a client that has just upgraded gets a close frame`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                let webSocket = try await WebSocketTestClient.connect(
                    port: server.port,
                    "/engine.io/?EIO=4&transport=websocket&sid=\(client.sid)"
                )
                try await webSocket.send("2probe")
                #expect(try await webSocket.receiveText() == "3probe")
                try await webSocket.send("5")
                let session = try await server.session(client.sid)
                try await eventually("it has upgraded") { session.transport == .webSocket }
                async let outcome = server.server.shutDown(timeout: .seconds(10))
                #expect(try await webSocket.expectClose() == .some(nil))
                try await webSocket.connection.close()
                #expect(await outcome == ShutdownOutcome())
            }
        }

        @Test(arguments: EngineIOTestClient.Transport.allCases)
        func `a handshake under way is refused with 503`(transport: EngineIOTestClient.Transport) async throws {
            let asked = EventLog<Int>()
            let goOn = EventLog<Int>()
            var configuration = EngineIOConfiguration()
            configuration.allowRequest = { _ in
                asked.append(1)
                _ = try? await goOn.count(1)
                return .allow
            }
            try await withEngineServer(configuration) { server in
                let client = try await HTTPTestClient.connect(port: server.port)
                switch transport {
                case .polling: try await client.send("GET", Self.handshake)
                case .webSocket:
                    let target = "/engine.io/?EIO=4&transport=websocket"
                    try await client.send("GET", target, headers: WebSocketTestClient.headers)
                }
                try await asked.count(1)
                async let outcome = server.server.shutDown(timeout: .seconds(10))
                try await self.isDraining(server)
                goOn.append(1)
                let response = try await client.receive()
                #expect(response.status == 503)
                #expect(response["connection"] == "close")
                try await client.expectEnd()
                #expect(await outcome.isComplete)
            }
        }

        // MARK: While others are still served

        /// Runs a test while the server drains: two clients, of which one is told at once and one after 5 s.
        private func whileDraining(
            _ transport: EngineIOTestClient.Transport,
            _ body: (EngineTestServer, _ told: EngineIOTestClient, _ served: EngineIOTestClient) async throws -> Void
        ) async throws {
            let clock = ManualShutdown()
            try await withEngineServer(clock: clock) { server in
                let clients = [
                    try await EngineIOTestClient.connect(port: server.port, over: transport),
                    try await EngineIOTestClient.connect(port: server.port, over: transport),
                ]
                // A connection that serves no session would be closed.
                for client in clients { try await client.send("3") }
                let shutdown = Task {
                    await server.server.shutDown(drainDuration: .seconds(10), timeout: .seconds(3))
                }
                try await clock.next(is: .seconds(5))
                let first = try await server.events.first("the first end") { $0.closeReason != nil }.session.id
                let told = try #require(clients.first { SessionID($0.open.sid) == first })
                let served = try #require(clients.first { $0 !== told })
                try await told.expectEnd()
                try await told.webSocket?.connection.close()
                try await body(server, told, served)
                await clock.move(to: .seconds(5))
                try await served.expectEnd()
                try await served.webSocket?.connection.close()
                #expect(await shutdown.value == ShutdownOutcome())
            }
        }

        @Test(arguments: EngineIOTestClient.Transport.allCases)
        func `a client that has not been told is served`(transport: EngineIOTestClient.Transport) async throws {
            try await self.whileDraining(transport) { server, _, served in
                try await self.isDraining(server)
                for number in 0..<3 {
                    try await served.send("4\(number)")
                    #expect(try await served.receiveText() == "4\(number)")
                }
                #expect(server.server.sessionCount == 1)
            }
        }

        @Test func `a client may still upgrade on a connection it has`() async throws {
            try await self.whileDraining(.polling) { server, _, served in
                let polling = try #require(served.polling)
                let webSocket = try await WebSocketTestClient.open(
                    on: polling.posts,
                    "/engine.io/?EIO=4&transport=websocket&sid=\(polling.sid)"
                )
                try await webSocket.send("2probe")
                #expect(try await webSocket.receiveText() == "3probe")
                try await webSocket.connection.close()
            }
        }

        @Test(arguments: EngineIOTestClient.Transport.allCases)
        func `a client that was told may not come back on its old connection`(
            transport: EngineIOTestClient.Transport
        ) async throws {
            try await self.whileDraining(.polling) { _, told, _ in
                let client = try #require(told.polling?.posts)
                switch transport {
                case .polling:
                    let response = try await client.request("GET", Self.handshake)
                    #expect(response.status == 503)
                    #expect(response.text == #"{"code":4,"message":"Server shutting down"}"#)
                    #expect(response["connection"] == "close")
                case .webSocket:
                    let target = "/engine.io/?EIO=4&transport=websocket"
                    let response = try await client.request("GET", target, headers: WebSocketTestClient.headers)
                    #expect(response.status == 503)
                    #expect(response.text == "Server shutting down")
                }
                try await client.expectEnd()
            }
        }

        @Test func `connections that serve no session end, with the answer under way`() async throws {
            let clock = ManualShutdown()
            let started = EventLog<Int>()
            let goOn = EventLog<Int>()
            let responder: HTTPResponder = { request, _ in
                guard request.path == "/slow" else { return .text("quick") }
                started.append(1)
                _ = try await goOn.count(1)
                return .text("slow")
            }
            try await withEngineServer(clock: clock, responder: responder) { server in
                let idle = try await HTTPTestClient.connect(port: server.port)
                #expect(try await idle.request("GET", "/").text == "quick")
                let busy = try await HTTPTestClient.connect(port: server.port)
                try await busy.send("GET", "/slow")
                try await started.count(1)
                let session = try await PollingTestClient.connect(port: server.port)
                let other = try await PollingTestClient.connect(port: server.port)
                let shutdown = Task {
                    await server.server.shutDown(drainDuration: .seconds(10), timeout: .seconds(3))
                }
                try await clock.next(is: .seconds(5))
                try await idle.expectEnd()
                goOn.append(1)
                let response = try await busy.receive()
                #expect(response.text == "slow")
                #expect(response["connection"] == "close")
                await clock.move(to: .seconds(5))
                for client in [session, other] { #expect(try await client.poll() == ["1"]) }
                #expect(await shutdown.value.isComplete)
            }
        }

        @Test func `an answer that a client still reads is finished, and its connection ends with it`() async throws {
            // More than the system's buffers take.
            let large = ByteBuffer(repeating: 0x78, count: 12 << 20)
            let responder: HTTPResponder = { _, _ in ApplicationResponse(body: large) }
            try await withEngineServer(responder: responder) { server in
                let connection = try await RawConnection.connect(port: server.port, receiveBuffer: 65_536)
                try await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await connection.read(until: "\r\n\r\n")
                try await connection.stopReading()
                async let outcome = server.server.shutDown(timeout: .seconds(60))
                try await self.isDraining(server)
                try await connection.resumeReading()
                #expect(try await connection.readToEnd().count == large.readableBytes)
                #expect(await outcome == ShutdownOutcome())
            }
        }

        // MARK: What does not end by itself

        @Test func `a client that does not go is cut, and counted`() async throws {
            let clock = ManualShutdown()
            try await withEngineServer(clock: clock) { server in
                let webSocket = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                let polling = try await PollingTestClient.connect(port: server.port)
                let shutdown = Task { await server.server.shutDown(timeout: .seconds(3)) }
                try await clock.next(is: .seconds(3))
                // The polling client's second connection has served no session, and ends by itself.
                try await eventually("two are left") { server.server.core.connections.count == 2 }
                await clock.move(to: .seconds(3))
                var expected = ShutdownOutcome()
                expected.connectionsCut = 2
                #expect(await shutdown.value == expected)
                try await webSocket.expectEnd()
                #expect(try await polling.polls.connection.readToEnd() == [])
            }
        }

        @Test func `a responder that does not return is cancelled, then abandoned`() async throws {
            let clock = ManualShutdown()
            let events = EventLog<String>()
            let responder: HTTPResponder = { request, _ in
                events.append("\(request.path ?? "")")
                if request.path == "/heeds" {
                    await untilCancelled()
                } else {
                    await Task { _ = try? await events.first("the test's end") { $0 == "end" } }.value
                }
                return .text("late")
            }
            try await withEngineServer(clock: clock, responder: responder) { server in
                let clients = [
                    try await HTTPTestClient.connect(port: server.port),
                    try await HTTPTestClient.connect(port: server.port),
                ]
                for (client, path) in zip(clients, ["/heeds", "/ignores"]) { try await client.send("GET", path) }
                try await events.count(2)
                let shutdown = Task { await server.server.shutDown(timeout: .seconds(3)) }
                try await clock.next(is: .seconds(3))
                await clock.move(to: .seconds(3))
                try await clock.next(is: .seconds(4))
                try await eventually("one has ended") { server.server.core.tasks.count == 1 }
                await clock.move(to: .seconds(4))
                let outcome = await shutdown.value
                #expect(outcome.handlersCancelled == 1)
                #expect(outcome.handlersAbandoned == 1)
                events.append("end")
            }
        }

        @Test func `a handler that keeps its event loop does not keep the server`() async throws {
            let blocked = EventLog<Int>()
            let end = DispatchSemaphore(value: 0)
            let block: SessionRecorder.Reaction = { event in
                guard event.text == "block" else { return }
                blocked.append(1)
                end.wait()
            }
            try await withEngineServer(threads: 1, reaction: block) { server in
                let client = try await EngineIOTestClient.connect(port: server.port, over: .webSocket)
                try await client.send("4block")
                try await blocked.count(1)
                let outcome = await server.server.shutDown(
                    timeout: .milliseconds(50),
                    cancellationGrace: .milliseconds(50)
                )
                #expect(outcome.handlersAbandoned == 1)
                #expect(outcome.connectionsCut == 1)
                end.signal()
            }
        }

        @Test func `times beyond all bounds do no harm`() async throws {
            try await withEngineServer { server in
                let outcome = await server.server.shutDown(
                    drainDuration: .seconds(Int64.max),
                    timeout: .seconds(Int64.max),
                    cancellationGrace: .seconds(Int64.max)
                )
                #expect(outcome == ShutdownOutcome())
            }
        }

        @Test func `a second shutdown waits for the first, and tells the same`() async throws {
            try await withEngineServer { server in
                let client = try await PollingTestClient.connect(port: server.port)
                async let first = server.server.shutDown(timeout: .seconds(10))
                #expect(try await server.closeReason(of: client.sid) == .serverShuttingDown)
                async let second = server.server.shutDown(timeout: .zero)
                #expect(try await client.poll() == ["1"])
                let outcomes = await [first, second]
                #expect(outcomes == [ShutdownOutcome(), ShutdownOutcome()])
            }
        }
    }
}
